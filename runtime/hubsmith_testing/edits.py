"""Diffs of JSON values, which Spaces send in place of complete partial results."""

from __future__ import annotations

from typing import Any

from .json import is_array, is_object


def edits_between(old: object, new: object, path: tuple[str | int, ...] = ()) -> list[list[Any]]:
    """Return the edits that turn `old` into `new`, each as `[action, path, operand]`."""
    before: dict[Any, Any]
    if is_array(old) and is_array(new):
        before, after = dict(enumerate(old)), dict(enumerate(new))
    elif is_object(old) and is_object(new):
        before, after = old, new
    elif type(old) is type(new) and old == new:
        return []
    elif isinstance(old, str) and isinstance(new, str) and new.startswith(old):
        return [["append", [*path], new[len(old) :]]]
    else:
        return [["replace", [*path], new]]
    edits: list[list[Any]] = []
    for key, value in after.items():
        if key in before:
            edits += edits_between(before[key], value, (*path, key))
        else:
            edits.append(["add", [*path, key], value])
    # Delete from the end, as each deletion shifts the later items of a list.
    return edits + [["delete", [*path, key], None] for key in reversed(before) if key not in after]
