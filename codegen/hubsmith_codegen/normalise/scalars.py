"""Plain values of a JSON schema: their kinds, choices and bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import get_args

from ..ir.json_type import Json, Scalar
from ..ir.types import NULL, AnyType, Bounds, ChoiceType, Kind, ScalarType, Type, kinds_of, union

_MOST_CHOICES = 500
KINDS: Mapping[str, Kind] = {
    **{kind: kind for kind in get_args(Kind)},
    # Some components use Python's names.
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
}
_BOUNDS: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "array": ("minItems", "maxItems"),
}


def as_scalar(value: Json) -> Scalar:
    """The value if it can be a default in a signature, else `None`."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) else None


def as_number(value: Json) -> float | None:
    """The value if it is a number, else `None`."""
    number = as_scalar(value)
    return None if isinstance(number, bool | str) else number


def choices(values: list[Json], *, is_constant: bool = False) -> Type:
    """The type of an enumeration, from its values: Gradio declares every enumeration as string."""
    if {True, False} <= {value for value in values if isinstance(value, bool)}:
        others = [value for value in values if not isinstance(value, bool)]
        boolean = ScalarType(kind="boolean")
        return union([boolean, choices(others, is_constant=is_constant)]) if others else boolean
    options: list[Type] = []
    plain: list[str | int | bool] = []
    for value in values:
        if isinstance(value, bool | int | str):
            plain.append(value)
        elif isinstance(value, float):
            # `Literal` does not allow floats.
            options.append(ScalarType(kind="number"))
        else:
            options.append(NULL if value is None else AnyType())
    if len(plain) > _MOST_CHOICES:
        options += reversed(kinds_of(plain))
    elif plain:
        # 1 and True are equal in Python, but are two choices.
        once = tuple({(type(choice), choice): choice for choice in plain}.values())
        options.insert(0, ChoiceType(values=once, is_constant=is_constant))
    return union(options)


def bounds(schema: Mapping[str, Json], kind: str) -> Bounds:
    """The limits that a schema of this kind sets, as far as they make sense."""
    found: list[tuple[str, float]] = []
    for keyword in _BOUNDS.get(kind, ()):
        limit = as_number(schema.get(keyword))
        if limit is None:
            continue
        if kind in ("integer", "number"):
            found.append((keyword, limit))
        elif 0 <= limit < 2**63 and limit == int(limit):
            # A length: it must be an integer, of a size that the validators accept.
            found.append((keyword, int(limit)))
    return tuple(found)
