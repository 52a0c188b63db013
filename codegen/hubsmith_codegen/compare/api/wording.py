"""The choices and bounds in types, and the wording of values and names in texts of changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...ir import types
from ...ir.json_type import Json
from ...ir.types import Type
from .change import code

_LISTED = 8
_SIGNS = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
    "minLength": "length >=",
    "maxLength": "length <=",
    "minItems": "length >=",
    "maxItems": "length <=",
}


def listed(texts: Iterable[str]) -> str:
    """A list in words: the first eight items, and the number of the others."""
    found = list(texts)
    shown = found[:_LISTED]
    if len(found) > _LISTED:
        shown.append(f"{len(found) - _LISTED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def names(found: Iterable[str]) -> str:
    """A few names."""
    return listed(map(code, found))


def bounds_text(bounds: Mapping[str, float]) -> str:
    """Bounds, such as `>= 0, <= 10`."""
    if not bounds:
        return "none"
    return code(", ".join(f"{sign} {limit:g}" for sign, limit in bounds.items()))


def was_and_is(what: str, was: str | None, is_: str | None, *, without: str = "empty") -> str:
    """How a text changed; `without` stands for a missing one."""
    return f"{what} was {code(was or without)}, is {code(is_ or without)}"


def cut(text: str, longest: int) -> str:
    """A text, cut if it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def choice_changes(old: Type, new: Type) -> tuple[list[Json], list[Json]]:
    """The values that are no longer offered, and those that are new."""
    before, after = choices_of(old), choices_of(new)
    gone = [value for key, value in before.items() if key not in after]
    return gone, [value for key, value in after.items() if key not in before]


def choices_of(type_: Type) -> dict[tuple[type, Json], Json]:
    choices = [part for part in types.inside(type_) if isinstance(part, types.ChoiceType)]
    # The key includes the type, because `True == 1`.
    return {(type(value), value): value for choice in choices for value in choice.values}


def bounds_of(type_: Type) -> dict[str, float]:
    """The bounds in a type by their sign: the first of each."""
    found: dict[str, float] = {}
    for part in types.inside(type_):
        if isinstance(part, types.ScalarType | types.ListType):
            for keyword, limit in part.bounds:
                found.setdefault(_SIGNS[keyword], limit)
    return found


def without_choices(type_: Type) -> Type:
    """The type with each choice replaced by the plain types of its values."""
    if isinstance(type_, types.ChoiceType):
        return types.union(types.kinds_of(type_.values))
    return types.mapped(type_, without_choices)
