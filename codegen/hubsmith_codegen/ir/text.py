"""Text from a spec, and the ways in which it can reach generated Python.

Three kinds of functions turn text from a spec into source code: `literal` and `docstring` here, and
the identifier functions in `names`. They return a `Source` or a subclass of it, and the template
engine prints nothing else.
"""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from .json_type import Json

_LONGEST = 400


class SpecText(str):
    """Text from a spec: untrusted, never printed as it is."""

    __slots__ = ()


NO_TEXT = SpecText("")


class Source(str):
    """A piece of generated source that is safe to print."""

    __slots__ = ()


def plain(text: object) -> SpecText:
    """Any JSON value as one line of clean text, empty if it is not a string.

    Control and format characters are removed (bidirectional overrides would make source code look
    different from what it does), white space is collapsed, and a very long text is cut.
    """
    return _cleaned(str(text)) if isinstance(text, str) else NO_TEXT


# Cached, because every use of a component repeats the same long description.
@lru_cache(maxsize=4096)
def _cleaned(text: str) -> SpecText:
    visible = text
    if not (text.isascii() and text.isprintable()):
        visible = "".join(_visible(character) for character in text)
    line = " ".join(visible.split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1].rstrip() + "…"
    return SpecText(line)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else character


def paragraphs(text: object) -> tuple[SpecText, ...]:
    """The paragraphs of a longer text, each as one line of clean text."""
    if not isinstance(text, str):
        return ()
    found = (plain(part) for part in re.split(r"\n\s*\n", text))
    return tuple(part for part in found if part)


def sentence(text: str) -> SpecText:
    """The text with a capital first letter and a full stop."""
    line = plain(text)
    if not line:
        return line
    return SpecText(line[0].upper() + line[1:] + ("" if line[-1] in ".!?:…" else "."))


def literal(value: Json) -> Source:
    """A JSON value as a Python literal; a `ValueError` for NaN and the infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} has no literal")
    if isinstance(value, dict):
        # Sorted, so that the bytes do not depend on the order of the spec's keys.
        inside = ", ".join(f"{literal(key)}: {literal(value[key])}" for key in sorted(value))
        return Source("{" + inside + "}")
    if isinstance(value, list):
        return Source("[" + ", ".join(literal(member) for member in value) + "]")
    if isinstance(value, str):
        # A lone surrogate is escaped, since no source file can contain it.
        has_surrogate = any("\ud800" <= character <= "\udfff" for character in value)
        return Source(ascii(str(value)) if has_surrogate else repr(str(value)))
    return Source(repr(value))


def docstring(lines: Iterable[str], *, indent: int) -> Source:
    """A whole docstring with its quotes, at the column `indent`.

    The lines are clean and may have leading spaces; long ones are wrapped with a hanging indent.
    """
    width = 96 - indent
    wrapped: list[str] = []
    for line in lines:
        margin = " " * (len(line) - len(line.lstrip()))
        deeper = margin + ("    " if margin else "")
        wrapped += textwrap.wrap(
            line.strip().replace("\\", "\\\\").replace('"""', r"\"\"\""),
            width,
            initial_indent=margin,
            subsequent_indent=deeper,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    if len(wrapped) == 1:
        # A quote right before the closing quotes would end the string too early.
        tail = " " if wrapped[0].endswith('"') else ""
        return Source(f'"""{wrapped[0]}{tail}"""')
    pad = " " * indent
    body = "\n".join((pad + line).rstrip() for line in wrapped[1:])
    return Source(f'"""{wrapped[0]}\n{body}\n{pad}"""')


def markdown(text: str) -> Source:
    """Clean text as a Markdown paragraph with all markup escaped, lists and headings included."""
    escaped = re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", plain(text))
    return Source(re.sub(r"^(?:(?=[-+=])|(\d+)(?=[.)](?:\s|$)))", r"\1\\", escaped))


def markdown_code(text: str) -> Source:
    """Clean text that is not blank, as a Markdown code span."""
    return Source(f"`{plain(text).replace('`', chr(39))}`")
