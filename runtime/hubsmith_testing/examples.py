"""Generates values that fit a JSON schema, reproducibly from a seed."""

from __future__ import annotations

import base64
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from .json import JsonObject, items, mapping

_WORDS = ("amber", "basil", "cedar", "ember", "fjord", "harbor", "juniper", "olive", "willow")
_DEEP = 6  # Below this depth, only what a schema requires.
_DEEPEST = 24
_MAX_PARTS = 5000  # In total, because nested lists multiply.
_LIMIT = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
_RANGE = re.compile(f"numeric value between {_LIMIT} and {_LIMIT}$")
# FileData and ImageData have these members in every Gradio version.
_FILE_MEMBERS = frozenset({"path", "url", "orig_name", "mime_type"})
# How openapi.json of Gradio 6.13 and later describes a file that an endpoint returns.
_FILE_RESULT = "url key to fetch the output"
_IMAGES = "annotatedimage background composite gallery image imageeditor imageslider layers"
_IMAGE_KINDS = dict.fromkeys(_IMAGES.split(), "image")
_FILE_KINDS = {"audio": "audio", "model3d": "model", "video": "video"} | _IMAGE_KINDS


@dataclass(slots=True)
class Examples:
    """Generates values for one result."""

    chance: random.Random
    make_file: Callable[[str, random.Random], JsonObject]  # Takes a kind such as `image`.
    component: str  # The type of the component, in lower case; may be empty.
    _definitions: JsonObject = field(default_factory=dict[str, Any])
    _parts_left: int = _MAX_PARTS

    def value(self, schema: object) -> Any:
        """Return a value that fits a schema."""
        return self._value(schema, self.component, 0)

    def _value(self, schema: object, name: str, depth: int) -> Any:
        """Return a value; `name` is that of the member or component, a hint at its meaning."""
        schema = mapping(schema)
        for keyword in ("$defs", "definitions"):
            self._definitions |= mapping(schema.get(keyword))
        self._parts_left -= 1
        if depth > _DEEPEST or self._parts_left < 0:
            return None
        if "$ref" in schema:
            target = str(schema["$ref"]).rpartition("/")[2].replace("~1", "/")
            return self._value(self._definitions.get(target), name, depth + 1)
        if "const" in schema:
            return schema["const"]
        if choices := items(schema.get("enum")):
            return self.chance.choice(choices)
        if options := items(schema.get("anyOf")) or items(schema.get("oneOf")):
            return self._value(self._option(options, depth), name, depth + 1)
        if parts := items(schema.get("allOf")):
            values = [self._value(part, name, depth + 1) for part in parts]
            merged = {key: one for value in values for key, one in mapping(value).items()}
            return merged or values[0]
        if kinds := items(schema.get("type")):
            options = [{**schema, "type": one} for one in kinds]
            return self._value(self._option(options, depth), name, depth + 1)
        return self._of_kind(schema.get("type"), schema, name, depth)

    def _option(self, options: list[Any], depth: int) -> Any:
        filled = [option for option in options if mapping(option).get("type") != "null"]
        if not filled or (depth > _DEEP and len(filled) < len(options)):
            return {"type": "null"}
        # The first option is usually the simplest, such as text in a chat.
        return filled[0] if self.chance.random() < 0.5 else self.chance.choice(filled)

    def _of_kind(self, kind: object, schema: JsonObject, name: str, depth: int) -> Any:
        if kind == "filepath" or schema.get("format") == "filepath":
            return self._file(schema, name)
        if kind == "array" or "prefixItems" in schema or (kind is None and "items" in schema):
            return self._array(schema, name, depth)
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, name, depth)
        match kind:
            case "string" | "str":
                return self._text(schema, name)
            case "integer" | "int" | "number" | "float":
                return self._number(schema, name, is_whole=kind in ("integer", "int"))
            case "boolean" | "bool":
                return self.chance.random() < 0.5
            case "null":
                return None
            case _:
                return {self._word(): self.chance.randint(0, 99)}

    def _array(self, schema: JsonObject, name: str, depth: int) -> list[Any]:
        if places := items(schema.get("prefixItems")) or items(schema.get("items")):
            return [self._value(place, name, depth + 1) for place in places]
        least, most = _count(schema.get("minItems"), 0), _count(schema.get("maxItems"), 3)
        count = max(least, min(least if depth > _DEEP else most, self.chance.randint(1, 3)))
        item = mapping(schema.get("items"))
        values = [self._value(item, name, depth + 1) for _ in range(count)]
        if "enum" in item or schema.get("uniqueItems") is True:
            # Choices come once each, as a user would make them.
            return [one for place, one in enumerate(values) if one not in values[:place]]
        return values

    def _object(self, schema: JsonObject, name: str, depth: int) -> Any:
        members, required = mapping(schema.get("properties")), items(schema.get("required"))
        if members.keys() >= _FILE_MEMBERS:
            return self._file(schema, name)
        if members.keys() >= {"headers", "data"}:
            return self._table()
        if not members:
            if _FILE_RESULT in str(schema.get("description")):
                return self._file(schema, name)
            return {self._word(): self._value(schema.get("additionalProperties"), name, depth + 1)}
        if members.keys() == {"type", "plot"}:
            return {"type": "plotly", "plot": '{"data": [], "layout": {}}'}
        made: JsonObject = {}
        for member, described in members.items():
            if member not in required and depth > _DEEP:
                continue
            may_be_null = {"type": "null"} in items(mapping(described).get("anyOf"))
            if member not in required and may_be_null and self.chance.random() < 0.5:
                made[member] = None
            else:
                subject = member if member in _FILE_KINDS or member == "confidence" else name
                made[member] = self._value(described, subject, depth + 1)
        return made

    def _table(self) -> JsonObject:
        headers = [f"{self._word()} {number}" for number in (1, 2, 3)]
        rows = [[self._word(), self.chance.randint(0, 99), self.chance.random()] for _ in range(2)]
        return {"headers": headers, "data": rows}

    def _file(self, schema: JsonObject, name: str) -> JsonObject:
        default = "image" if schema.get("title") == "ImageData" else "text"
        return self.make_file(_FILE_KINDS.get(name, default), self.chance)

    def _text(self, schema: JsonObject, name: str) -> str:
        chance = self.chance
        if name == "datetime":
            return f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} 12:00:00"
        if name == "colorpicker":
            return f"#{chance.randrange(1 << 24):06x}"
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
                step = (1 if is_whole else 1e-3) if keyword.startswith("exclusive") else 0
                if keyword.lower().endswith("minimum"):
                    low, high = limit + step, max(high, limit + step)
                else:
                    low, high = min(low, limit - step), limit - step
        if is_whole:
            return self.chance.randint(round(low), max(round(low), round(high)))
        return min(high, max(low, round(self.chance.uniform(low, high), 2)))

    def _word(self) -> str:
        return self.chance.choice(_WORDS)


def partial_values(value: Any, schema: object, steps: int = 3) -> list[Any]:
    """Return a value as it grows over `steps`: text by characters, lists by items."""
    entries = mapping(schema)
    is_text = isinstance(value, str) and entries.get("type") == "string"
    is_list = isinstance(value, list) and isinstance(entries.get("items"), dict)
    if not (is_text or is_list) or {"enum", "prefixItems", "minItems"} & entries.keys():
        return [value] * steps
    whole = cast("str | list[Any]", value)
    return [whole[: -(-len(whole) * step // steps)] for step in range(1, steps + 1)]


def _count(value: Any, default: int) -> int:
    is_count = isinstance(value, int | float) and 0 <= value < math.inf
    return min(int(value), 1000) if is_count else default
