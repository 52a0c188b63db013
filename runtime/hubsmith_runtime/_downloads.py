"""Fetching files: from a Space, with its credentials, and from anywhere else, without."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ._errors import DownloadError, HubsmithError
from ._http import shown
from ._transport import AsyncStreamResponse, AsyncTransport, StreamResponse, Transport

_NAME_LENGTH = 120
_PORTS = (f"{port}{n}" for port in ("COM", "LPT") for n in range(10))
_RESERVED = {"CON", "PRN", "AUX", "NUL", *_PORTS}  # Names that Windows keeps for devices.


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """The place that files of one Space are fetched from, and the folder they are kept in."""

    base: str = ""  # The Space's API root; empty for files that belong to no Space.
    folder: Path | None = None
    transport: Transport | AsyncTransport | None = field(default=None, repr=False)

    @contextlib.contextmanager
    def fetch(self, url: str) -> Generator[StreamResponse, None, None]:
        """Open a file for reading."""
        transport, own = self.transport, None
        if not isinstance(transport, Transport) or transport.is_closed:
            transport = own = Transport.like(transport)
        try:
            with transport.stream("GET", url) as stream:
                _check(stream)
                yield stream
        finally:
            if own is not None:
                own.close()

    @contextlib.asynccontextmanager
    async def afetch(self, url: str) -> AsyncGenerator[AsyncStreamResponse, None]:
        """Open a file for reading; see `fetch`."""
        transport, own = self.transport, None
        if not isinstance(transport, AsyncTransport) or transport.is_closed:
            transport = own = AsyncTransport.like(transport)
        try:
            async with await transport.stream("GET", url) as stream:
                _check(stream)
                yield stream
        finally:
            if own is not None:
                await own.aclose()

    def new_folder(self) -> Path:
        """Make an empty folder for one file, which nobody else may read."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="hubsmith-", dir=self.folder))


def _check(stream: StreamResponse) -> None:
    if stream.status not in (200, 206):
        raise DownloadError(
            f"GET {shown(stream.url)} answered {stream.status}: the file is not there or not for "
            "you. Spaces delete results after a while: fetch them soon."
        )


def safe_name(name: str, fallback: str = "file") -> str:
    """Make a stranger's file name a plain name inside a folder."""
    base = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join("_" if c in '<>:"|?*' else c for c in base if c.isprintable())
    kept = kept.strip(" .")
    while len(kept.encode(errors="ignore")) > _NAME_LENGTH:
        stem, dot, suffix = kept.rpartition(".")
        kept = stem[:-1] + dot + suffix if dot and len(stem) > 1 and len(suffix) < 20 else kept[:-1]
    if kept.split(".")[0].upper() in _RESERVED:
        kept = f"_{kept}"
    return kept or fallback


def destination(path: str | os.PathLike[str], name: str) -> Path:
    """Return the file to write: `path` itself, or `name` inside it where it is a folder."""
    target = Path(path)
    if target.is_dir():
        return target / safe_name(name)
    if os.fspath(path).endswith(("/", os.sep)) or not target.parent.is_dir():
        raise DownloadError(
            f"There is no folder to save {safe_name(name)!r} in: {target}. Make it first."
        )
    return target


@contextlib.contextmanager
def atomic_file(target: Path) -> Generator[BinaryIO, None, None]:
    """Write a file beside its place, and move it there when it is whole."""
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".hubsmith-")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    except OSError as error:
        if isinstance(error, HubsmithError):  # A timeout of the download is an OSError, too.
            raise
        raise DownloadError(f"Cannot save {target}: {error.strerror}.") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
