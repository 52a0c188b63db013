"""Converts request and result models to JSON schemas that all tool hosts accept.

The schemas have only recursive references, and only the keywords `type`, `enum`, `anyOf`, `items`,
`properties`, `required`, `additionalProperties`, `format` (for files), `default` and `description`.
Bounds are in the descriptions; the request models enforce them.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pydantic
from hubsmith_runtime import File, Request
from hubsmith_runtime.reading import as_list, as_object
from pydantic.json_schema import GenerateJsonSchema

from .words import said

Schema = dict[str, Any]

FILE = "uri"
"""The `format` that marks a string as a file. No other string has it."""

_OUTPUT_FILE: Schema = {
    "type": "object",
    "properties": {
        "url": {"type": "string"},
        "name": {"type": "string"},
        "mime_type": {"type": ["string", "null"]},
    },
    "required": ["url", "name", "mime_type"],
    "description": "A file.",
}
_NOTHING = "x-nothing"  # Marks types that JSON cannot represent, such as a data frame.
_UNIONS = ("anyOf", "oneOf", "allOf")  # Older pydantic emits `allOf` with one member.
_LONGEST_CHOICE = 200
_TYPES = (
    (str, "string"), (bool, "boolean"), (int, "integer"), (float, "number"), (object, "null"),
)  # fmt: skip


def input_schema(request: type[Request[Any]]) -> Schema:
    """Return the schema of the arguments of a call, with their Python names."""
    made = request.model_json_schema(by_alias=False, schema_generator=_Generator)
    schema = _Portable(made, is_input=True).whole()
    return {"type": "object", "properties": {}, "additionalProperties": False, **schema}


def output_schema(request: type[Request[Any]]) -> Schema:
    """Return the schema of a result: an object with one member per output of the endpoint.

    A single output is called `result`. All members are nullable, as a Space may leave any empty.
    """
    properties: Schema = {}
    definitions: Schema = {}
    for name, kind in result_types(request).items():
        adapter = pydantic.TypeAdapter[Any](kind)
        made = adapter.json_schema(by_alias=False, schema_generator=_Generator)
        schema = _Portable(made, is_input=False).whole()
        definitions.update(schema.pop("$defs", {}))
        properties[name] = nullable(schema)
    whole: Schema = {"type": "object", "properties": properties, "required": [*properties]}
    return {**whole, "$defs": definitions} if definitions else whole


def result_types(request: type[Request[Any]]) -> dict[str, Any]:
    """Return the type of each output of an endpoint, by its Python name."""
    result: Any = request.__result__
    outputs = request.__endpoint__.outputs
    if outputs > 1:
        hints = typing.get_type_hints(result, include_extras=True)
        return {name: hints[name] for name in result._fields}
    return {"result": result} if outputs else {}


def nullable(schema: Schema) -> Schema:
    """Return a schema that also accepts null."""
    if not takes_values(schema) or takes_null(schema):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "properties" in schema or "items" in schema or "type" not in schema:
        about = {"description": schema["description"]} if "description" in schema else {}
        bare = {key: value for key, value in schema.items() if key != "description"}
        return {"anyOf": [bare, {"type": "null"}], **about}
    kinds = kinds_of(schema)
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [*kinds, "null"], **choices}


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the JSON types in the `type` of a schema."""
    kind = schema.get("type")
    return [kind] if isinstance(kind, str) else as_list(kind)


def takes_null(schema: Mapping[str, Any]) -> bool:
    """Whether a schema accepts null."""
    if "null" in kinds_of(schema) or not takes_values(schema):
        return True
    return any(map(takes_null, schema.get("anyOf", ())))


def takes_values(schema: Mapping[str, Any]) -> bool:
    """Whether a schema restricts values at all."""
    return bool(schema.keys() - {"description", "default"})


