"""The second step: what the documents mean, as the intermediate representation."""

from __future__ import annotations

from .spaces import normalise

__all__ = ["normalise"]
