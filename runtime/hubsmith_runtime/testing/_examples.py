"""Values that fit a JSON schema: the same for the same seed."""

from __future__ import annotations

import base64
import math
import random
import re
from collections.abc import Callable
from typing import Any, cast

from ._json import JsonObject, items, mapping

_WORDS = ("amber", "basil", "cedar", "ember", "fjord", "harbor", "juniper", "olive", "willow")
_DEEP = 6  # From here on only what a schema demands.
_DEEPEST = 24
_MOST_PARTS = 5000  # Nested lists multiply.
_LIMIT = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
_RANGE = re.compile(f"numeric value between {_LIMIT} and {_LIMIT}$")
# Every Gradio version's FileData and ImageData have these members.
_FILE_MEMBERS = frozenset({"path", "url", "orig_name", "mime_type"})
# What openapi.json of 6.13 and later writes in the place of a file that an endpoint returns.
_FILE_ANSWER = "url key to fetch the output"
_FILE_KINDS = {
    "audio": "audio",
    "background": "image",
    "composite": "image",
    "image": "image",
    "layers": "image",
    "model3d": "model",
    "video": "video",
    "annotatedimage": "image",
    "gallery": "image",
    "imageeditor": "image",
    "imageslider": "image",
    "sketchpad": "image",
}


