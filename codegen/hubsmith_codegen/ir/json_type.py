"""The type of a parsed JSON value."""

from __future__ import annotations

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Any JSON value."""

Scalar: TypeAlias = bool | int | float | str | None
"""A JSON value that is neither an array nor an object."""
