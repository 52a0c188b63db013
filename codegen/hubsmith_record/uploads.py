"""The files that the page uploads: the body of a form, kept while it passes, and what is in it."""

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
"""Bytes of a form, or of a file in it, that are held in memory; what is larger goes to a folder."""

_PIECE = 1 << 20
_NAME = re.compile(r'^content-disposition:.*?\bfilename="([^"]*)"', re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(r"^content-type:[ \t]*([\w.+-]+/[\w.+-]+)", re.IGNORECASE | re.MULTILINE)


class Spool:
    """Keeps a body while it passes: in memory at first, then in a file.

    Args:
        folder: Where that file is made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory = bytearray()
        self._path: Path | None = None

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._memory += piece
        if self._path is None and len(self._memory) > IN_MEMORY:
            self._path = self._folder / secrets.token_hex(8)
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(self._memory)
            self._memory.clear()

    def content(self) -> bytes | Path:
        """Return the bytes, or the file that has them."""
        return bytes(self._memory) if self._path is None else self._path

    def discard(self) -> None:
        """Remove that file, where there is one."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def files_of(body: bytes | Path, content_type: str, folder: Path) -> list[RecordedFile]:
    """Return the files in the body of a form, in order, still without their paths on the server.

    What cannot be read as a form has no files.

    Args:
        body: The body, as a `Spool` keeps it.
        content_type: The request's header of that name.
        folder: Where large files are put.
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
    """Give files the paths that the server answered; a server that answered fewer has none of them."""
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
            # Browsers escape what would end the name, and nothing else.
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
