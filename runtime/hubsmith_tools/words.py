"""Prepares text from a Space for a model: quoted, shortened, without control characters."""

from __future__ import annotations

import json
import re
from contextlib import suppress

LONGEST = 300
"""The most characters of a quoted text, such as a description or label."""

# Variation selectors are invisible, but can carry text that a model reads.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def quoted(text: object, most: int = LONGEST) -> str:
    """Return text as one quoted line, without invisible characters.

    The text cannot end the quotation, as `repr` escapes it. Line breaks become spaces.
    """
    line = " ".join(_SELECTORS.sub("", str(text)).split())
    line = "".join(one for one in line if one.isprintable())
    return repr(line if len(line) <= most else line[: most - 1].rstrip() + "…")


def said(beginning: str, text: object, most: int = LONGEST) -> str:
    """Return a sentence that quotes a text from the Space."""
    words = quoted(text, most)
    return f"{beginning} {words}{'' if words[-2] in '.!?…' else '.'}"


def printable(text: str) -> str:
    """Replace all unprintable characters of a message, except line breaks, by spaces."""
    lines = text.splitlines()
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines)


def without_surrogates(text: str) -> str:
    """Replace lone surrogates in JSON, which models and hosts write that cut a text, by `?`."""
    if "\\ud" in text.lower():
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False)
    return text.encode(errors="replace").decode()
