"""`SharedFolder`: the only local files that a model can read, and where results are saved."""

from __future__ import annotations

import secrets
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from hubsmith_runtime import File, ValidationError
from hubsmith_runtime.effects import Effects, Run
from hubsmith_runtime.saving import atomic_file

MAX_FILE = 100 << 20
"""The maximum size in bytes of a file read from the folder or saved in it."""

# Suffixes by type. Other files get none, as a Space could choose one of an executable.
_ENDINGS = {
    "application/json": ".json", "application/pdf": ".pdf", "application/zip": ".zip",
    "audio/aac": ".aac", "audio/flac": ".flac", "audio/mpeg": ".mp3", "audio/ogg": ".ogg",
    "audio/wav": ".wav", "audio/x-wav": ".wav", "image/bmp": ".bmp", "image/gif": ".gif",
    "image/jpeg": ".jpg", "image/png": ".png", "image/tiff": ".tiff", "image/webp": ".webp",
    "model/gltf-binary": ".glb", "model/obj": ".obj", "model/stl": ".stl", "text/csv": ".csv",
    "text/markdown": ".md", "text/plain": ".txt", "text/vtt": ".vtt", "video/mp4": ".mp4",
    "video/quicktime": ".mov", "video/webm": ".webm",
}  # fmt: skip


class SharedFolder:
    """A folder that a user shares with a model.

    Args:
        path: The folder; it must exist.

    Raises:
        ValidationError: if it does not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        if not self.path.is_dir():
            raise ValidationError(f"--files: {path} is not a folder. Create it first.")

    def open(self, given: str) -> File:
        """Return the file for a path or `file://` URL from a model.

        Relative paths start at the folder. Symbolic links are resolved before the check that the
        file is in the folder.

        Raises:
            ValidationError: if it is outside the folder, not a regular file or too large.
        """
        try:
            path = (self.path / _path_of(given)).resolve()
            if not path.is_relative_to(self.path):
                raise ValidationError(
                    f"local files can only be read from {self.path}. Pass one of those, an "
                    "http(s) URL or a data URL."
                )
            status = path.stat()
        except (OSError, RuntimeError):  # A loop of links is a RuntimeError before Python 3.13.
            raise ValidationError(f"there is no such file in {self.path}.") from None
        if not stat.S_ISREG(status.st_mode):  # Such as a pipe, which may never end.
            raise ValidationError("it is not a regular file.")
        if status.st_size > MAX_FILE:
            raise ValidationError(f"it is larger than the limit of {MAX_FILE:,} bytes.")
        return File(path)

    async def save(self, file: File, tool: str) -> Path:
        """Save a file of a result under a new name, and return its path.

        Raises:
            DownloadError: if it cannot be downloaded or written, or is too large.
        """
        ending = _ENDINGS.get((file.mime_type or "").lower(), "")
        target = self.path / f"{tool}-{secrets.token_hex(4)}{ending}"
        await file.origin.run(_written(file, target))
        return target


async def bounded(file: File, most: int) -> bytes:
    """Return the content of a file in a result.

    Raises:
        DownloadError: if it cannot be downloaded, or has more than `most` bytes.
    """
    pieces: list[bytes] = []
    await file.origin.run(_pieces(file, pieces.append, most))
    return b"".join(pieces)


def _written(file: File, target: Path) -> Effects[None]:
    with atomic_file(target) as output:
        yield from _pieces(file, output.write, MAX_FILE)
        yield Run(output.flush)


def _pieces(file: File, write: Callable[[bytes], object], most: int) -> Effects[None]:
    if file.is_local:
        yield Run(partial(_copy, file, write))
    else:
        yield from file.origin.fetch(file.url or "", write, most, most)


def _copy(file: File, write: Callable[[bytes], object]) -> None:
    for piece in file.chunks():
        write(piece)


def _path_of(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme != "file":
        return given
    if parts.netloc not in ("", "localhost"):
        raise ValidationError("it is on another machine.")
    return url2pathname(parts.path)
