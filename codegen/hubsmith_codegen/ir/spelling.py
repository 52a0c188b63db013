"""Types as Python annotations, and as JSON schemas."""

from __future__ import annotations

from collections.abc import Callable

from . import types
from .json_type import Json
from .text import Source, literal
from .types import Bounds, Kind, Type

_SCALARS: dict[Kind, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
PYDANTIC_BOUNDS = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
}
"""What pydantic calls the bounds of JSON schema."""


class Annotation(Source):
    """A Python annotation."""

    __slots__ = ()


def spelled(type_: Type, *, bounded: bool = False) -> Annotation:
    """The annotation of a type; with `bounded`, including the bounds that a model checks."""

    def write(*inner: Type, between: str = ", ") -> str:
        return between.join(spelled(one, bounded=bounded) for one in inner)

    bounds: Bounds = ()
    match type_:
        case types.ScalarType(kind=kind, bounds=bounds):
            written = _SCALARS[kind]
        case types.ChoiceType(values=values):
            written = f"Literal[{', '.join(literal(value) for value in values)}]"
        case types.FileType(form=name) | types.Reference(class_name=name):
            written = name
        case types.ListType(item=item, bounds=bounds):
            written = f"list[{write(item)}]"
        case types.TupleType(items=items):
            written = f"tuple[{write(*items)}]"
        case types.MappingType(value=value):
            written = f"dict[str, {write(value)}]"
        case types.UnionType(options=options):
            written = write(*options, between=" | ")
        case types.GenericType(class_name=name, arguments=arguments, bounds=bounds):
            written = f"{name}[{write(*arguments)}]" if arguments else name
        case types.AnyType():
            written = "Any"
    is_bounded = bounded and bounds
    return Annotation(
        f"Annotated[{written}, Field({field_bounds(bounds)})]" if is_bounded else written
    )


def field_bounds(bounds: Bounds) -> Source:
    """Bounds as the arguments of pydantic's `Field`."""
    return Source(", ".join(f"{PYDANTIC_BOUNDS[name]}={number(limit)}" for name, limit in bounds))


def number(value: float) -> Source:
    """A number as a Python literal; an integral one as an integer."""
    is_whole = isinstance(value, float) and value.is_integer()
    return literal(int(value) if is_whole else value)


def json_schema(
    type_: Type, special: Callable[[Type], dict[str, Json] | None] = lambda _: None
) -> dict[str, Json]:
    """The type as a clean schema; classes, including the runtime's, are `#/$defs/<ClassName>`.

    `special` may return another schema for a type, or `None` for the usual one.
    """
    if (found := special(type_)) is not None:
        return found
    match type_:
        case types.ScalarType(kind=kind, bounds=bounds):
            return {"type": kind, **dict(bounds)}
        case types.ChoiceType(values=values):
            return {"enum": list(values)}
        case types.FileType(form=name) | types.Reference(class_name=name):
            return {"$ref": f"#/$defs/{name}"}
        case types.ListType(item=item, bounds=bounds):
            return {"type": "array", "items": json_schema(item, special), **dict(bounds)}
        case types.TupleType(items=items):
            places: list[Json] = [json_schema(item, special) for item in items]
            count = len(places)
            return {"type": "array", "prefixItems": places, "minItems": count, "maxItems": count}
        case types.MappingType(value=value):
            return {"type": "object", "additionalProperties": json_schema(value, special)}
        case types.UnionType(options=options):
            return {"anyOf": [json_schema(option, special) for option in options]}
        case types.AnyType():
            return {}
        case _:
            raise TypeError(f"{type(type_).__name__} is in no finished service")
