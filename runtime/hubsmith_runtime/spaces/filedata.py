"""The files within arguments and answers: Gradio's FileData objects, at any depth."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pydantic

from ..reading import as_object, as_text

_PLAIN = {str, int, float, bool, type(None)}


def convert_files(value: Any, convert: Callable[[dict[str, Any]], Any]) -> Any:
    """Convert the FileData objects in a JSON value or a model, at any depth."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        if _is_file(entries):
            return convert(entries)
        return {key: convert_files(item, convert) for key, item in entries.items()}
    if isinstance(value, (list, tuple)):
        listed = cast("Sequence[Any]", value)
        if _PLAIN.issuperset(map(type, listed)):  # Most long lists, and most rows of tables.
            return listed
        items = [convert_files(item, convert) for item in listed]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, pydantic.BaseModel):
        model = value.model_copy()
        for members in (vars(model), model.model_extra or {}):
            members.update({name: convert_files(one, convert) for name, one in members.items()})
        return model
    return value


def _is_file(value: Mapping[str, Any]) -> bool:
    is_marked = as_object(value.get("meta")).get("_type") == "gradio.FileData"
    # Gradio before 4.21 does not mark its files.
    is_whole = is_marked or {"orig_name", "size", "mime_type"} <= value.keys()
    return is_whole and bool(as_text(value.get("path")))


def has_any(kind: Any) -> bool:
    """Whether a type has an `Any` in it: validation leaves files there as they are."""
    found, following = dict[int, Any](), [kind]
    while following:
        part = following.pop()
        if part is Any or isinstance(part, typing.ForwardRef):  # Which may stand for any.
            return True
        if id(part) not in found:
            found[id(part)] = part
            fields = getattr(part, "model_fields", {})
            following += [*typing.get_args(part), *(one.annotation for one in fields.values())]
    return False
