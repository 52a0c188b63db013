"""Templates: JSON values with places in their text, which the provider tables are made of.

    "{inputs}"                   the value that stands there in the scope, whatever its type
    "{data.0.url|data.0.b64}"    a path through objects and lists; the first that leads to a value
    "{data.*.embedding}"         a list: one value of each member
    "{inputs:base64}"            a file or bytes in another form: base64, text, or url=TYPE, which is
                                 the URL that it was given as, or else a data URL of that type
    "/v1/{model}"                text around places
    {"*": "parameters"}          the members of an object of the scope stand here
    {"seed?": "{seed}"}          this member is left out where a place in it has no value
    ["*segments", {...}]         the second, filled from each member of a list

A value of `null` is no value.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ._content import Content

PLACE = re.compile(r"\{([\w.*|-]+)(?::(base64|text|url)(?:=([\w.+/-]+))?)?\}")


class MissingValueError(Exception):
    """A place has no value; the text is its path."""


def fill(template: Any, scope: Mapping[str, Any]) -> Any:
    """Return a template's value.

    Raises:
        MissingValueError: where a place has no value that must have one.
    """
    if isinstance(template, str):
        whole = PLACE.fullmatch(template)
        return _value(whole, scope) if whole else fill_text(template, scope)
    if isinstance(template, (dict, Mapping)):
        return _members(cast("Mapping[str, Any]", template), scope)
    if isinstance(template, Sequence):
        items = cast("Sequence[Any]", template)
        if items and isinstance(items[0], str) and items[0].startswith("*"):
            each = find(scope, items[0][1:])
            if not isinstance(each, list):
                raise MissingValueError(items[0][1:])
            return [fill(items[1], item) for item in cast("list[Any]", each)]
        return [fill(item, scope) for item in items]
    return template


def fill_text(template: str, scope: Mapping[str, Any], quoted: Any = str) -> str:
    """Return a text in which every place is replaced by its value, changed by `quoted`."""
    return PLACE.sub(lambda place: quoted(str(_value(place, scope))), template)


def find(value: Any, path: str) -> Any:
    """Return what stands at a path, or at the first of several between bars; `None` for nothing."""
    for alternative in path.split("|"):
        found = _walk(value, alternative.split(".") if alternative else [])
        if found is not None:
            return found
    return None


def _walk(value: Any, steps: Sequence[str]) -> Any:
    for place, step in enumerate(steps):
        if isinstance(value, (dict, Mapping)):
            value = cast("Mapping[str, Any]", value).get(step)
        elif not isinstance(value, list):
            return None
        elif step == "*":
            found = [_walk(item, steps[place + 1 :]) for item in cast("list[Any]", value)]
            return None if any(item is None for item in found) else found
        else:
            items = cast("list[Any]", value)
            value = items[int(step)] if step.isdecimal() and int(step) < len(items) else None
    return value


def _value(place: re.Match[str], scope: Mapping[str, Any]) -> Any:
    path, form, kind = place.groups()
    value = find(scope, path)
    if value is None:
        raise MissingValueError(path)
    if isinstance(value, Content) and form:
        return value.as_url(kind) if form == "url" else value.base64()
    if isinstance(value, bytes) and form:
        return base64.b64encode(value).decode() if form == "base64" else value.decode()
    return value


def _members(template: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in template.items():
        if key == "*":
            members.update(find(scope, value) or {})
            continue
        try:
            members[key.removesuffix("?")] = fill(value, scope)
        except MissingValueError:
            if not key.endswith("?"):
                raise
    return members
