"""What changed between two APIs, and what that does to code that calls them."""

from __future__ import annotations

from .change import ApiDiff, Change, Kind, Rule
from .report import to_document, to_markdown, to_text
from .service import diff_services

__all__ = [
    "ApiDiff",
    "Change",
    "Kind",
    "Rule",
    "diff_services",
    "to_document",
    "to_markdown",
    "to_text",
]
