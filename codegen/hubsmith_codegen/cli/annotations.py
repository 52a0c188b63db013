"""What GitHub Actions reads in the output of a step: annotations of files, and nothing else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from ..compare.api import ApiDiff, Kind
from ..ir.json_type import Json

Level: TypeAlias = Literal["error", "warning", "notice"]

_LEVELS: Mapping[Kind, Level] = {"breaking": "error", "compatible": "warning", "cosmetic": "notice"}


def annotation(
    level: Level, message: str, *, title: str, file: Path | None = None, **place: int
) -> str:
    """Return the line that annotates a file; `place` is its `line` and `col`, both from 1."""
    properties: dict[str, object] = {"title": title, **place}
    if file is not None:
        properties["file"] = _in_repository(file)
    listed = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    return f"::{level} {listed}::{_escaped(message)}"


def annotations_of(diff: ApiDiff, file: Path | None) -> list[str]:
    """Return a line for each change of an API, which annotates its snapshot, if there is one."""
    return [
        annotation(
            _LEVELS[change.kind],
            f"{change.endpoint}: {change.what}. {change.affected}".removeprefix(": "),
            title=f"{diff.package}: {change.kind} change",
            file=file,
        )
        for change in diff.changes
    ]


def inert(text: str) -> str:
    """Return a text of which GitHub Actions, where it reads along, takes no line for a command."""
    if not os.environ.get("GITHUB_ACTIONS"):
        return text
    # Two spellings: one counts where a line begins, the older one anywhere in it.
    return re.sub(r"^(\s*):(?=:)", r"\1: ", text, flags=re.MULTILINE).replace("##[", "## [")


def document(found: dict[str, Json]) -> str:
    """Return a JSON document, ASCII only, none of whose texts could be a command either."""
    return json.dumps(found, indent=2).replace("##[", "#\\u0023[")


def _escaped(text: str, others: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{others}" else c for c in text)


def _in_repository(file: Path) -> str:
    """The path from the top of the git repository, as the pages of GitHub have it."""
    file = file.resolve()
    top = next((folder for folder in file.parents if (folder / ".git").exists()), Path.cwd())
    return file.relative_to(top).as_posix() if file.is_relative_to(top) else file.as_posix()
