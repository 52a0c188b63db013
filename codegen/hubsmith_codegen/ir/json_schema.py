"""Types as JSON schemas: for datamodel-code-generator, and for whoever asks `show --json`."""

from __future__ import annotations

from collections.abc import Callable

from .json_type import Json
from .types import (
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


def json_schema(
    type_: Type, special: Callable[[Type], dict[str, Json] | None] = lambda _: None
) -> dict[str, Json]:
    """The type as a clean schema; classes, those of the runtime too, are `#/$defs/<ClassName>`.

    `special` gives the schemas of the types that are to be written in a way of their own.
    """
    if (found := special(type_)) is not None:
        return found
    match type_:
        case ScalarType(kind=kind, bounds=bounds):
            return {"type": kind, **dict(bounds)}
        case ChoiceType(values=values):
            return {"enum": list(values)}
        case FileType(form=name) | Reference(class_name=name):
            return {"$ref": f"#/$defs/{name}"}
        case ListType(item=item, bounds=bounds):
            return {"type": "array", "items": json_schema(item, special), **dict(bounds)}
        case TupleType(items=items):
            places: list[Json] = [json_schema(item, special) for item in items]
            count = len(places)
            return {"type": "array", "prefixItems": places, "minItems": count, "maxItems": count}
        case MappingType(value=value):
            return {"type": "object", "additionalProperties": json_schema(value, special)}
        case UnionType(options=options):
            return {"anyOf": [json_schema(option, special) for option in options]}
        case AnyType():
            return {}
        case _:
            raise TypeError(f"{type(type_).__name__} stands in no finished service")
