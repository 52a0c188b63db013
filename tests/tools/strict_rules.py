"""What OpenAI and Anthropic demand of schemas of strict tools, as their guides have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
TYPES = {"string", "number", "integer", "boolean", "null", "object", "array"}
OPENAI = {
    "type", "enum", "anyOf", "items", "properties", "required", "additionalProperties",
    "description",
}  # fmt: skip
ANTHROPIC = OPENAI | {"default", "format"}


def faults_for_openai(schema: dict[str, Any]) -> list[str]:
    """Return what OpenAI's strict mode refuses in the parameters of a function."""
    found = ["the root is no object"] if schema.get("type") != "object" else []
    found += ["the root is a union"] if "anyOf" in schema else []
    nodes = [*_nodes(schema, "", 0)]
    for place, node, _ in nodes:
        found += _common(place, node, OPENAI)
        if "properties" in node and [*node["properties"]] != node.get("required"):
            found.append(f"{place}: not all properties are required")
    names = [name for _, node, _ in nodes for name in node.get("properties", ())]
    choices = [one for _, node, _ in nodes for one in node.get("enum", ())]
    found += ["too many properties"] if len(names) > 5_000 else []
    found += ["too many choices"] if len(choices) > 1_000 else []
    found += ["too many letters"] if sum(map(len, map(str, names + choices))) > 120_000 else []
    return found + (["too deep"] if max(depth for _, _, depth in nodes) > 10 else [])


def faults_for_anthropic(schema: dict[str, Any]) -> list[str]:
    """Return what Anthropic's strict mode refuses in the input schema of a tool."""
    found = ["the root is no object"] if schema.get("type") != "object" else []
    for place, node, _ in _nodes(schema, "", 0):
        found += _common(place, node, ANTHROPIC)
        found += [
            f"{place}: the name {name!r}"
            for name in node.get("properties", ())
            if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name)
        ]
        if any(isinstance(one, dict | list) for one in node.get("enum", ())):
            found.append(f"{place}: choices that are no plain values")
    return found


def _common(place: str, node: dict[str, Any], known: set[str]) -> Iterator[str]:
    if unknown := node.keys() - known:
        yield f"{place}: {sorted(unknown)}"
    kinds = node.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not set(kinds) <= TYPES or not ({"type", "anyOf"} & node.keys()):
        yield f"{place}: no type"
    if "object" in kinds and (node.get("additionalProperties") is not False):
        yield f"{place}: an open object"
    if "array" in kinds and "items" not in node:
        yield f"{place}: a list of anything"


def _nodes(node: dict[str, Any], place: str, depth: int) -> Iterator[tuple[str, Any, int]]:
    yield place, node, depth
    for name, one in node.get("properties", {}).items():
        yield from _nodes(one, f"{place}.{name}", depth + 1)
    if "items" in node:
        yield from _nodes(node["items"], f"{place}[]", depth + 1)
    for one in node.get("anyOf", ()):
        yield from _nodes(one, place, depth)


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a definition, names included."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def example(schema: dict[str, Any]) -> Any:
    """Return the least that a strict schema takes: null where it may be, else a first choice."""
    for one in schema.get("anyOf", ()):
        if one == {"type": "null"}:
            return None
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    kind = schema["type"]
    if isinstance(kind, list):
        return None if "null" in kind else example({**schema, "type": kind[0]})
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {name: example(one) for name, one in schema["properties"].items()}
    if "A file, as" in schema.get("description", ""):
        return "https://example.org/file"
    least = re.search(r"At least (\S+?)\.?(?: |$)", schema.get("description", ""))
    number = float(least[1]) if least else 0
    plain = {"integer": int(number), "number": number, "string": "", "boolean": False, "null": None}
    return [] if kind == "array" else plain[kind]
