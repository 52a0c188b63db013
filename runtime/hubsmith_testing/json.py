"""Parsing, type guards and encoding for JSON."""

from __future__ import annotations

import json
from typing import Any, TypeAlias, TypeGuard

from hubsmith_runtime.errors import a_type

JsonObject: TypeAlias = dict[str, Any]


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array; tuples count, as answers can have them."""
    return isinstance(value, list | tuple)


def mapping(value: object) -> JsonObject:
    """Return a value if it is a JSON object, else an empty one."""
    return value if is_object(value) else {}


def items(value: object) -> list[Any]:
    """Return a value if it is a JSON array, else an empty one."""
    return value if is_array(value) else []


def parse_object(content: bytes) -> JsonObject:
    """Parse a JSON object.

    Raises:
        ValueError: if it is not JSON, not an object, or nested too deeply.
    """
    try:
        value: object = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not is_object(value):
        raise ValueError(f"it is {a_type(value)}")
    return value


def encode(value: object) -> bytes:
    """Encode a value as JSON in UTF-8; lone surrogates become question marks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
