"""The blocks of a page in Markdown, in order, each with the line where it stands."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_COMMENT = re.compile(r"<!-- (run|file|notest): (.+?) -->")
_FENCE = re.compile(r" *(```+)(.*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block, or what a comment asks for between two blocks.

    Attributes:
        path: Of the page.
        line: Where its first line stands, counted from 1.
        language: The first word behind the fence; `run` for a comment that asks for a step.
        code: Its text; the step's name.
        file: The file that a comment above names for it.
        reason: Why a comment above says that it does not run.
    """

    path: Path
    line: int
    language: str
    code: str
    file: str = ""
    reason: str = ""

    @property
    def place(self) -> str:
        """Page and line, as editors and terminals know to open them."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def page_path(name: str) -> Path:
    """The file of a page: README stands at the top of the repository, the others below docs/."""
    top = ROOT / f"{name}.md"
    return top if top.is_file() else DOCS / f"{name}.md"


def page_names() -> list[str]:
    """Every page whose blocks are run or checked."""
    top = [path.stem for path in ROOT.glob("*.md")]
    return sorted(top) + doc_names()


def doc_names() -> list[str]:
    """The pages of the site, such as `spaces` and `commands/add`."""
    return sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))


def blocks_of(name: str) -> list[Block]:
    """Return the blocks of a page and the steps between them, from top to bottom."""
    path = page_path(name)
    return blocks_in(path, path.read_text(encoding="utf-8"))


def blocks_in(path: Path, text: str) -> list[Block]:
    """Do the same with a text that is not on the disk."""
    return list(_blocks(path, text.splitlines()))


def _blocks(path: Path, lines: list[str]) -> Iterator[Block]:
    above = {"file": "", "notest": ""}
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if comment := _COMMENT.fullmatch(line.strip()):
            kind, text = comment.groups()
            if kind == "run":
                yield Block(path=path, line=number, language="run", code=text)
            else:
                above[kind] = text
        elif fence := _FENCE.fullmatch(line):
            ticks, info = fence.groups()
            end = number
            while lines[end].strip() != ticks:
                end += 1
            yield Block(
                path=path,
                line=number + 1,
                language=info.split()[0] if info.strip() else "",
                code=textwrap.dedent("\n".join(lines[number:end])) + "\n",
                file=above["file"],
                reason=above["notest"],
            )
            number = end + 1
            above = {"file": "", "notest": ""}
