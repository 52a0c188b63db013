"""Names, types and values as the text of a change shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...ir.json_type import Json
from ...ir.model import Default
from ...ir.spelling import spelled
from ...ir.text import plain
from ...ir.types import Type

_LISTED = 8
_LONGEST_TYPE = 160
_LONGEST_VALUE = 60


def code(text: str) -> str:
    """A name or an expression between backticks."""
    return f"`{plain(text).replace('`', chr(39))}`"


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


def type_text(type_: Type) -> str:
    """A type, such as `list[str] | None`."""
    return code(_cut(spelled(type_), _LONGEST_TYPE))


def values(found: Iterable[Json]) -> str:
    """A few values, such as `'a'` and `'b'`."""
    return names(map(_value, found))


def default_text(default: Default) -> str:
    """The value that is sent when an argument is left out."""
    return code(_value(default.value if default.wire is None else default.wire))


def bounds_text(bounds: Mapping[str, float]) -> str:
    """Bounds, such as `>= 0, <= 10`."""
    if not bounds:
        return "none"
    return code(", ".join(f"{sign} {limit:g}" for sign, limit in bounds.items()))


def was_and_is(what: str, was: str | None, is_: str | None, *, without: str = "empty") -> str:
    """How a text changed; `without` stands for one that is not there."""
    return f"{what} was {code(was or without)}, is {code(is_ or without)}"


def _value(value: Json) -> str:
    return _cut(plain(repr(value)), _LONGEST_VALUE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
