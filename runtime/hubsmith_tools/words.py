"""A Space's words on their way to a model: quoted, shortened, and without control characters."""

from __future__ import annotations

import re

LONGEST = 300
"""Letters of one text of a Space, be it a description or a label."""

# They show nothing, yet carry text that a model may read.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def quoted(text: object, most: int = LONGEST) -> str:
    """Return text as one quoted line; what cannot be seen is gone or spelled out as an escape.

    No text ends the quotation: a quote within it is escaped, and so is every line break.
    """
    line = " ".join(_SELECTORS.sub("", str(text)).split())
    line = "".join(one for one in line if one.isprintable())
    return repr(line if len(line) <= most else line[: most - 1].rstrip() + "…")


def said(beginning: str, text: object, most: int = LONGEST) -> str:
    """Return a sentence that quotes a Space's text."""
    words = quoted(text, most)
    return f"{beginning} {words}{'' if words[-2] in '.!?…' else '.'}"


def printable(text: str) -> str:
    """Return a message with its lines, each without what steers a terminal or cannot be seen."""
    lines = text.splitlines()
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines)
