"""The Python code of a guide that shows it as typed at a prompt, statement by statement."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

GUIDES = Path(__file__).resolve().parents[3] / "shared" / "guides"
_IMPORTS = ("from ", "import ")
_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST


def sections(name: str, titles: list[str]) -> dict[str, list[str]]:
    """Return the Python statements of a guide below each of its titles, one text for each block.

    Its import lines are changed, and `...` in the place of an argument becomes the name `something`;
    nothing else is. Text that the guide's file has on the last line of a block is cut off.
    """
    path = GUIDES / name
    if not path.is_file():
        pytest.skip(f"the guide {name} is not here", allow_module_level=True)
    text = path.read_text(encoding="utf-8")
    for title in titles:
        text = re.sub(r"(?<=[\])'\"])" + title + "$", f"\n{title}", text, flags=re.MULTILINE)
    text = re.sub(r"(?<=\))to$", "\nto", text, flags=re.MULTILINE)
    lines = text.splitlines()
    found: dict[str, list[str]] = {}
    position = 0
    starts = [position := lines.index(title, position + 1) for title in titles]
    for title, start, end in zip(titles, starts, [*starts[1:], len(lines)], strict=True):
        found[title] = [_adapted(block) for block in _blocks(lines[start + 1 : end])]
    return found


def _adapted(block: str) -> str:
    block = re.sub(
        r"^from (huggingface_hub|openai) import", "from hubsmith import", block, flags=re.MULTILINE
    )
    return re.sub(r"(?<=[(=])\.\.\.(?=[,)])", "something", block)


def _blocks(lines: list[str]) -> list[str]:
    """Return runs of statements; prose, and what a statement printed, ends or interrupts none."""
    blocks: list[list[str]] = []
    last: int | None = None
    position = 0
    while position < len(lines):
        taken = _statement(lines, position)
        if taken is None:
            position += 1
            continue
        statement, after = taken
        # A block starts with its imports or after prose; what was printed ends none.
        is_import = statement.startswith(_IMPORTS)
        starts_anew = is_import and not (blocks and blocks[-1][-1].startswith(_IMPORTS))
        if last is None or starts_anew or _has_prose(lines[last:position]):
            blocks.append([])
        blocks[-1].append(statement)
        last = position = after
    return ["\n".join(block) for block in blocks]


def _statement(lines: list[str], start: int) -> tuple[str, int] | None:
    first = lines[start]
    is_prompt = first.startswith(">>> ")
    if not is_prompt and not re.match(
        r"(\+ )?(from|import|async def) |(\+ )?\w+ = |for |asyncio\.", first
    ):
        return None
    best = None
    for end in range(start + 1, min(start + 40, len(lines)) + 1):
        if (
            end > start + 1
            and lines[end - 1].startswith(">>> ")
            and _is_code_at(lines, start, end - 1)
        ):
            break
        part = [_plain(line) for line in lines[start:end]]
        kept = "\n".join(line for line in part if line is not None)
        if text := _parsed(kept):
            best = (text, end)
            # A statement that has a body goes on for as long as lines are indented.
            if end == len(lines) or not re.match(r"(\.\.\. )?\s+\S|\.\.\. ", lines[end]):
                break
        elif best is not None and not lines[end - 1].startswith(" "):
            break
    return best


def _is_code_at(lines: list[str], start: int, end: int) -> bool:
    return bool(_parsed("\n".join(text for line in lines[start:end] if (text := _plain(line)))))


def _plain(line: str) -> str | None:
    """Return a line as code: without prompt; of a difference, what it comes to."""
    if line.startswith("- "):
        return None
    return re.sub(r"^(>>> |\.\.\. ?|\+ )", "", line)


def _parsed(text: str) -> str | None:
    """Return what is Python of a text, whose last line may go on in prose."""
    candidates = [text]
    body, _, final = text.rpartition("\n")
    for match in reversed(list(re.finditer(r"\)", final))):
        candidates.append(f"{body}\n{final[: match.end()]}".lstrip("\n"))
    for candidate in candidates:
        try:
            tree = compile(candidate, "guide", "exec", _AWAIT)
        except SyntaxError:
            continue
        if isinstance(tree, ast.Module) and tree.body:
            return candidate
    return None


def _has_prose(lines: list[str]) -> bool:
    return any(re.match(r"[A-Z][a-z]+ |(to|or)$", line) for line in lines)
