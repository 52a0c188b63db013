"""Strict mode: which schemas OpenAI and Anthropic can enforce, and their form for OpenAI."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .schemas import Schema, kinds_of, nullable, takes_null, takes_values

# Limits of OpenAI's strict mode.
_PROPERTIES = 5_000
_DEPTH = 10
_CHOICES = 1_000
_LETTERS = 120_000
# Limits of Anthropic's strict mode, for all tools of one request together.
_TOOLS, _OPTIONAL, _UNIONS = 20, 24, 16
_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")  # Property names that Anthropic accepts.


def lax_reason(schema: Mapping[str, Any]) -> str | None:
    """Return why a schema cannot be strict on every host, or `None` if it can."""
    if schema.get("$defs"):
        return "a type contains itself"
    nodes = [*_nodes(schema, "the arguments", 1)]
    for place, node, _ in nodes:
        if not takes_values(node):
            return f"{place} takes any JSON value"
        is_object = "object" in kinds_of(node)
        if is_object and (node.get("additionalProperties") is not False):
            return f"{place} is an object with arbitrary keys"
        if bad := next(
            (name for name in node.get("properties", ()) if not _KEY.fullmatch(name)), ""
        ):
            return f"{place} has a key that Anthropic does not accept: {bad!a}"
    return _over_limits(nodes)


def _over_limits(nodes: list[tuple[str, Mapping[str, Any], int]]) -> str | None:
    choices = [str(one) for _, node, _ in nodes for one in node.get("enum", ())]
    names = [name for _, node, _ in nodes for name in node.get("properties", ())]
    for found, limit, what in (
        (max(depth for _, _, depth in nodes), _DEPTH, "levels"),
        (len(names), _PROPERTIES, "parameters"),
        (len(choices), _CHOICES, "choices"),
        (sum(map(len, [*choices, *names])), _LETTERS, "characters in names and choices"),
    ):
        if found > limit:
            return f"there are {found:,} {what}, but OpenAI accepts only {limit:,}"
    return None


def _nodes(
    schema: Mapping[str, Any], place: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """Yield every nested schema with the name of its place and its nesting depth."""
    yield place, schema, depth
    for name, one in schema.get("properties", {}).items():
        yield from _nodes(one, name, depth + 1)
    if "items" in schema:
        yield from _nodes(schema["items"], f"an item of {place}", depth + 1)
    for one in schema.get("anyOf", ()):
        yield from _nodes(one, place, depth)


def openai_strict(schema: Mapping[str, Any]) -> Schema:
    """Return a schema for OpenAI's strict mode: all properties required, null for defaults."""
    made: Schema = {k: v for k, v in schema.items() if k not in ("default", "format")}
    if "anyOf" in schema:
        made["anyOf"] = [openai_strict(one) for one in schema["anyOf"]]
    if "items" in schema:
        made["items"] = openai_strict(schema["items"])
    if "object" in kinds_of(schema):
        properties: Schema = {}
        for name, one in schema.get("properties", {}).items():
            is_needed = name in schema.get("required", ()) or takes_null(one)
            is_needed = is_needed or len(one.get("enum", ())) == 1
            inner = openai_strict(one)
            properties[name] = inner if is_needed else _or_default(inner)
        made |= {"properties": properties, "required": [*properties], "additionalProperties": False}
    return made


def _or_default(schema: Schema) -> Schema:
    words = [schema.get("description", ""), "Pass null for the default."]
    return {**nullable(schema), "description": " ".join(filter(None, words))}


def strict_together(schemas: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Return for each strict tool of a request, in order, if Anthropic's limits still allow it."""
    left = [_TOOLS, _OPTIONAL, _UNIONS]
    taken: list[bool] = []
    for schema in schemas:
        nodes = [node for _, node, _ in _nodes(schema, "", 1)]
        optional = sum(len(n.get("properties", ())) - len(n.get("required", ())) for n in nodes)
        unions = sum("anyOf" in node or len(kinds_of(node)) > 1 for node in nodes)
        after = [have - use for have, use in zip(left, (1, optional, unions), strict=True)]
        taken.append(min(after) >= 0)
        left = after if taken[-1] else left
    return taken
