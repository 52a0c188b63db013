"""Which schemas hosts can hold a model to, and what OpenAI's strict mode makes of them."""

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
# Limits of Anthropic's, for all tools of one request.
_TOOLS, _OPTIONAL, _UNIONS = 20, 24, 16
_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")  # What Anthropic takes for the name of a property.


def lax_reason(schema: Mapping[str, Any]) -> str | None:
    """Return why no host can hold a model to a schema; `None` where each can."""
    if schema.get("$defs"):
        return "a type contains itself"
    nodes = [*_nodes(schema, "the arguments", 1)]
    for place, node, _ in nodes:
        if not takes_values(node):
            return f"{place} takes any JSON"
        is_object = "object" in kinds_of(node)
        if is_object and (node.get("additionalProperties") is not False):
            return f"{place} is an object with names of any kind"
        if bad := next(
            (name for name in node.get("properties", ()) if not _KEY.fullmatch(name)), ""
        ):
            return f"{place} has a name that Anthropic does not take: {bad!a}"
    return _over_limits(nodes)


def _over_limits(nodes: list[tuple[str, Mapping[str, Any], int]]) -> str | None:
    choices = [str(one) for _, node, _ in nodes for one in node.get("enum", ())]
    names = [name for _, node, _ in nodes for name in node.get("properties", ())]
    for found, limit, what in (
        (max(depth for _, _, depth in nodes), _DEPTH, "levels"),
        (len(names), _PROPERTIES, "parameters"),
        (len(choices), _CHOICES, "choices"),
        (sum(map(len, [*choices, *names])), _LETTERS, "letters in names and choices"),
    ):
        if found > limit:
            return f"there are {found:,} {what}, and OpenAI takes {limit:,}"
    return None


def _nodes(
    schema: Mapping[str, Any], place: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """Yield every schema within one, where it stands, and how many objects and lists are around."""
    yield place, schema, depth
    for name, one in schema.get("properties", {}).items():
        yield from _nodes(one, name, depth + 1)
    if "items" in schema:
        yield from _nodes(schema["items"], f"an item of {place}", depth + 1)
    for one in schema.get("anyOf", ()):
        yield from _nodes(one, place, depth)


def openai_strict(schema: Mapping[str, Any]) -> Schema:
    """Return a schema as OpenAI's strict mode wants it: all is required, and null is left out."""
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
    words = [schema.get("description", ""), "null stands for the default."]
    return {**nullable(schema), "description": " ".join(filter(None, words))}


def strict_together(schemas: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Return which of the strict tools of one request Anthropic takes as such: the first ones."""
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
