"""A TOML table as a frozen dataclass, every key and value checked against its annotations."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, Literal, Union, cast

from hubsmith_runtime import SpecError


def typed(value: Any, hint: Any, where: str) -> Any:
    """Check a value against the annotation of the field that it is for, and return it so.

    Raises:
        SpecError: naming the key and what it must be.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return _template(value, where)
    if dataclasses.is_dataclass(hint):
        return _dataclass(value, cast("type[Any]", hint), where)
    if origin in (Union, types.UnionType):
        return typed(value, next(a for a in arguments if a is not type(None)), where)
    if origin is Literal:
        return value if value in arguments else _wrong(value, where, " or ".join(arguments))
    if origin is tuple:
        if not isinstance(value, list):
            return _wrong(value, where, "a list")
        items = cast("list[Any]", value)
        return tuple(typed(item, arguments[0], f"{where}.{i}") for i, item in enumerate(items))
    if origin is not None:  # Mapping
        entries = table_of(value, where)
        return {k: typed(v, arguments[1], f"{where}.{k}") for k, v in entries.items()}
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        names = {str: "a text", bool: "true or false", float: "a number"}
        return _wrong(value, where, names[hint])
    return value


def _dataclass(value: Any, kind: type[Any], where: str) -> Any:
    entries, hints = table_of(value, where), typing.get_type_hints(kind)
    if unknown := sorted(set(entries) - set(hints)):
        raise SpecError(
            f"{where}: there is no key {unknown[0]!r}: known are {', '.join(sorted(hints))}."
        )
    for field in dataclasses.fields(kind):
        is_optional = (
            field.default is not dataclasses.MISSING
            or field.default_factory is not dataclasses.MISSING
        )
        if not is_optional and field.name not in entries:
            raise SpecError(f"{where}: {field.name} is missing.")
    return kind(**{k: typed(v, hints[k], f"{where}.{k}") for k, v in entries.items()})


def _template(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {key: _template(entry, f"{where}.{key}") for key, entry in entries.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        starts = isinstance(items[0], str) and items[0].startswith("*") if items else False
        if starts and len(items) != 2:
            raise SpecError(f"{where}: a list that begins with a '*' has one item after it.")
        return [_template(item, where) for item in items]
    if not isinstance(value, (str, bool, int, float)):
        return _wrong(value, where, "a text, number, boolean, list or table")
    return value


def _wrong(value: object, where: str, what: str) -> Any:
    raise SpecError(f"{where} must be {what}, and is {value!r}.")


def table_of(value: Any, where: str) -> dict[str, Any]:
    return (
        cast("dict[str, Any]", value)
        if isinstance(value, dict)
        else _wrong(value, where, "a table")
    )


def tables(value: Any, where: str) -> dict[str, dict[str, Any]]:
    return {key: table_of(entry, f"{where}.{key}") for key, entry in table_of(value, where).items()}
