"""Types as Python annotations, for signatures and for whoever tells a type to a reader."""

from __future__ import annotations

from .text import Source, literal
from .types import (
    AnyType,
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


class Annotation(Source):
    """A Python annotation."""

    __slots__ = ()


def spelled(type_: Type) -> Annotation:
    """The annotation of a type, without the bounds that only a model checks."""
    return Annotation(_spelled(type_))


def _spelled(type_: Type) -> str:
    match type_:
        case ScalarType(kind=kind):
            return _SCALARS[kind]
        case ChoiceType(values=values):
            return f"Literal[{', '.join(literal(value) for value in values)}]"
        case FileType(form=name) | Reference(class_name=name):
            return name
        case ListType(item=item):
            return f"list[{_spelled(item)}]"
        case TupleType(items=items):
            return f"tuple[{', '.join(map(_spelled, items))}]"
        case MappingType(value=value):
            return f"dict[str, {_spelled(value)}]"
        case UnionType(options=options):
            return " | ".join(map(_spelled, options))
        case GenericType(class_name=name, arguments=arguments):
            return f"{name}[{', '.join(map(_spelled, arguments))}]"
        case AnyType():
            return "Any"
        case _:
            raise TypeError(f"{type(type_).__name__} stands in no finished service")
