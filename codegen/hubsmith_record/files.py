"""Safe names for recorded files on disk, which a page cannot choose freely."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from hubsmith_runtime.saving import safe_name

from .recording import RecordedFile

# Quotes, `;` and `,` have a special meaning in arguments of curl.
_ODD = re.compile(r"[^\w.() +=-]")


def free_name(name: str, taken: Collection[str]) -> str:
    """A safe relative path for a file name; in a separate folder if the name is taken."""
    safe = _ODD.sub("_", safe_name(name)).lstrip("-") or "file"
    path, number = safe, 2
    used = {one.casefold() for one in taken}
    while path.casefold() in used or path.casefold() in {one.partition("/")[0] for one in used}:
        path, number = f"{number}/{safe}", number + 1
    return path


def free_path(path: Path) -> Path:
    """The path, or one with a number appended if it exists already."""
    found, number = path, 2
    while found.exists() or found.is_symlink():
        found, number = path.with_name(f"{path.stem}_{number}{path.suffix}"), number + 1
    return found


def content_of(file: RecordedFile) -> bytes:
    """The content of a recorded file."""
    return file.content if isinstance(file.content, bytes) else file.content.read_bytes()
