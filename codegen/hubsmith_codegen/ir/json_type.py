"""The type of a parsed JSON value, and what of it has the kind that is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Any JSON value."""

Scalar: TypeAlias = bool | int | float | str | None
"""A JSON value that is neither an array nor an object."""


def objects(value: Json) -> list[Mapping[str, Json]]:
    """The objects of a JSON array; none where it is no array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def mapping(value: Json) -> Mapping[str, Json]:
    """A JSON object; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def text(value: Json) -> str:
    """A JSON string; empty where it is none."""
    return value if isinstance(value, str) else ""
