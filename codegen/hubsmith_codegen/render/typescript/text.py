"""Text from a spec, and the ways in which it can reach generated TypeScript.

As in Python (`ir/text.py`), three kinds of functions turn text from a spec into source code:
`literal` and `doc` here, and the identifier functions in `names`. They return a `Source`.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Iterable, Sequence

from ...ir.json_type import Json
from ...ir.text import Source, plain

WIDTH = 120
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def literal(value: Json) -> Source:
    """A JSON value as a literal on one line; a `ValueError` for NaN and the infinities."""
    if isinstance(value, str):
        return Source(_string(value))
    if isinstance(value, list):
        return Source(f"[{', '.join(literal(one) for one in value)}]")
    if isinstance(value, dict):
        # Sorted, so that the bytes do not depend on the order of the spec's keys.
        inside = ", ".join(f"{key(name)}: {literal(value[name])}" for name in sorted(value))
        return Source(f"{{ {inside} }}" if inside else "{}")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} has no literal")
        if value.is_integer() and abs(value) < 1e21:
            value = int(value)
    return Source(json.dumps(value))


def _string(text: str) -> str:
    # Everything but printable ASCII and letters of other scripts is escaped: JavaScript's line
    # endings, bidirectional overrides, lone surrogates; so is the end of an HTML script.
    quoted = json.dumps(str(text), ensure_ascii=False).replace("</", "<\\/")
    return "".join(
        one if (one.isascii() and one.isprintable()) or one.isalnum() else _escaped(one)
        for one in quoted
    )


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def key(name: str) -> Source:
    """The name of a member of an object."""
    if name == "__proto__":
        return Source('["__proto__"]')  # In any other form, it would set the prototype.
    return Source(name if _NAME.fullmatch(name) else _string(name))


def doc(lines: Iterable[str], *, indent: int) -> Source:
    """A whole JSDoc comment at the column `indent`; empty if all lines are."""
    wrapped: list[str] = []
    for line in lines:
        wrapped += textwrap.wrap(
            _harmless(line), WIDTH - indent - 3, break_long_words=False, break_on_hyphens=False
        ) or [""]
    while wrapped and not wrapped[-1]:
        wrapped.pop()
    if not wrapped:
        return Source("")
    pad = " " * indent
    if len(wrapped) == 1:
        return Source(f"{pad}/** {wrapped[0]} */\n")
    body = "".join(f"{pad} * {line}".rstrip() + "\n" for line in wrapped)
    return Source(f"{pad}/**\n{body}{pad} */\n")


def _harmless(line: str) -> str:
    # `@` would begin a tag, a compiler directive or a hint to a bundler; only a `Tag` may do so.
    text = "" if isinstance(line, Tag) else line
    clean = plain(text).replace("*/", "*\\/").replace("@", "&#64;")
    return f"@{line.tag} {_harmless(line.words)}".rstrip() if isinstance(line, Tag) else clean


class Tag(str):
    """A line of a comment with a tag, such as `returns`; its words are cleaned."""

    tag: str
    words: str

    def __new__(cls, tag: str, words: str) -> Tag:
        made = super().__new__(cls, f"{tag} {words}")
        made.tag, made.words = tag, words
        return made


def laid_out(
    start: str, parts: Sequence[str], end: str, *, indent: int, pad: str = "", lead: int = 0
) -> Source:
    """Parts in brackets: on one line if they fit after `lead` columns, else on a line each."""
    line = f"{start}{pad}{', '.join(parts)}{pad}{end}" if parts else f"{start}{end}"
    if len(line) + indent + lead <= WIDTH or not parts:
        return Source(line)
    margin = " " * (indent + 2)
    body = "".join(f"{margin}{part},\n" for part in parts)
    return Source(f"{start}\n{body}{' ' * indent}{end}")
