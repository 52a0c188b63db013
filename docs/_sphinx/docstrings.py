"""What docstrings and signatures need before autodoc and napoleon can show them as they are meant."""

from __future__ import annotations

import re
from typing import Any

from hubsmith_runtime.spaces.connector import WAKE_SECONDS
from sphinx.application import Sphinx

_NAMES = {r"\bWAKE_SECONDS\b": f"{WAKE_SECONDS:g}"}
# Both clients without generated code share their methods, with variables for what they return.
_RETURNS = {"R": "Any", "J": "Job"}


def keep_first_line(
    app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """Keep napoleon from taking what precedes a colon in a property's first line for a type."""
    if what in ("property", "attribute"):
        lines.insert(0, "")


def show_values(
    app: Sphinx,
    what: str,
    name: str,
    value: Any,
    options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Show the value of a default that is a constant, and the type of a result that is a variable."""
    for pattern, text in _NAMES.items():
        signature = signature and re.sub(pattern, text, signature)
    if name.startswith("hubsmith.Client."):
        returns = _RETURNS.get(returns or "", returns)
    return signature, returns


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect both, the first before napoleon."""
    app.connect("autodoc-process-docstring", keep_first_line, priority=400)
    app.connect("autodoc-process-signature", show_values)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
