"""Partial results: since protocol `sse_v2`, a Space sends how a value changed, not the value."""

from __future__ import annotations

from typing import Any, cast

from ..errors import a_type


class DiffError(Exception):
    """An edit cannot be applied to its value."""


def apply_edits(value: Any, edits: Any) -> Any:
    """Return a JSON value with the edits applied in order; `value` itself is not changed.

    An edit is `[action, path, operand]`. The action is `append` (to a string), `replace`, `add`
    (to a list or an object) or `delete`; the path lists indices and keys, `[]` is the whole value.
    """
    own: dict[int, Any] = {}  # Copies by their id: each container is copied once for all edits.
    try:
        for action, path, operand in edits:
            value = _edit(value, path, action, operand, own)
    except (LookupError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DiffError(f"{type(error).__name__}: {error}") from error
    return value


def _edit(value: Any, path: list[Any], action: str, operand: Any, own: dict[int, Any]) -> Any:
    given: object = value
    if path == []:
        if action == "replace":
            return operand
        if action == "append" and isinstance(value, str) and isinstance(operand, str):
            return value + operand
        raise ValueError(f"{action!r} of {a_type(given)}")
    if not isinstance(value, (list, dict)):
        raise TypeError(f"no {path[0]!r} in {a_type(given)}")
    # Only containers on the path are copied, because the caller may hold earlier values.
    copied: Any = own.get(id(given))
    if copied is None:
        copied = cast("Any", value).copy()
        own[id(copied)] = copied
    is_list = not isinstance(value, dict)
    key, rest = int(path[0]) if is_list else path[0], path[1:]
    if not rest and action == "delete":
        del copied[key]
    elif not rest and action == "add" and is_list:
        copied.insert(key, operand)
    elif not rest and action in ("add", "replace"):
        copied[key] = operand
    else:
        copied[key] = _edit(copied[key], rest, action, operand, own)
    return copied


class Accumulator:
    """Combines the chunks of one job into whole values, one list entry per output."""

    def __init__(self) -> None:
        self._values: list[Any] | None = []

    def add(self, chunk: list[Any], *, is_diff: bool) -> list[Any] | None:
        """Add the next chunk and return the whole values, or `None` if an edit cannot be applied.

        Gradio's own diff miscounts deletions in nested lists; no later diff can be trusted then.
        """
        if not is_diff:
            self._values = list(chunk)
        elif self._values is not None:
            # A later chunk may have more outputs than the first one.
            whole = self._values + [None] * (len(chunk) - len(self._values))
            try:
                self._values = [*map(apply_edits, whole, chunk), *whole[len(chunk) :]]
            except DiffError:
                self._values = None
        return None if self._values is None else list(self._values)
