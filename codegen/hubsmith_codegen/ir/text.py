"""Text of a spec, and how it may reach generated Python.

Three functions turn text of a spec into source code: `literal` here, `docstring` here, and the
identifier functions of `names`. Each returns a subclass of `Source`, and the template engine
prints nothing else.
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
    """Any JSON value as one line of clean text; what is no string becomes empty.

    Control and format characters go (bidirectional overrides would let source read differently
    from what it does), white space is folded, and a very long text is cut.
    """
    return _cleaned(str(text)) if isinstance(text, str) else NO_TEXT


# The same long descriptions come with every use of a component.
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
    """The paragraphs of a longer text, each one line of clean text."""
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
        # repr of a subclass or of a lone surrogate is still a plain literal.
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
        # A closing quote right behind a quote would end the string too early.
        tail = " " if wrapped[0].endswith('"') else ""
        return Source(f'"""{wrapped[0]}{tail}"""')
    pad = " " * indent
    body = "\n".join((pad + line).rstrip() for line in wrapped[1:])
    return Source(f'"""{wrapped[0]}\n{body}\n{pad}"""')


def markdown(text: str) -> Source:
    """Clean text as a Markdown paragraph, with no live markup: no list, rule or heading either."""
    escaped = re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", plain(text))
    return Source(re.sub(r"^(?:(?=[-+=])|(\d+)(?=[.)](?:\s|$)))", r"\1\\", escaped))


def markdown_code(text: str) -> Source:
    """Clean text, which is not blank, as a Markdown code span."""
    return Source(f"`{plain(text).replace('`', chr(39))}`")
