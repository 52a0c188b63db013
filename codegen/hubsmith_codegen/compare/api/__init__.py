"""What changed between two versions of an API, and how that affects code that calls it."""

from __future__ import annotations

from ...ir.types import Direction
from .change import ApiDiff, Change, Kind, Rule
from .comparison import PYTHON, Language
from .report import to_document, to_markdown, to_text
from .service import diff_services

__all__ = [
    "PYTHON",
    "ApiDiff",
    "Change",
    "Direction",
    "Kind",
    "Language",
    "Rule",
    "diff_services",
    "to_document",
    "to_markdown",
    "to_text",
]