class Examples:
    """Makes values of one result.

    Args:
        chance: Where chance comes from.
        make_file: Makes a file of a kind, `image` for example, and returns its FileData.
        component: The component that shows the result, in lower case; may be empty.
    """

    def __init__(
        self,
        chance: random.Random,
        make_file: Callable[[str, random.Random], JsonObject],
        component: str,
    ) -> None:
        self._chance = chance
        self._make_file = make_file
        self._component = component
        self._left = _MOST_PARTS

    def value(self, schema: object) -> Any:
        """Return a value that a schema allows."""
        return self._value(schema, {}, self._component, 0)

    def _value(self, schema: object, scope: JsonObject, name: str, depth: int) -> Any:
        entries = mapping(schema)
        for keyword in ("$defs", "definitions"):
            scope = {**scope, **mapping(entries.get(keyword))}
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            return None
        if "$ref" in entries:
            target = str(entries["$ref"]).rpartition("/")[2]
            return self._value(scope.get(target.replace("~1", "/")), scope, name, depth + 1)
        if "const" in entries:
            return entries["const"]
        if choices := items(entries.get("enum")):
            return self._chance.choice(choices)
        for keyword in ("anyOf", "oneOf"):
            if options := items(entries.get(keyword)):
                return self._value(self._option(options, depth), scope, name, depth + 1)
        if parts := items(entries.get("allOf")):
            whole: JsonObject = {}
            for part in parts if len(parts) > 1 else ():
                whole |= mapping(self._value(part, scope, name, depth + 1))
            return whole or self._value(parts[0], scope, name, depth + 1)
        kind = entries.get("type")
        if isinstance(kind, list):
            kinds = items(cast("object", kind))
            options = [
                {"type": "null"} if one == "null" else {**entries, "type": one} for one in kinds
            ]
            return self._value(self._option(options, depth), scope, name, depth + 1)
        if kind == "filepath" or entries.get("format") == "filepath":
            return self._file(entries, name)
        if kind == "array" or "prefixItems" in entries or (kind is None and "items" in entries):
            return self._array(entries, scope, name, depth)
        if kind == "object" or (kind is None and "properties" in entries):
            return self._object(entries, scope, name, depth)
        return self._plain(kind, entries, name)

    def _option(self, options: list[Any], depth: int) -> Any:
        real = [option for option in options if option not in ("null", {"type": "null"})]
        if not real or (depth > _DEEP and len(real) < len(options)):
            return {"type": "null"}
        # What stands first is the plain case, such as text in a chat.
        return real[0] if self._chance.random() < 0.5 else self._chance.choice(real)

    def _array(self, schema: JsonObject, scope: JsonObject, name: str, depth: int) -> list[Any]:
        places = schema.get("prefixItems", schema.get("items"))
        if isinstance(places, list):
            return [
                self._value(place, scope, name, depth + 1)
                for place in items(cast("object", places))
            ]
        least, most = _count(schema.get("minItems"), 0), _count(schema.get("maxItems"), 3)
        if depth > _DEEP:
            most = least
        count = max(least, min(most, self._chance.randint(1, 3)))
        item = schema.get("items", {})
        values = [self._value(item, scope, name, depth + 1) for _ in range(count)]
        # Choices come once each, as a user would make them.
        is_choice = "enum" in mapping(item) or schema.get("uniqueItems") is True
        return (
            [one for place, one in enumerate(values) if one not in values[:place]]
            if is_choice
            else values
        )

    def _object(self, schema: JsonObject, scope: JsonObject, name: str, depth: int) -> Any:
        members = mapping(schema.get("properties"))
        if members.keys() >= _FILE_MEMBERS:
            return self._file(schema, name)
        if members.keys() >= {"headers", "data"}:
            return self._table(members)
        if not members:
            if _FILE_ANSWER in str(schema.get("description")):
                return self._file(schema, name)
            extra = schema.get("additionalProperties")
            return {self._word(): self._value(extra, scope, name, depth + 1)}
        if members.keys() == {"type", "plot"}:
            return {"type": "plotly", "plot": '{"data": [], "layout": {}}'}
        required = items(schema.get("required"))
        made: JsonObject = {}
        for member, described in members.items():
            if member not in required:
                options = items(mapping(described).get("anyOf"))
                if depth > _DEEP:
                    continue
                if {"type": "null"} in options and self._chance.random() < 0.5:
                    made[member] = None
                    continue
            hint = member if member in _FILE_KINDS or member == "confidence" else name
            made[member] = self._value(described, scope, hint, depth + 1)
        return made

    def _table(self, members: JsonObject) -> JsonObject:
        headers = [f"{self._word()} {number}" for number in (1, 2, 3)]
        rows = [
            [self._word(), self._chance.randint(0, 99), self._chance.random()] for _ in range(2)
        ]
        return {
            "headers": headers,
            "data": rows,
            **({"metadata": None} if "metadata" in members else {}),
        }

    def _file(self, schema: JsonObject, name: str) -> JsonObject:
        default = "image" if schema.get("title") == "ImageData" else "text"
        return self._make_file(_FILE_KINDS.get(name, default), self._chance)

    def _plain(self, kind: object, schema: JsonObject, name: str) -> Any:
        match kind:
            case "string" | "str":
                return self._text(schema, name)
            case "integer" | "int" | "number" | "float":
                return self._number(schema, name, is_whole=kind in ("integer", "int"))
            case "boolean" | "bool":
                return self._chance.random() < 0.5
            case "null":
                return None
            case _:
                return {self._word(): self._chance.randint(0, 99)}

    def _text(self, schema: JsonObject, name: str) -> str:
        chance = self._chance
        match name:
            case "datetime":
                return f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} 12:00:00"
            case "colorpicker":
                return f"#{chance.randrange(1 << 24):06x}"
            case _:
                text = " ".join(self._word() for _ in range(4)).capitalize()
        if schema.get("format") == "byte":
            return base64.b64encode(text.encode()).decode()
        least, most = _count(schema.get("minLength"), 0), _count(schema.get("maxLength"), len(text))
        return text.ljust(least, ".")[: max(least, most)]

    def _number(self, schema: JsonObject, name: str, *, is_whole: bool) -> float:
        low, high = 0.0, 1.0 if name == "confidence" else 100.0
        if match := _RANGE.match(str(schema.get("description", ""))):
            low, high = float(match[1]), float(match[2])
        for keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
            limit = schema.get(keyword)
            if isinstance(limit, int | float) and math.isfinite(limit):
                nudge = (1 if is_whole else 1e-3) if keyword.startswith("exclusive") else 0
                if keyword.lower().endswith("minimum"):
                    low, high = limit + nudge, max(high, limit + nudge)
                else:
                    low, high = min(low, limit - nudge), limit - nudge
        if is_whole:
            return self._chance.randint(round(low), max(round(low), round(high)))
        return min(high, max(low, round(self._chance.uniform(low, high), 2)))

    def _word(self) -> str:
        return self._chance.choice(_WORDS)


def partial_values(value: Any, schema: object, steps: int) -> list[Any]:
    """Return how a value grows in so many steps: a text by characters, a list by items."""
    entries = mapping(schema)
    is_text = isinstance(value, str) and entries.get("type") == "string"
    is_list = isinstance(value, list) and isinstance(entries.get("items"), dict)
    if not (is_text or is_list) or {"enum", "prefixItems", "minItems"} & entries.keys():
        return [value] * steps
    whole = cast("str | list[Any]", value)
    return [whole[: -(-len(whole) * step // steps)] for step in range(1, steps + 1)]


def _count(value: object, default: int) -> int:
    return (
        min(int(value), 1000)
        if isinstance(value, int | float) and 0 <= value < math.inf
        else default
    )
