"""Types as JSON schemas: for datamodel-code-generator and for `show --json`."""

from __future__ import annotations

from collections.abc import Callable

from . import types
from .json_type import Json
from .types import Type


def json_schema(
    type_: Type, special: Callable[[Type], dict[str, Json] | None] = lambda _: None
) -> dict[str, Json]:
    """The type as a clean schema; classes, those of the runtime too, are `#/$defs/<ClassName>`.

    `special` gives the schemas of the types that are to be written in a way of their own.
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
