"""Recorded files on the disk, under names that a page cannot choose freely."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from hubsmith_runtime.saving import safe_name

from .recording import RecordedFile

# In the arguments of curl, `;` and `,` and quotes have a meaning.
_ODD = re.compile(r"[^\w.() +=-]")


def free_name(name: str, taken: Collection[str]) -> str:
    """A relative path with a file's name, made safe; one that is taken goes to a folder of its own."""
    safe = _ODD.sub("_", safe_name(name)).lstrip("-") or "file"
    path, number = safe, 2
    used = {one.casefold() for one in taken}
    while path.casefold() in used or path.casefold() in {one.partition("/")[0] for one in used}:
        path, number = f"{number}/{safe}", number + 1
    return path


def free_path(path: Path) -> Path:
    """The path, or one like it with a number where something is there already."""
    found, number = path, 2
    while found.exists() or found.is_symlink():
        found, number = path.with_name(f"{path.stem}_{number}{path.suffix}"), number + 1
    return found


def content_of(file: RecordedFile) -> bytes:
    """The bytes of a recorded file."""
    return file.content if isinstance(file.content, bytes) else file.content.read_bytes()
