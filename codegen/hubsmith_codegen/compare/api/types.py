"""What stands in a type: choices and bounds, the type without some of them, how it changed."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.json_type import Json
from ...ir.model import Definition, Member
from ...ir.types import (
    NULL,
    ChoiceType,
    Kind,
    ListType,
    Reference,
    ScalarType,
    Type,
    UnionType,
    inside,
    mapped,
    union,
)
from .comparison import Classes, Comparison
from .wording import bounds_text, code, listed, type_text

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
_KINDS: dict[type, Kind] = {bool: "boolean", int: "integer", str: "string"}


def has_choices(type_: Type) -> bool:
    """Whether some values are offered in a type."""
    return bool(_choices_of(type_))


def choice_changes(old: Type, new: Type) -> tuple[list[Json], list[Json]]:
    """The values that are offered no longer, and those that are new."""
    before, after = _choices_of(old), _choices_of(new)
    gone = [value for key, value in before.items() if key not in after]
    return gone, [value for key, value in after.items() if key not in before]


def _choices_of(type_: Type) -> dict[tuple[type, Json], Json]:
    choices = [part for part in inside(type_) if isinstance(part, ChoiceType)]
    # By type as well: `True` and 1 are two values.
    return {(type(value), value): value for choice in choices for value in choice.values}


def bounds_of(type_: Type) -> dict[str, float]:
    """Every bound in a type, by its sign; the first of each."""
    found: dict[str, float] = {}
    for part in inside(type_):
        if isinstance(part, ScalarType | ListType):
            for keyword, limit in part.bounds:
                found.setdefault(_SIGNS[keyword], limit)
    return found


def without_choices(type_: Type) -> Type:
    """The type with any value of their kinds in the place of choices."""
    if isinstance(type_, ChoiceType):
        return union([ScalarType(kind=_KINDS[type(value)]) for value in type_.values])
    return mapped(type_, without_choices)


def without_null(type_: Type) -> Type:
    """The type without null."""
    if isinstance(type_, UnionType):
        return union([option for option in type_.options if option != NULL])
    return type_


def type_change(api: Comparison, old: Type, new: Type) -> str:
    """How a type changed, in words."""
    was, is_ = type_text(old), type_text(new)
    members = list(_member_changes(api, old, new))
    if was != is_:
        return f"the type was {was}, is {is_}{f' ({listed(members)})' if members else ''}"
    limits, later = bounds_of(old), bounds_of(new)
    if limits != later:
        return f"the bounds of {is_} were {bounds_text(limits)}, are {bounds_text(later)}"
    return f"within {is_}, {listed(members)}" if members else f"what {is_} takes changed"


def _member_changes(api: Comparison, old: Type, new: Type) -> Iterator[str]:
    """What changed in the classes that an old and a new type both lead to."""
    were, are = _reached(old, api.old_classes), _reached(new, api.new_classes)
    if were.keys() != are.keys():  # The types themselves say it.
        return
    for class_name in sorted(were):
        before = {str(member.identifier): member for member in were[class_name].members}
        after = {str(member.identifier): member for member in are[class_name].members}
        for name in sorted(before.keys() | after.keys()):
            shown = code(f"{class_name}.{name}")
            if name not in after:
                yield f"{shown} is gone"
            elif name not in before:
                yield f"{shown} is new{' and required' if after[name].is_required else ''}"
            elif (was := _member(before[name])) != (is_ := _member(after[name])):
                yield f"{shown} was {was}, is {is_}"


def _member(member: Member) -> str:
    return f"{type_text(member.type)}{'' if member.is_required else ' (optional)'}"


def _reached(type_: Type, classes: Classes) -> dict[str, Definition]:
    """The classes that a type refers to, and those that they refer to."""
    found: dict[str, Definition] = {}
    waiting = [type_]
    while waiting:
        for part in inside(waiting.pop()):
            if isinstance(part, Reference) and part.class_name not in found:
                found[part.class_name] = classes[part.class_name]
                waiting += [member.type for member in found[part.class_name].members]
    return found
