"""Snippets: programs that call an endpoint, and run as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..ir.model import Operation
from .curl import curl
from .place import Place
from .python import typed, untyped
from .typescript import typescript

LANGUAGES: Mapping[str, tuple[str, Callable[[Operation, Place], str]]] = {
    "python": ("Python, typed client", typed),
    "python-untyped": ("Python, no generated code", untyped),
    "typescript": ("TypeScript", typescript),
    "curl": ("curl", curl),
}
"""Every language with its heading and what writes it."""
