"""Types as Python annotations, for signatures and for whoever tells a type to a reader."""

from __future__ import annotations

from collections.abc import Callable

from .text import Source, literal
from .types import (
    AnyType,
    Bounds,
    ChoiceType,
    FileType,
    GenericType,
    Kind,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)

_SCALARS: dict[Kind, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}


_BOUNDS = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
}


class Annotation(Source):
    """A Python annotation."""

    __slots__ = ()


def spelled(type_: Type, *, bounded: bool = False) -> Annotation:
    """The annotation of a type; `bounded` with the bounds that a model checks, too."""
    return Annotation(_bounded(type_) if bounded else _spelled(type_))


def _bounded(type_: Type) -> str:
    written = _spelled(type_, _bounded)
    if not isinstance(type_, ScalarType | ListType | GenericType) or not type_.bounds:
        return written
    return f"Annotated[{written}, Field({field_bounds(type_.bounds)})]"


def field_bounds(bounds: Bounds) -> Source:
    """Bounds as the arguments of pydantic's `Field`."""
    return Source(", ".join(f"{_BOUNDS[name]}={number(limit)}" for name, limit in bounds))


def number(value: float) -> Source:
    """A number as Python writes it; a whole one as a whole number."""
    is_whole = isinstance(value, float) and value.is_integer()
    return literal(int(value) if is_whole else value)


def _spelled(type_: Type, write: Callable[[Type], str] | None = None) -> str:
    write = write or _spelled
    match type_:
        case ScalarType(kind=kind):
            return _SCALARS[kind]
        case ChoiceType(values=values):
            return f"Literal[{', '.join(literal(value) for value in values)}]"
        case FileType(form=name) | Reference(class_name=name):
            return name
        case ListType(item=item):
            return f"list[{write(item)}]"
        case TupleType(items=items):
            return f"tuple[{', '.join(map(write, items))}]"
        case MappingType(value=value):
            return f"dict[str, {write(value)}]"
        case UnionType(options=options):
            return " | ".join(map(write, options))
        case GenericType(class_name=name, arguments=arguments):
            return f"{name}[{', '.join(map(write, arguments))}]"
        case AnyType():
            return "Any"
        case _:
            raise TypeError(f"{type(type_).__name__} stands in no finished service")
