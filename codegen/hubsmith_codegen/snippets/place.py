"""What all the snippets of a Space have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ir.model import Json, Service
from ..normalise.spaces.found import objects

if TYPE_CHECKING:
    from ..load import RawSpec

DEFAULT_URL = "http://127.0.0.1:7860"
"""Where Gradio serves an app that runs on this machine."""

_PREFIX = re.compile(r"(?:/[\w.~-]+)*", re.ASCII)
_VERSION = re.compile(r"(\d+)\.(\d+)")
_FIRST_NAMED = (6, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A Space, and where a program meets it.

    Attributes:
        service: Its API.
        source: Its owner/name or URL.
        module: Where its client is imported from.
        note: What has to be done before that import works; empty where nothing has.
        prefix: What comes before the paths of its API.
        takes_names: Whether plain HTTP calls pass arguments by name, as from Gradio 6.13 on.
        slots: By endpoint, whether each place of a call takes an argument; the others take
            session state. An endpoint without entry has no such places.
    """

    service: Service
    source: str
    module: str
    note: str
    prefix: str
    takes_names: bool
    slots: Mapping[str, tuple[bool, ...]]


def place_of(service: Service, raw: RawSpec, *, module: str, note: str = "") -> Place:
    """Read what the snippets need to know of a Space's documents."""
    config: Mapping[str, Json] = raw.config or {}
    prefix = config.get("api_prefix", "/gradio_api" if raw.config is None else "")
    is_path = isinstance(prefix, str) and _PREFIX.fullmatch(prefix.rstrip("/"))
    version = _VERSION.match(raw.gradio_version)
    is_late = version is not None and (int(version[1]), int(version[2])) >= _FIRST_NAMED
    return Place(
        service=service,
        source=service.source or DEFAULT_URL,
        module=module,
        note=note,
        prefix=prefix.rstrip("/") if is_path and isinstance(prefix, str) else "/gradio_api",
        takes_names=raw.generation == "call-v2" or is_late,
        slots=_slots(config),
    )


def _slots(config: Mapping[str, Json]) -> dict[str, tuple[bool, ...]]:
    components = objects(config.get("components"))
    hidden = {str(one.get("id")) for one in components if one.get("skip_api") is True}
    found: dict[str, tuple[bool, ...]] = {}
    for function in objects(config.get("dependencies")):
        name, inputs = function.get("api_name"), function.get("inputs")
        if isinstance(name, str) and isinstance(inputs, list):
            found[f"/{name}"] = tuple(str(one) not in hidden for one in inputs)
    return found


def json_text(value: object, *, indent: int | None = None) -> str:
    """A value as JSON in which everything invisible is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    # Line ends within strings are escapes already: these are the layout's own.
    if character.isprintable() or character == "\n":
        return character
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
