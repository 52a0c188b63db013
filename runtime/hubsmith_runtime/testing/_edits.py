"""How a value changed, in the edits that a Space sends instead of the next partial result."""

from __future__ import annotations

from typing import Any, cast


def edits_between(old: Any, new: Any, path: tuple[str | int, ...] = ()) -> list[list[Any]]:
    """Return the edits that make one JSON value of another: `[action, path, operand]` each."""
    if isinstance(old, list) and isinstance(new, list):
        return _list_edits(cast("list[Any]", old), cast("list[Any]", new), path)
    if isinstance(old, dict) and isinstance(new, dict):
        return _object_edits(cast("dict[str, Any]", old), cast("dict[str, Any]", new), path)
    if type(cast("object", old)) is type(cast("object", new)) and old == new:
        return []
    if isinstance(old, str) and isinstance(new, str) and new.startswith(old):
        return [["append", list(path), new[len(old) :]]]
    return [["replace", list(path), new]]


def _list_edits(old: list[Any], new: list[Any], path: tuple[str | int, ...]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for place, (before, after) in enumerate(zip(old, new, strict=False)):
        found += edits_between(before, after, (*path, place))
    for place in range(len(old), len(new)):
        found.append(["add", [*path, place], new[place]])
    for place in reversed(range(len(new), len(old))):
        found.append(["delete", [*path, place], None])
    return found


def _object_edits(
    old: dict[str, Any], new: dict[str, Any], path: tuple[str | int, ...]
) -> list[list[Any]]:
    found: list[list[Any]] = []
    for key, after in new.items():
        if key in old:
            found += edits_between(old[key], after, (*path, key))
        else:
            found.append(["add", [*path, key], after])
    return found + [["delete", [*path, key], None] for key in old if key not in new]
