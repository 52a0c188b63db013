"""Templates as Python expressions: each place becomes a look-up, all other text a literal.

Text from a table enters an expression only through `literal`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from ..text import Source, literal
from .template import Place, parts, places, starred


class Need(enum.Enum):
    """What happens if a place has no value."""

    # As RAISES, except that a call without inputs or model was already refused.
    CHECKED = enum.auto()
    RAISES = enum.auto()  # The look-up raises an error.
    OPTIONAL = enum.auto()  # The value is `None`, and is left out.


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a place in a request can use, as an expression."""

    value: str  # The expression; if it `may_be_missing`, its value may be `None`.
    may_be_missing: bool = True  # Whether some calls have no such value.
    # The expression for calls that are refused without a value; empty if there are none.
    checked: str = ""


REQUEST: Mapping[str, Name] = {
    "adapter": Name("target.adapter"),
    "inputs": Name("payload.inputs", checked="payload.inputs"),
    "is_stream": Name("payload.is_stream", may_be_missing=False),
    "messages": Name("payload.inputs", checked="payload.inputs"),
    "model": Name("target.model or None", checked="target.model"),
    "parameters": Name("parameters", may_be_missing=False),
    "stream": Name("payload.is_stream or None"),
    "version": Name('target.model.partition(":")[2] or None'),
}
"""The names for the body of a request."""

SCHEMA: Mapping[str, Name] = {
    **REQUEST,
    "json_schema": Name("wanted", may_be_missing=False),
    "schema": Name('wanted["schema"]', may_be_missing=False),
}
"""The names for a request whose answer must match a JSON schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where the places of a template are looked up."""

    # The known names; `None` to look them up in `answer`.
    names: Mapping[str, Name] | None = None
    answer: str = "answer"  # The variable with an answer, or with an item of one.


def expression(template: Any, scope: Scope, need: Need = Need.CHECKED) -> Source:
    """Return the expression for the value of a template."""
    if isinstance(template, str):
        return _text(template, scope, need)
    if isinstance(template, Mapping):
        return _object(cast("Mapping[str, Any]", template), scope, need)
    if isinstance(template, list):
        return _list(cast("list[Any]", template), scope, need)
    return literal(template)


def joined(text: str, scope: Scope, wrap: str = "str({})") -> Source:
    """The expression for a text with places; `wrap` converts the value of a place, its `{}`."""
    pieces = [
        literal(part) if isinstance(part, str) else wrap.format(_place(part, scope, Need.RAISES))
        for part in parts(text)
    ]
    return Source(" + ".join(pieces) or '""')


def _text(text: str, scope: Scope, need: Need) -> Source:
    match parts(text):
        case [Place() as place]:
            return Source(_place(place, scope, need))
        case [*found] if any(isinstance(part, Place) for part in found):
            return joined(text, scope)
        case _:
            return literal(text)


def _object(template: Mapping[str, Any], scope: Scope, need: Need) -> Source:
    members: list[str] = []
    for key, value in template.items():
        if key == "*":
            members.append(f"**{_spread(str(value), scope)}")
        elif key.endswith("?"):
            members.append(f"{literal(key[:-1])}: {_optional(value, scope)}")
        else:
            members.append(f"{literal(key)}: {expression(value, scope, need)}")
    made = f"{{{', '.join(members)}}}"
    # In a request, members that are None are not sent anyway.
    has_optional = scope.names is None and any(key.endswith("?") for key in template)
    return Source(f"without_none({made})" if has_optional else made)


def _spread(name: str, scope: Scope) -> str:
    if scope.names is not None:
        return scope.names[name].value
    return f"as_object(find({scope.answer}, {literal(name)}))"


def _optional(template: Any, scope: Scope) -> Source:
    if isinstance(template, str) and len(parts(template)) < 2:
        return expression(template, scope, Need.OPTIONAL)
    if not any(places(template)):
        return expression(template, scope)
    return Source(f"if_complete(lambda: {expression(template, scope, Need.RAISES)})")


def _list(template: list[Any], scope: Scope, need: Need) -> Source:
    path = starred(template)
    if path is None:
        return Source(f"[{', '.join(expression(item, scope, need) for item in template)}]")
    made = expression(template[1], replace(scope, names=None, answer="item"), need)
    # The star at the end requires a list; a path with another star already gives one.
    whole = path if "*" in path.split(".") else f"{path}.*"
    each = _found([whole], scope, Need.RAISES)
    return Source(f"[{made} for item in as_list({each})]")


def _place(place: Place, scope: Scope, need: Need) -> str:
    found = _found(place.paths, scope, need)
    if place.form == "url":
        return f"url_of({found}, {literal(place.kind or 'application/octet-stream')})"
    return f"{place.form}_of({found})" if place.form else found


def _found(paths: Sequence[str], scope: Scope, need: Need) -> str:
    look = "find" if need is Need.OPTIONAL else "need"
    if scope.names is None:
        return f"{look}({scope.answer}, {_literals(paths)})"
    split = [path.partition(".") for path in paths]
    names = list(dict.fromkeys(name for name, _, _ in split))
    first, rests = scope.names[names[0]], [rest for _, _, rest in split]
    if list(paths) == names[:1]:
        if need is Need.CHECKED and first.checked:
            return first.checked
        if need is Need.OPTIONAL or not first.may_be_missing:
            return first.value
    if len(names) == 1 and all(rests):
        return f"{look}({first.value}, {_literals(rests)})"
    values = ", ".join(f"{literal(name)}: {scope.names[name].value}" for name in names)
    return f"{look}({{{values}}}, {_literals(paths)})"


def _literals(paths: Sequence[str]) -> str:
    return ", ".join(map(literal, paths))
