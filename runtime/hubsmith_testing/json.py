"""JSON that others wrote: parsed, guarded and written."""

from __future__ import annotations

import json
from typing import Any, TypeAlias, TypeGuard

from hubsmith_runtime.errors import a_type

JsonObject: TypeAlias = dict[str, Any]


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array; a tuple of the caller is one, too."""
    return isinstance(value, list | tuple)


def mapping(value: object) -> JsonObject:
    """Return a JSON object, empty where it is none."""
    return value if is_object(value) else {}


def items(value: object) -> list[Any]:
    """Return a JSON array, empty where it is none."""
    return value if is_array(value) else []


def parse_object(content: bytes) -> JsonObject:
    """Parse a JSON object.

    Raises:
        ValueError: when it is not JSON, not an object, or nested too deep.
    """
    try:
        value: object = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not is_object(value):
        raise ValueError(f"it is {a_type(value)}")
    return value


def encode(value: object) -> bytes:
    """Write a value as JSON in UTF-8; half a surrogate pair becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
