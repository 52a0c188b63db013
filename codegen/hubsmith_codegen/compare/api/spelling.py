"""Types and values as the text of a change shows them: as Python has them, and short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...ir.model import Default, Definition, Json, Member, Schema
from ...ir.text import plain
from .change import code
from .schemas import class_name_of, options_of, parts_of, schema_of
from .types import Classes

_KINDS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_MOST = 8
_LONGEST = 160


def type_(schema: Schema) -> str:
    """A type, such as `list[str] | None`."""
    text = _spelled(schema)
    return code(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def values(found: Iterable[Json]) -> str:
    """A few values, such as `'a'` and `'b'`."""
    return listed(code(_value(value)) for value in found)


def names(found: Iterable[str]) -> str:
    """A few names."""
    return listed(code(name) for name in found)


def listed(texts: Iterable[str]) -> str:
    """A list in words; what is beyond eight is counted."""
    found = list(texts)
    shown = found[:_MOST] + ([f"{len(found) - _MOST} more"] if len(found) > _MOST else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def default(found: Default) -> str:
    """The value that is sent when an argument is left out."""
    return code(_value(found.value if found.wire is None else found.wire))


def bounds(found: dict[str, float]) -> str:
    """Bounds, such as `>= 0, <= 10`."""
    return (
        code(", ".join(f"{sign} {limit:g}" for sign, limit in found.items())) if found else "none"
    )


def class_changes(old: Schema, new: Schema, before: Classes, after: Classes) -> list[str]:
    """What changed in the classes that an old and a new type both lead to, member by member."""
    lines: list[str] = []
    were, are = _reached(old, before).keys(), _reached(new, after).keys()
    if were != are:  # The types themselves say it.
        return lines
    for name in sorted(were):
        lines += _member_changes(before[name], after[name])
    return lines


def _member_changes(old: Definition, new: Definition) -> Iterator[str]:
    before = {str(member.identifier): member for member in old.members}
    after = {str(member.identifier): member for member in new.members}
    for name in sorted(before.keys() | after.keys()):
        shown = code(f"{old.class_name}.{name}")
        if name not in after:
            yield f"{shown} is gone"
        elif name not in before:
            yield f"{shown} is new{' and required' if after[name].is_required else ''}"
        elif (was := _member(before[name])) != (is_ := _member(after[name])):
            yield f"{shown} was {was}, is {is_}"


def _member(member: Member) -> str:
    return f"{type_(member.schema)}{'' if member.is_required else ' (optional)'}"


def _reached(schema: Schema, classes: Classes) -> dict[str, None]:
    found: dict[str, None] = {}
    waiting = [schema]
    while waiting:
        for part in parts_of(waiting.pop()):
            name = class_name_of(part)
            if name is not None and name in classes and name not in found:
                found[name] = None
                waiting += [member.schema for member in classes[name].members]
    return found


def _spelled(schema: Schema) -> str:
    if not schema:
        return "Any"
    if "anyOf" in schema:
        return " | ".join(_spelled(option) for option in options_of(schema))
    choices = schema.get("enum")
    if isinstance(choices, list):
        shown = [_value(choice) for choice in choices[:_MOST]]
        return f"Literal[{', '.join([*shown, *(['…'] if len(choices) > _MOST else [])])}]"
    if (name := class_name_of(schema)) is not None:
        return name
    places = schema.get("prefixItems")
    if isinstance(places, list):
        return f"tuple[{', '.join(_spelled(schema_of(place)) for place in places)}]"
    match schema.get("type"):
        case "array":
            return f"list[{_spelled(schema_of(schema.get('items')))}]"
        case "object":
            return f"dict[str, {_spelled(schema_of(schema.get('additionalProperties')))}]"
        case kind:
            return _KINDS.get(str(kind), "Any")


def _value(value: Json) -> str:
    text = plain(repr(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
