"""Normalised schemas taken apart: options, choices, bounds, and a schema without some of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import cast

from ...ir.model import Json, Schema

KINDS: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
"""The type of a choice, as a schema names it."""

_LOWER = {"minimum": ">=", "exclusiveMinimum": ">", "minLength": ">=", "minItems": ">="}
_UPPER = {"maximum": "<=", "exclusiveMaximum": "<", "maxLength": "<=", "maxItems": "<="}
_BOUNDS = {**_LOWER, **_UPPER}
_PREFIX = "#/$defs/"
_ANY: Schema = {}


def options_of(schema: Schema) -> tuple[Schema, ...]:
    """The types that a union allows; of any other type itself."""
    options = schema.get("anyOf")
    if not isinstance(options, list):
        return (schema,)
    return tuple(inner for option in options for inner in options_of(schema_of(option)))


def schema_of(value: Json | None) -> Schema:
    """A part of a schema as a schema; absent, it is any type."""
    return value if isinstance(value, dict) else _ANY


def class_name_of(schema: Schema) -> str | None:
    """The class that a schema refers to."""
    target = schema.get("$ref")
    return target.removeprefix(_PREFIX) if isinstance(target, str) else None


def parts_of(schema: Schema) -> Iterator[Schema]:
    """A schema and every schema inside it, classes not followed."""
    yield schema
    inside: list[Json] = []
    for keyword in ("anyOf", "prefixItems"):
        found = schema.get(keyword)
        inside += found if isinstance(found, list) else []
    inside += [schema.get("items"), schema.get("additionalProperties")]
    for part in inside:
        if isinstance(part, dict):
            yield from parts_of(part)


def choices_of(schema: Schema) -> list[Json]:
    """Every value that is offered in a schema, each once."""
    found: dict[str, Json] = {}
    for part in parts_of(schema):
        values = part.get("enum")
        for value in values if isinstance(values, list) else []:
            found.setdefault(json.dumps(value), value)
    return list(found.values())


def bounds_of(schema: Schema) -> dict[str, float]:
    """Every bound in a schema, by its sign; the first of each."""
    found: dict[str, float] = {}
    for part in parts_of(schema):
        if "prefixItems" in part:  # Its length is no bound of its own.
            continue
        for keyword in _BOUNDS:
            limit = part.get(keyword)
            if isinstance(limit, int | float):
                subject = "length " if keyword.endswith(("Length", "Items")) else ""
                found.setdefault(f"{subject}{_BOUNDS[keyword]}", limit)
    return found


def without_bounds(schema: Schema) -> Schema:
    """A schema whose bounds are taken away."""
    return _rewritten(schema, keeps_bounds=False, keeps_choices=True)


def without_choices(schema: Schema) -> Schema:
    """A schema that has in the place of choices any value of their types."""
    return _rewritten(schema, keeps_bounds=True, keeps_choices=False)


def without_null(schema: Schema) -> Schema:
    """A schema that does not take null."""
    options = options_of(schema)
    left = [dict(option) for option in options if option.get("type") != "null"]
    if not left or len(left) == len(options):
        return schema
    return left[0] if len(left) == 1 else {"anyOf": cast("list[Json]", left)}


def _rewritten(schema: Schema, *, keeps_bounds: bool, keeps_choices: bool) -> Schema:
    values = schema.get("enum")
    if isinstance(values, list) and not keeps_choices:
        kinds = {KINDS[type(value)] for value in values if type(value) in KINDS}
        return {"anyOf": [{"type": kind} for kind in sorted(kinds)]}
    is_tuple = "prefixItems" in schema
    rewritten: dict[str, Json] = {}
    for keyword, value in schema.items():
        if keyword in _BOUNDS and not keeps_bounds and not is_tuple:
            continue
        if keyword in ("anyOf", "prefixItems") and isinstance(value, list):
            rewritten[keyword] = [
                dict(
                    _rewritten(
                        schema_of(one), keeps_bounds=keeps_bounds, keeps_choices=keeps_choices
                    )
                )
                for one in value
            ]
        elif keyword in ("items", "additionalProperties") and isinstance(value, dict):
            rewritten[keyword] = dict(
                _rewritten(value, keeps_bounds=keeps_bounds, keeps_choices=keeps_choices)
            )
        else:
            rewritten[keyword] = value
    return rewritten
