"""Reading untrusted JSON: each function returns the wanted type, or an empty value."""

from __future__ import annotations

import math
from typing import Any, cast


def as_object(value: object) -> dict[str, Any]:
    """Return a JSON object; empty for any other value."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return a JSON list; empty for any other value."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return a string; empty for any other value."""
    return value if isinstance(value, str) else ""


def as_words(value: object) -> str:
    """Return any value as text; empty for `None` and for a value that is nested too deeply."""
    try:
        return "" if value is None else str(value)
    except RecursionError:
        return ""


def as_number(value: object) -> float | None:
    """Return a finite number as a float; `None` for any other value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_count(value: object) -> int | None:
    """Return a whole number that fits in 64 bits; `None` for any other value."""
    number = as_number(value)
    if number is None or not number.is_integer() or abs(number) >= 2.0**63:
        return None
    return int(number)
