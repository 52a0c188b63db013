"""The type of a parsed JSON value, and functions that read it as the expected kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Any JSON value."""

Scalar: TypeAlias = bool | int | float | str | None
"""A JSON value that is neither an array nor an object."""


def objects(value: Json) -> list[Mapping[str, Json]]:
    """The objects in a JSON array; empty if the value is not an array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def mapping(value: Json) -> Mapping[str, Json]:
    """A JSON object; empty if the value is not an object."""
    return value if isinstance(value, dict) else {}


def text(value: Json) -> str:
    """A JSON string; empty if the value is not a string."""
    return value if isinstance(value, str) else ""
