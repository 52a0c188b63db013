"""Files that the page uploads: a spool for the request body, and the parsing of the form."""

from __future__ import annotations

import mmap
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from email.message import Message
from pathlib import Path
from urllib.parse import unquote

from .recording import RecordedFile

IN_MEMORY = 1 << 20
"""The most bytes of a form, or of a file in it, held in memory; larger ones go to a folder."""

_PIECE = 1 << 20
_NAME = re.compile(r'^content-disposition:.*?\bfilename="([^"]*)"', re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(r"^content-type:[ \t]*([\w.+-]+/[\w.+-]+)", re.IGNORECASE | re.MULTILINE)


class Spool:
    """Stores a body while it is passed on: in memory at first, later in a file.

    Args:
        folder: The folder for the file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory = bytearray()
        self._path: Path | None = None

    def write(self, piece: bytes) -> None:
        """Store the next bytes."""
        self._memory += piece
        if self._path is None and len(self._memory) > IN_MEMORY:
            self._path = self._folder / secrets.token_hex(8)
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(self._memory)
            self._memory.clear()

    def content(self) -> bytes | Path:
        """Return the stored bytes, or the file with them."""
        return bytes(self._memory) if self._path is None else self._path

    def discard(self) -> None:
        """Remove the file, if there is one."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def files_of(body: bytes | Path, content_type: str, folder: Path) -> list[RecordedFile]:
    """Return the files in the body of a form, in order, without their paths on the server.

    Returns no files if the body is not a form.

    Args:
        body: The body, as returned by `Spool.content`.
        content_type: The `Content-Type` header of the request.
        folder: The folder for large files.
    """
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        return []
    delimiter = b"--" + boundary.encode()
    if isinstance(body, bytes):
        return _split(body, delimiter, folder)
    with (
        body.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
    ):
        return _split(mapped, delimiter, folder)


def joined(files: Sequence[RecordedFile], paths: Sequence[str]) -> dict[str, RecordedFile]:
    """Assign the paths that the server answered to files; none if the numbers differ."""
    if len(files) != len(paths):
        return {}
    return {path: replace(one, path=path) for one, path in zip(files, paths, strict=True)}


def _split(body: bytes | mmap.mmap, delimiter: bytes, folder: Path) -> list[RecordedFile]:
    files: list[RecordedFile] = []
    start = body.find(delimiter)
    while start >= 0:
        end = body.find(b"\r\n" + delimiter, start + len(delimiter))
        head = body.find(b"\r\n\r\n", start)
        if end < 0 or not 0 <= head <= end:
            break
        lines = body[start + len(delimiter) : head].decode(errors="replace")
        if name := _NAME.search(lines):
            mime_type = _TYPE.search(lines)
            # Browsers escape only quotes and line breaks.
            words = re.sub("%(?:22|0D|0A)", lambda found: unquote(found[0]), name[1])
            files.append(
                RecordedFile(
                    path="",
                    name=words,
                    content=_kept(body, min(head + 4, end), end, folder),
                    mime_type=mime_type[1] if mime_type else "",
                )
            )
        start = end + 2
    return files


def _kept(body: bytes | mmap.mmap, start: int, end: int, folder: Path) -> bytes | Path:
    if end - start <= IN_MEMORY:
        return bytes(body[start:end])
    path = folder / secrets.token_hex(8)
    with path.open("xb") as file:
        for place in range(start, end, _PIECE):
            file.write(body[place : min(place + _PIECE, end)])
    return path
