"""Types as a small tree of frozen nodes: the meaning of a JSON schema, independent of its form.

The normalisers build these trees, and later steps match on them. A `Reference` names a class, whose
members are defined once, in the definitions of the service.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .json_type import Json
from .names import ClassName

Bounds: TypeAlias = tuple[tuple[str, float], ...]
"""Limits by their JSON-schema keyword, such as `minimum`."""

Kind: TypeAlias = Literal["string", "integer", "number", "boolean", "null"]

Direction: TypeAlias = Literal["argument", "result"]
"""Which way a value goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyType:
    """Any value: the spec names no type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarType:
    """A plain value, with the bounds that an argument must be within."""

    kind: Kind
    bounds: Bounds = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceType:
    """One of several values."""

    values: tuple[str | int | bool, ...]
    is_constant: bool = False  # A tag that never gets more values, such as the `type` of a message.


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """A file, however the spec describes it."""

    # The name in the runtime: those that end in `Input` are for arguments, the others for results.
    form: Literal["FileInput", "File", "ContentInput", "ImageInput", "Image", "Base64Bytes"] = (
        "FileInput"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A class among the service's definitions, or a union that has a name."""

    class_name: ClassName
    is_table: bool = False  # Whether it has headers and rows, so that arguments can be arrays, too.


@dataclass(frozen=True, slots=True, kw_only=True)
class ListType:
    """A list of any length within the bounds."""

    item: Type
    bounds: Bounds = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TupleType:
    """A list of fixed length with a type for each position."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingType:
    """An object without fixed names."""

    value: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionType:
    """One of several types, in the order of the spec."""

    options: tuple[Type, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericType:
    """A generic class of the runtime or of typing with its arguments, such as `Stream[str]`.

    It only occurs in signatures: a schema cannot express it.
    """

    class_name: ClassName
    arguments: tuple[Type, ...]
    bounds: Bounds = ()


Type: TypeAlias = (
    AnyType
    | ScalarType
    | ChoiceType
    | FileType
    | ListType
    | TupleType
    | MappingType
    | UnionType
    | Reference
    | GenericType
)

NULL = ScalarType(kind="null")
TEXT = ScalarType(kind="string")
_PYTHON: dict[Kind, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (),
    "null": (),
}
_KINDS: dict[type, Kind] = {str: "string", int: "integer", bool: "boolean"}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "minLength": operator.ge,
    "maxLength": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}


def options_of(type_: Type) -> tuple[Type, ...]:
    """The options of a union; any other type is its own only option."""
    return type_.options if isinstance(type_, UnionType) else (type_,)


def union(options: Iterable[Type]) -> Type:
    """The options as one type: flat, without duplicates, null last; a single one as it is."""
    flat = [one for option in options for one in options_of(option)]
    if any(isinstance(option, AnyType) for option in flat):
        return AnyType()
    once = list(dict.fromkeys(option for option in flat if option != NULL))
    if NULL in flat:
        once.append(NULL)
    if not once:
        return AnyType()
    return once[0] if len(once) == 1 else UnionType(options=tuple(once))


def accepts(type_: Type, value: Json) -> bool:
    """Whether a scalar default fits a type as an argument."""
    match type_:
        case AnyType():
            return True
        case ScalarType(kind=kind, bounds=bounds):
            return _is_kind(kind, value) and all(_keeps(bound, value) for bound in bounds)
        case ChoiceType(values=values):
            return any(type(choice) is type(value) and choice == value for choice in values)
        case UnionType(options=options):
            return any(accepts(option, value) for option in options)
        case _:
            return False


def _is_kind(kind: Kind, value: Json) -> bool:
    if isinstance(value, bool) or value is None:
        return kind == ("null" if value is None else "boolean")
    return isinstance(value, _PYTHON[kind])


def _keeps(bound: tuple[str, float], value: Json) -> bool:
    keyword, limit = bound
    if keyword in ("minLength", "maxLength"):
        value = len(value) if isinstance(value, str) else None
    return not isinstance(value, int | float) or _COMPARED[keyword](value, limit)


def mapped(type_: Type, change: Callable[[Type], Type]) -> Type:
    """The type with a change made to everything directly inside it."""
    match type_:
        case ListType(item=item):
            return replace(type_, item=change(item))
        case TupleType(items=items):
            return TupleType(items=tuple(change(item) for item in items))
        case MappingType(value=value):
            return MappingType(value=change(value))
        case UnionType(options=options):
            return union([change(option) for option in options])
        case GenericType(arguments=arguments):
            return replace(type_, arguments=tuple(map(change, arguments)))
        case _:
            return type_


def without_bounds(type_: Type) -> Type:
    """The type without any bounds."""
    if isinstance(type_, ScalarType | ListType | GenericType):
        type_ = replace(type_, bounds=())
    return mapped(type_, without_bounds)


def as_result(type_: Type) -> Type:
    """The type as a result: without bounds, which the server checks, and with open choices."""
    match type_:
        case ChoiceType(values=values, is_constant=False):
            return union([type_, *(one for one in kinds_of(values) if one.kind != "boolean")])
        case ScalarType(kind=kind):
            return ScalarType(kind=kind)
        case ListType(item=item):
            return ListType(item=as_result(item))
        case FileType(form="FileInput"):
            return FileType(form="File")
        case _:
            return mapped(type_, as_result)


def kinds_of(values: Iterable[str | int | bool]) -> list[ScalarType]:
    """The plain types of the values of choices."""
    found = {type(value) for value in values}
    return [ScalarType(kind=kind) for python, kind in _KINDS.items() if python in found]


def optional(type_: Type) -> Type:
    """The type, or null."""
    return union([type_, NULL])


def bounds_of(type_: Type) -> Bounds:
    """The bounds of a value, or of a value that may also be null."""
    match type_:
        case ScalarType(bounds=bounds) | ListType(bounds=bounds) | GenericType(bounds=bounds):
            return bounds
        case UnionType(options=(one, null)) if null == NULL:
            return bounds_of(one)
        case _:
            return ()


def tag_of(type_: Type) -> str | int | bool | None:
    """The only value of a tag, which callers need not pass; `None` for any other type."""
    if isinstance(type_, ChoiceType) and type_.is_constant:
        return type_.values[0]
    return None


def inside(type_: Type) -> Iterator[Type]:
    """The type and every type within it; what a reference names is not entered."""
    yield type_
    match type_:
        case ListType(item=inner) | MappingType(value=inner):
            yield from inside(inner)
        case TupleType(items=inners) | UnionType(options=inners) | GenericType(arguments=inners):
            for inner in inners:
                yield from inside(inner)
        case _:
            pass


def holds_file(type_: Type) -> bool:
    """Whether the type contains a file anywhere, not looking into referenced classes."""
    return any(isinstance(one, FileType) for one in inside(type_))