class _Generator(GenerateJsonSchema):
    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:
        function = as_object(as_object(schema).get("function")).get("function")
        if getattr(function, "__module__", None) == File.__module__:
            return {"type": "string", "format": FILE}
        return {_NOTHING: True}

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Ignore warnings about defaults that are not JSON; they are left out."""


class _Portable:
    """Rewrites a schema from pydantic; only recursive definitions remain in `$defs`."""

    def __init__(self, schema: Mapping[str, Any], *, is_input: bool) -> None:
        self._schema = schema
        self._definitions = as_object(schema.get("$defs"))
        self._is_input = is_input
        self._recursive: dict[str, Schema] = {}

    def whole(self) -> Schema:
        made = self.of(self._schema, ())
        for name in [*self._recursive]:
            self._recursive[name] = self.of(self._definitions[name], (name,))
        return {**made, "$defs": self._recursive} if self._recursive else made

    def of(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> Schema:
        """Rewrite one schema; `within` names the definitions that contain it."""
        if "$ref" in schema:
            made = self._referred(schema["$ref"], within)
        elif members := next(filter(None, (schema.get(key) for key in _UNIONS)), None):
            made = self._union([self.of(one, within) for one in members])
        elif schema.get(_NOTHING):
            return {_NOTHING: True}
        elif "enum" in schema or "const" in schema:
            made = self._choices(schema.get("enum", [schema.get("const")]))
        else:
            made = self._plain(schema, within)
        texts = [made.pop("description", ""), _bounds(schema)]
        if "description" in schema and within:
            texts.append(said("The Space describes it as:", schema["description"]))
        if about := " ".join(filter(None, texts)):
            made["description"] = about
        return made

    def _referred(self, reference: str, within: tuple[str, ...]) -> Schema:
        name = reference.rpartition("/")[2]
        if name in within:
            self._recursive.setdefault(name, {})
            return {"$ref": f"#/$defs/{name}"}
        return self.of(self._definitions[name], (*within, name))

    def _plain(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> Schema:
        match schema.get("type"):
            case "object":
                return self._object(schema, within)
            case "array":
                return self._array(schema, within)
            case "string" if schema.get("format") == FILE:
                if not self._is_input:
                    return {**_OUTPUT_FILE}
                words = "A file, as an http(s) URL or a data URL."
                return {"type": "string", "format": FILE, "description": words}
            case "string" | "number" | "integer" | "boolean" | "null" as kind:
                return {"type": kind}
            case _:
                return {}

    def _object(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> Schema:
        made: Schema = {"type": "object"}
        declared = as_object(schema.get("properties"))
        if declared:
            properties: Schema = {}
            for name, one in declared.items():
                properties[name] = self.of(one, within or ("",)) | _default(one)
            made |= {"properties": properties, "required": as_list(schema.get("required"))}
        others = schema.get("additionalProperties", not declared)
        if isinstance(others, dict):
            others = self.of(cast("Schema", others), within or ("",))
        elif declared and self._is_input:
            others = False  # Only results may have additional members.
        return {**made, "additionalProperties": others}

    def _array(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> Schema:
        within = within or ("",)
        if places := as_list(schema.get("prefixItems")):
            items = self._union([self.of(one, within) for one in places])
        else:
            items = self.of(as_object(schema.get("items")), within)
        return {"type": "array", "items": items}

    def _choices(self, values: Sequence[Any]) -> Schema:
        """Return an enum without choices that cannot be shown; a result with any gets no enum."""
        shown = [one for one in values if not isinstance(one, str) or is_shown(one)]
        found = (next(name for kind, name in _TYPES if isinstance(one, kind)) for one in values)
        kinds = list(dict.fromkeys(found))
        made: Schema = {"type": kinds[0] if len(kinds) == 1 else kinds}
        if not (hidden := len(values) - len(shown)):
            return {**made, "enum": shown}
        about = f"{hidden} more {'choice' if hidden == 1 else 'choices'} cannot be shown."
        enum = {"enum": shown} if shown and self._is_input else {}
        return {**made, **enum, "description": about}

    def _union(self, made: Sequence[Schema]) -> Schema:
        kept: list[Schema] = []
        for one in made:
            bare = {key: value for key, value in one.items() if key != "description"}
            members = bare["anyOf"] if bare.keys() == {"anyOf"} else [bare]
            kept += [one for one in members if _NOTHING not in one and one not in kept]
        if {"type": "number"} in kept and {"type": "integer"} in kept:
            kept.remove({"type": "integer"})
        words = (one["description"] for one in made if "description" in one)
        about = " ".join(dict.fromkeys(words))
        described: Schema = {"description": about} if about else {}
        if {} in kept or not kept:
            return described
        has_null = {"type": "null"} in kept
        rest = [one for one in kept if one != {"type": "null"}]
        if len(rest) < 2:
            only = {**(rest or kept)[0], **described}
            return nullable(only) if has_null else only
        return {"anyOf": [*rest, *([{"type": "null"}] if has_null else [])], **described}


def is_shown(text: str) -> bool:
    """Whether a text is printable and short enough to appear in a schema unchanged."""
    return text.isprintable() and len(text) <= _LONGEST_CHOICE


def _default(schema: Mapping[str, Any]) -> Schema:
    """Return the default of a property as a keyword if it can be shown, else no keyword."""
    value = schema.get("default")
    if value is None or (isinstance(value, str) and not is_shown(value)):
        return {}
    return {"default": value} if isinstance(value, str | int | float | bool) else {}


# Texts for bounds, by JSON schema keyword or, for types unknown to pydantic, by that of `Field`.
_BOUNDS = {
    "minimum": "At least {}.", "ge": "At least {}.", "maximum": "At most {}.", "le": "At most {}.",
    "exclusiveMinimum": "More than {}.", "gt": "More than {}.",
    "exclusiveMaximum": "Less than {}.", "lt": "Less than {}.",
    "multipleOf": "In steps of {}.", "multiple_of": "In steps of {}.",
    "minLength": "At least {} characters.", "maxLength": "At most {} characters.",
    "minItems": "At least {} items.", "maxItems": "At most {} items.",
    "min_length": "At least {}.", "max_length": "At most {}.",
}  # fmt: skip


def _bounds(schema: Mapping[str, Any]) -> str:
    found = ((words, schema[key]) for key, words in _BOUNDS.items() if key in schema)
    return " ".join(words.format(f"{value:g}") for words, value in found)
