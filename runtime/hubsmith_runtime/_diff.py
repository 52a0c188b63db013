"""Partial results: from protocol `sse_v2` on a Space sends how a value changed, not the value."""

from __future__ import annotations

from typing import Any, cast


class DiffError(Exception):
    """An edit does not fit the value it should change."""


def apply_edits(value: Any, edits: Any) -> Any:
    """Return a JSON value with the edits done, in order; `value` itself stays as it is.

    An edit is `[action, path, operand]`. The action is `append` (to a string), `replace`, `add`
    (into a list or an object) or `delete`; the path lists indices and keys, `[]` is the whole.
    """
    try:
        for action, path, operand in edits:
            value = _edit(value, path, 0, action, operand)
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise DiffError(f"{type(error).__name__}: {error}") from error
    return value


def _edit(value: Any, path: list[Any], depth: int, action: str, operand: Any) -> Any:
    if depth == len(path):
        if action == "replace":
            return operand
        if action == "append" and isinstance(value, str) and isinstance(operand, str):
            return value + operand
        raise ValueError(f"{action!r} of a {type(value).__name__}")
    key = path[depth]
    is_last = depth == len(path) - 1
    # Only what lies on the path is copied: earlier values may be in the caller's hands.
    if isinstance(value, list):
        items = list(cast("list[Any]", value))
        if is_last and action == "add":
            items.insert(int(key), operand)
        elif is_last and action == "delete":
            del items[int(key)]
        else:
            items[int(key)] = _edit(items[int(key)], path, depth + 1, action, operand)
        return items
    if isinstance(value, dict):
        entries = dict(cast("dict[str, Any]", value))
        if is_last and action in ("add", "replace"):
            entries[key] = operand
        elif is_last and action == "delete":
            del entries[key]
        else:
            entries[key] = _edit(entries[key], path, depth + 1, action, operand)
        return entries
    raise TypeError(f"no {key!r} in a {type(value).__name__}")


class Accumulator:
    """Turns the chunks of one job into whole values, one list entry per output."""

    def __init__(self) -> None:
        self._values: list[Any] | None = []

    def add(self, chunk: list[Any], *, is_diff: bool) -> list[Any] | None:
        """Take the next chunk and return the whole values, or `None` where an edit did not fit.

        Gradio's own diff miscounts deletions in nested lists; no later diff can be trusted then.
        """
        if not is_diff:
            self._values = list(chunk)
        elif self._values is not None:
            try:
                # A later chunk may name an output that the first one did not have.
                padding = [None] * (len(chunk) - len(self._values))
                whole = self._values + padding
                for index, edits in enumerate(chunk):
                    whole[index] = apply_edits(whole[index], edits)
                self._values = whole
            except DiffError:
                self._values = None
        return None if self._values is None else list(self._values)
