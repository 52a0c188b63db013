"""The parts of a type, and the types, values and names as the text of a change shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...ir import types
from ...ir.json_type import Json
from ...ir.model import Default, Member, definitions_in
from ...ir.text import plain
from ...ir.types import Direction, Type
from .change import code
from .comparison import Comparison, Language

_LISTED = 8
_LONGEST_TYPE = 160
_LONGEST_VALUE = 60
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
    """A list in words; what is beyond eight is counted."""
    found = list(texts)
    shown = found[:_LISTED]
    if len(found) > _LISTED:
        shown.append(f"{len(found) - _LISTED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def names(found: Iterable[str]) -> str:
    """A few names."""
    return listed(map(code, found))


def type_text(language: Language, type_: Type, direction: Direction) -> str:
    """A type, such as `list[str] | None`."""
    return code(_cut(language.type_text(type_, direction), _LONGEST_TYPE))


def values(language: Language, found: Iterable[Json]) -> str:
    """A few values, such as `'a'` and `'b'`."""
    return names(_value(language, value) for value in found)


def default_text(language: Language, default: Default) -> str:
    """The value that is sent when an argument is left out."""
    return code(_value(language, default.value if default.wire is None else default.wire))


def bounds_text(bounds: Mapping[str, float]) -> str:
    """Bounds, such as `>= 0, <= 10`."""
    if not bounds:
        return "none"
    return code(", ".join(f"{sign} {limit:g}" for sign, limit in bounds.items()))


def was_and_is(what: str, was: str | None, is_: str | None, *, without: str = "empty") -> str:
    """How a text changed; `without` stands for one that is not there."""
    return f"{what} was {code(was or without)}, is {code(is_ or without)}"


def _value(language: Language, value: Json) -> str:
    return _cut(plain(language.value_text(value)), _LONGEST_VALUE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def choice_changes(old: Type, new: Type) -> tuple[list[Json], list[Json]]:
    """The values that are offered no longer, and those that are new."""
    before, after = choices_of(old), choices_of(new)
    gone = [value for key, value in before.items() if key not in after]
    return gone, [value for key, value in after.items() if key not in before]


def choices_of(type_: Type) -> dict[tuple[type, Json], Json]:
    choices = [part for part in types.inside(type_) if isinstance(part, types.ChoiceType)]
    # By type as well: `True` and 1 are two values.
    return {(type(value), value): value for choice in choices for value in choice.values}


def bounds_of(type_: Type) -> dict[str, float]:
    """Every bound in a type, by its sign; the first of each."""
    found: dict[str, float] = {}
    for part in types.inside(type_):
        if isinstance(part, types.ScalarType | types.ListType):
            for keyword, limit in part.bounds:
                found.setdefault(_SIGNS[keyword], limit)
    return found


def without_choices(type_: Type) -> Type:
    """The type with any value of their kinds in the place of choices."""
    if isinstance(type_, types.ChoiceType):
        return types.union(types.kinds_of(type_.values))
    return types.mapped(type_, without_choices)


def type_change(api: Comparison, old: Type, new: Type, direction: Direction) -> str:
    """How a type changed, in words."""
    was, is_ = (type_text(api.language, type_, direction) for type_ in (old, new))
    members = list(_member_changes(api, old, new, direction))
    if was != is_:
        return f"the type was {was}, is {is_}{f' ({listed(members)})' if members else ''}"
    limits, later = bounds_of(old), bounds_of(new)
    if limits != later:
        return f"the bounds of {is_} were {bounds_text(limits)}, are {bounds_text(later)}"
    return f"within {is_}, {listed(members)}" if members else f"what {is_} takes changed"


def _member_changes(api: Comparison, old: Type, new: Type, direction: Direction) -> Iterator[str]:
    """What changed in the classes that an old and a new type both lead to."""
    were = definitions_in([old], api.old.definitions)
    are = definitions_in([new], api.new.definitions)
    if [one.class_name for one in were] != [one.class_name for one in are]:
        return  # The types themselves say it.
    for one, other in zip(were, are, strict=True):
        before = {str(member.identifier): member for member in one.members}
        after = {str(member.identifier): member for member in other.members}
        for name in sorted(before.keys() | after.keys()):
            shown = code(f"{one.class_name}.{name}")
            if name not in after:
                yield f"{shown} is gone"
            elif name not in before:
                yield f"{shown} is new{' and required' if after[name].is_required else ''}"
            else:
                was, is_ = (_member(api, one[name], direction) for one in (before, after))
                if was != is_:
                    yield f"{shown} was {was}, is {is_}"


def _member(api: Comparison, member: Member, direction: Direction) -> str:
    shown = type_text(api.language, member.type, direction)
    return f"{shown}{'' if member.is_required else ' (optional)'}"
