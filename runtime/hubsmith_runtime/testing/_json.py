"""Parsed JSON of strangers, read with care."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

JsonObject: TypeAlias = dict[str, Any]


def mapping(value: object) -> JsonObject:
    """Return a JSON object, empty where it is none."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return a JSON array, empty where it is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def is_file(value: object) -> bool:
    """Whether a value is the object by which Gradio names a file."""
    return mapping(mapping(value).get("meta")).get("_type") == "gradio.FileData"
