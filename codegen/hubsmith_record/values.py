"""Compares recorded JSON values, and decides which results can be passed for a parameter."""

from __future__ import annotations

import json
from typing import Any, cast

from hubsmith_codegen.ir.types import (
    AnyType,
    ChoiceType,
    FileType,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)
from hubsmith_runtime.reading import as_object

_SHORTEST = 12  # Minimum characters of JSON of a value that is assumed to be copied.
_FILE_KEYS = frozenset({"meta", "url", "orig_name", "mime_type"})


def file_path(value: object) -> str | None:
    """Return the server path of a file value, or `None` for any other value."""
    facts = as_object(value)
    path = facts.get("path")
    return path if isinstance(path, str) and _FILE_KEYS & facts.keys() else None


def sameness(value: object) -> str:
    """Return a text that is the same for equivalent values.

    Files are compared by path, null members of objects are ignored, and 2.0 equals 2.
    """
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if (path := file_path(value)) is not None:
        return {"path": path}
    match value:
        case dict():
            entries = cast("dict[str, Any]", value)
            return {key: _plain(one) for key, one in entries.items() if one is not None}
        case list():
            return [_plain(one) for one in cast("list[Any]", value)]
        case float():
            return int(value) if value.is_integer() else value
        case _:
            return value


def is_trivial(value: object) -> bool:
    """Whether a value is too common to tell where it came from: empty, true, false, -1, 0 or 1."""
    return value in (None, True, False, "", -1) or value in ([], {})


def is_distinctive(value: Any) -> bool:
    """Whether equal values are hardly a coincidence: texts, lists and objects of some length."""
    is_kind = isinstance(cast("object", value), str | list | dict)
    return is_kind and len(sameness(value)) >= _SHORTEST


def fits(result: Type, parameter: Type) -> bool:
    """Whether a type checker accepts a result for a parameter; if in doubt, false."""
    match result, parameter:
        case (AnyType(), _) | (_, AnyType()):
            return True
        case UnionType(options=options), _:
            return all(fits(one, parameter) for one in options)
        case _, UnionType(options=options):
            return any(fits(result, one) for one in options)
        case FileType(), FileType():
            return True
        case ScalarType(kind=given), ScalarType(kind=taken):
            return given == taken or (given, taken) == ("integer", "number")
        case ChoiceType(values=given), ChoiceType(values=taken):
            return {*given} <= {*taken}
        case ChoiceType(values=given), ScalarType(kind="string"):
            return all(isinstance(one, str) for one in given)
        case Reference(class_name=given), Reference(class_name=taken):
            return given == taken
        case ListType(item=given), ListType(item=taken):
            # A parameter that is a list of scalars is a `list`, whose item type is invariant.
            same = isinstance(taken, ScalarType)
            return _is_same(given, taken) if same else fits(given, taken)
        case TupleType(items=given), TupleType(items=taken):
            return len(given) == len(taken) and all(map(fits, given, taken))
        case MappingType(value=given), MappingType(value=taken):
            return _is_same(given, taken)
        case _:
            return False


def _is_same(given: Type, taken: Type) -> bool:
    match given, taken:
        case ScalarType(kind=one), ScalarType(kind=other):
            return one == other
        case _:
            return given == taken
