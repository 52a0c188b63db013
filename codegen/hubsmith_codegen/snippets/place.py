"""Where a program finds a Space, and JSON as the snippets write it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..ir.model import Service
from .examples import Examples

DEFAULT_URL = "http://127.0.0.1:7860"
"""Where Gradio serves an app that runs on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A Space, and where a program finds its client.

    Attributes:
        service: Its API.
        examples: What to pass to its endpoints.
        source: Its owner/name or URL.
        module: Where its client is imported from.
        note: What has to be done before that import works; empty where nothing has.
    """

    service: Service
    examples: Examples
    source: str
    module: str
    note: str


def place_of(service: Service, *, module: str, note: str = "") -> Place:
    """The place of a Space whose client is imported from a module."""
    return Place(
        service=service,
        examples=Examples(service.definitions),
        source=service.source or DEFAULT_URL,
        module=module,
        note=note,
    )


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
