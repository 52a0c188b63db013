"""Every heading of the page on troubleshooting is a message that the code has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.docs.page import ROOT, page_path

TEXT = page_path("troubleshooting").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^### (.+)$", TEXT, re.MULTILINE)


@pytest.fixture(scope="module")
def known() -> list[str]:
    return list(texts())


def texts() -> Iterator[str]:
    """Yield every text of the code, with a gap for each value that is put into it."""
    for folder in ("runtime", "codegen"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    yield "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "…"
                        for part in node.values
                    )
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_a_message_of_the_code(heading: str, known: list[str]) -> None:
    pieces = [piece for piece in re.split(r"\s*…[.:,]?\s*", heading) if len(piece) > 3]
    # A message may be put together from several texts: each piece must be in one of them.
    missing = [
        piece
        for piece in pieces
        if not any(piece in text or piece.strip() in text for text in known)
    ]
    assert missing == []


def test_no_message_stands_twice() -> None:
    assert sorted(HEADINGS) == sorted(set(HEADINGS))
