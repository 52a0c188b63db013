"""The Python code of a guide that lies outside the project, block by block."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

GUIDES = Path(__file__).resolve().parents[3] / "shared" / "guides"


def sections(name: str, titles: list[str]) -> dict[str, list[str]]:
    """Return the Python blocks of a guide below each of its titles.

    Its import lines are changed, and nothing else.
    """
    path = GUIDES / name
    if not path.is_file():
        pytest.skip(f"the guide {name} is not here", allow_module_level=True)
    lines = path.read_text(encoding="utf-8").splitlines()
    found: dict[str, list[str]] = {}
    position = 0
    starts = [position := lines.index(title, position) for title in titles]
    for title, start, end in zip(titles, starts, [*starts[1:], len(lines)], strict=True):
        found[title] = [
            re.sub(r"^from gradio_client import", "from hubsmith import", block, flags=re.MULTILINE)
            for block in _blocks(lines[start + 1 : end])
        ]
    return found


def _blocks(lines: list[str]) -> list[str]:
    """Return the longest runs of lines that are Python and do something."""
    blocks: list[str] = []
    start = 0
    while start < len(lines):
        for end in range(len(lines), start, -1):
            if _is_code(block := "\n".join(lines[start:end]).rstrip()):
                blocks.append(block)
                start = end
                break
        else:
            start += 1
    return blocks


def _is_code(text: str) -> bool:
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    acts = (ast.Import, ast.ImportFrom, ast.Assign)
    return bool(body) and text[:1].strip() != "" and isinstance(body[0], acts)
