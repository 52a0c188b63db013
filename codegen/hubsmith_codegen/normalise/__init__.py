"""The second step: from documents to the intermediate representation."""

from __future__ import annotations

from .spaces import normalise

__all__ = ["normalise"]
