"""Where a program finds a Space and its client, and how snippets write JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..ir.model import Service
from .examples import Examples

DEFAULT_URL = "http://127.0.0.1:7860"
"""Where Gradio serves an app that runs on this machine."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A Space, and where a program finds its client."""

    service: Service
    module: str  # The module to import the client from.
    note: str = ""  # What to do before that import works; may be empty.

    @property
    def source(self) -> str:
        """Its owner/name or URL."""
        return self.service.source or DEFAULT_URL

    @cached_property
    def examples(self) -> Examples:
        """Example arguments for its endpoints."""
        return Examples(self.service.definitions)


def json_text(
    value: object, *, indent: int | None = None, default: Callable[[Any], object] | None = None
) -> str:
    """A value as JSON with escapes for all non-printable characters; see `json.dumps`."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    if text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    # Line feeds inside strings are already escaped; these come from the indentation.
    if character.isprintable() or character == "\n":
        return character
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
