"""The first step: reading the documents of a Space from bytes, a folder or a server."""

from __future__ import annotations

from .spec import Document, RawSpec, WireGeneration, load, load_document

__all__ = ["Document", "RawSpec", "WireGeneration", "load", "load_document"]
