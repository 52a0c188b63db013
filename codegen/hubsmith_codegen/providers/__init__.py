"""Provider tables: `specs/providers/*.toml` in, `generated/hubsmith/_providers/` out."""

from __future__ import annotations

from .load import Table, load_providers
from .render import render_providers

__all__ = ["Table", "load_providers", "render_providers"]
