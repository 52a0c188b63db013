"""Templates: JSON values with places in their strings, which provider tables consist of.

    "{inputs}"                   the value of that name, whatever its type
    "{data.0.url|data.0.b64}"    a path through objects and lists; the first that leads to a value
    "{data.*.embedding}"         a list: one value of each member
    "{inputs:base64}"            a file in another form: base64, or url=TYPE, which is the URL that it
                                 was given as, or else a data URL of that type; for fetched media,
                                 base64 or text
    "/v1/{model}"                text around places
    {"*": "parameters"}          the members of an object are inserted here
    {"seed?": "{seed}"}          a member that is left out if a place in it has no value
    ["*segments", {...}]         the second item, made once for each member of a list

`null` counts as having no value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

_PLACE = re.compile(r"\{([\w.*|-]+)(?::(base64|text|url)(?:=([\w.+/-]+))?)?\}")
_PATH = re.compile(r"([\w-]+|\*)(\.([\w-]+|\*))*")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text."""

    paths: tuple[str, ...]  # Where its value is: the first path that leads to one is used.
    form: str = ""  # How to convert a file: `base64`, `text`, `url`; empty for not at all.
    kind: str = ""  # The media type for a `url` if the file's own is unknown; may be empty.

    @property
    def roots(self) -> list[str]:
        """The first part of each path."""
        return [path.partition(".")[0] for path in self.paths]

    def __str__(self) -> str:
        form = f":{self.form}" + (f"={self.kind}" if self.kind else "") if self.form else ""
        return f"{{{'|'.join(self.paths)}{form}}}"


def parts(text: str) -> list[str | Place]:
    """Split a text into places and the text between them; other braces raise a `ValueError`."""
    found: list[str | Place] = []
    end = 0
    for match in _PLACE.finditer(text):
        paths = tuple(match[1].split("|"))
        found += [text[end : match.start()], Place(paths, match[2] or "", match[3] or "")]
        end = match.end()
        if not all(map(is_path, paths)):
            raise ValueError(f"the places in {text!r} are not valid")
    found.append(text[end:])
    if any(brace in part for part in found if isinstance(part, str) for brace in "{}"):
        raise ValueError(f"the places in {text!r} are not valid")
    return [part for part in found if part != ""]


def is_path(text: str) -> bool:
    """Whether a text is a path through objects and lists."""
    return _PATH.fullmatch(text) is not None


def starred(items: list[Any]) -> str | None:
    """The path of the list that a template repeats an item for, or `None` for a plain list."""
    is_starred = items and isinstance(items[0], str) and items[0].startswith("*")
    return items[0][1:] if is_starred else None


def places(template: Any, *, is_needed: bool = False) -> Iterator[Place]:
    """Yield every place in a template; with `is_needed`, only those that must have a value."""
    if isinstance(template, str):
        yield from (part for part in parts(template) if isinstance(part, Place))
    elif isinstance(template, Mapping):
        for key, value in cast("Mapping[str, Any]", template).items():
            if key != "*" and not (is_needed and key.endswith("?")):
                yield from places(value, is_needed=is_needed)
    elif isinstance(template, list):
        items = cast("list[Any]", template)
        if (path := starred(items)) is not None:
            yield Place((path,))
            items = [] if is_needed else items[1:]  # Places in it are looked up in each member.
        for item in items:
            yield from places(item, is_needed=is_needed)


def spreads(template: Any) -> Iterator[str]:
    """Yield the value of every `*` key in a template."""
    if isinstance(template, Mapping):
        for key, value in cast("Mapping[str, Any]", template).items():
            yield from [str(value)] if key == "*" else spreads(value)
    elif isinstance(template, list):
        for item in cast("list[Any]", template):
            yield from spreads(item)


def check_template(template: Any, known: Collection[str] | None) -> None:
    """Raise a `ValueError` for a template that is invalid or uses an unknown name.

    `known` are the names of a request; `None` is for an answer, whose names are not known.
    """
    if isinstance(template, str):
        check_places(template, known)
    elif isinstance(template, Mapping):
        for key, value in cast("Mapping[str, Any]", template).items():
            if key == "*":
                _check_spread(str(value), known)
            else:
                check_template(value, known)
    elif isinstance(template, list):
        items = cast("list[Any]", template)
        path = starred(items)
        if path is None:
            for item in items:
                check_template(item, known)
            return
        if len(items) != 2:
            raise ValueError("a list that begins with a '*' has one item after it")
        check_places(f"{{{path}}}", known)
        check_template(items[1], None)


def check_places(text: str, known: Collection[str] | None) -> None:
    """Raise a `ValueError` for a text with places that are invalid or use an unknown name."""
    # A request has files, an answer has fetched bytes.
    form = "url" if known is None else "text"
    for place in places(text):
        if place.form == form:
            raise ValueError(f"{place} has no {form}: it is not such a file")
        if known is not None and (unknown := sorted(set(place.roots) - set(known))):
            raise ValueError(
                f"{unknown[0]!r} has no value here: known are {', '.join(sorted(known))}"
            )


def _check_spread(name: str, known: Collection[str] | None) -> None:
    objects = [one for one in ("json_schema", "parameters") if one in (known or ())]
    if known is None and not is_path(name):
        raise ValueError(f"'*' must be a path such as 'data.0.url': {name!r}")
    if known is not None and name not in objects:
        raise ValueError(f"'*' is one of {', '.join(objects)}: {name!r}")
