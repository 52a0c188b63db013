"""The types of a service in words that belong to no language, for people."""

from __future__ import annotations

import json

from ..ir.model import Json, Schema
from ..ir.text import plain
from .values import is_file, options_of

_MOST_CHOICES = 30
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "minLength": "length at least",
    "maxLength": "length at most",
    "minItems": "length at least",
    "maxItems": "length at most",
}


def type_words(schema: Schema) -> str:
    """A type on one line, such as `number, 0 to 10`, `"a" | "b"`, `list of file`."""
    if "anyOf" in schema:
        return " | ".join(type_words(option) for option in options_of(schema))
    choices = schema.get("enum")
    if isinstance(choices, list):
        shown = [value_words(choice) for choice in choices[:_MOST_CHOICES]]
        more = len(choices) - len(shown)
        return " | ".join([*shown, *([f"{more} more"] if more else [])])
    if is_file(schema):
        return "file"
    if isinstance(target := schema.get("$ref"), str):
        return target.rpartition("/")[2]
    match schema.get("type"):
        case "array":
            places = schema.get("prefixItems")
            if isinstance(places, list):
                return f"[{', '.join(type_words(_schema(place)) for place in places)}]"
            return f"list of {_inner(schema.get('items'))}{_bounds(schema)}"
        case "object":
            return f"object of {_inner(schema.get('additionalProperties'))}"
        case str() as kind:
            return f"{kind}{_bounds(schema)}"
        case _:
            return "any JSON"


def value_words(value: Json) -> str:
    """A value as JSON on one line, cut where it is long."""
    return plain(json.dumps(value, ensure_ascii=False, sort_keys=True))


def _inner(schema: Json) -> str:
    words = type_words(_schema(schema))
    return f"({words})" if " | " in words else words


def _schema(schema: Json) -> Schema:
    return schema if isinstance(schema, dict) else {}


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f", {value_words(low)} to {value_words(high)}"
    parts = [
        f", {words} {value_words(schema[keyword])}"
        for keyword, words in _BOUNDS.items()
        if keyword in schema
    ]
    return "".join(parts)
