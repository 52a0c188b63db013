"""Files that somebody else may have written, read up to a limit."""

from __future__ import annotations

import os
from pathlib import Path

from hubsmith_runtime import SpecError

from .document import MAX_BYTES


def read_file(path: Path, limit: int | None = None) -> bytes:
    """Read a file of at most `limit` bytes, or say in a `SpecError` why not."""
    limit = MAX_BYTES if limit is None else limit
    if not path.is_file():  # A device may have no end.
        raise SpecError(f"{path} is not a file.")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # It may grow, and some files do not know their size.
            content = file.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from None
    if size > limit or len(content) > limit:
        raise SpecError(f"{path} is larger than {limit // 2**20} MiB.")
    return content
