"""Converts results for the journal: to JSON, with their files in a folder next to the journal."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import mimetypes
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pydantic
from hubsmith_runtime import ConnectionFailedError, DownloadError, File
from hubsmith_runtime.saving import atomic_file, safe_name
from hubsmith_runtime.sources import type_of
from pydantic_core import to_jsonable_python

from .callers import Caller
from .errors import JournalError
from .results import Done

_TRIES = 3  # Attempts to download a file of a result.
_PAUSE = 0.2  # Seconds.
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Values:
    """Makes results durable: converts them to JSON, and downloads files before their URLs expire.

    Args:
        caller: Downloads files.
        folder: Where to keep files; `None` without a journal, which leaves results unchanged.
    """

    def __init__(self, caller: Caller, folder: Path | None) -> None:
        self._caller, self._folder = caller, folder

    async def settled(self, key: str, value: Any) -> Any:
        """Return a result as JSON for the journal, or unchanged without a journal.

        Downloads its files at once, because their URLs expire. Bytes and images in the result are
        written to files as well.

        Raises:
            HubsmithError: if a file cannot be downloaded.
            JournalError: if the disk is full.
        """
        if self._folder is None or isinstance(value, str | int | float | bool | None):
            return value
        heavy = [
            leaf for leaf in leaves(value) if isinstance(leaf, File | bytes) or _is_image(leaf)
        ]
        writing = _Stored(key, self._folder)
        if not heavy:
            return writing.of(value)
        try:
            for file in heavy:
                if isinstance(file, File):
                    await self._fetch(file)
            return await asyncio.to_thread(writing.of, value)
        except (OSError, DownloadError) as error:
            cause = error.__cause__ if isinstance(error, DownloadError) else error
            if isinstance(cause, OSError) and cause.errno in _FULL:
                words = f"{self._folder}: the disk is full. Free some space, and run again."
                raise JournalError(words) from error
            if isinstance(error, DownloadError):
                raise
            raise DownloadError(f"A file of the result cannot be saved: {error}.") from error

    async def _fetch(self, file: File) -> None:
        for left in reversed(range(_TRIES)):
            try:
                return await self._caller.fetch(file)
            except (ConnectionFailedError, DownloadError) as error:
                if not left or isinstance(error.__cause__, OSError):
                    raise
                await asyncio.sleep(_PAUSE)
        return None


def entry_of(done: Done[Any], stored: Any) -> dict[str, Any]:
    """Return the journal entry of a finished row."""
    end: dict[str, Any]
    if done.error is None:
        end = {"value": stored}
    else:
        end = {"error": {"kind": type(done.error).__name__, "text": str(done.error)}}
    effort = {"attempts": done.attempts, "seconds": round(done.seconds, 6)}
    return {"key": done.key, "index": done.index, **end, **effort}


class _Stored:
    """Converts the result of one row; file names depend only on the row's key and their order."""

    def __init__(self, key: str, folder: Path) -> None:
        self._key, self._folder = key, folder
        self._written = 0

    def of(self, value: Any) -> Any:
        """Return a result as JSON."""
        match value:
            case None | str() | int() | float() | bool():
                return value
            case File():
                return self._file(value)
            case pydantic.BaseModel():
                return {name: self.of(item) for name, item in value}
            case Mapping():
                entries = cast("Mapping[object, object]", value)
                return {str(name): self.of(item) for name, item in entries.items()}
            case tuple() if hasattr(cast("object", value), "_asdict"):
                return self.of(cast("Any", value)._asdict())  # A named tuple: one field per output.
            case list() | tuple():
                return [self.of(item) for item in cast("list[object]", value)]
            case bytes():
                kind = type_of(value) or "application/octet-stream"
                return self._file(File(value, name=f"result{mimetypes.guess_extension(kind)}"))
            case _ if _is_image(value):
                return self._file(File(value))
            case _ if hasattr(value, "tolist"):  # A NumPy array.
                return self.of(value.tolist())
            case _:
                return to_jsonable_python(value, fallback=repr)

    def _file(self, file: File) -> dict[str, Any]:
        if not file.is_local:
            return {"url": file.url}
        path = Path(file).absolute() if file.url else None
        if path is None or not path.is_relative_to(self._folder.absolute()):
            path = self._copy(file)
        kept = path.relative_to(self._folder.absolute().parent)
        return {"file": kept.as_posix(), "name": file.name}

    def _copy(self, file: File) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._written += 1
        digest = hashlib.sha256(self._key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        name = f"{digest}-{self._written}{Path(safe_name(file.name)).suffix}"
        path = self._folder.absolute() / name
        with atomic_file(path) as output, file.open() as content:
            shutil.copyfileobj(content, output)
        return path


def leaves(value: Any) -> Iterator[Any]:
    """Iterate over the leaves of a result, at any depth."""
    match value:
        case pydantic.BaseModel():
            for _, item in value:
                yield from leaves(item)
        case Mapping():
            for item in cast("Mapping[object, object]", value).values():
                yield from leaves(item)
        case list() | tuple():
            for item in cast("list[object]", value):
                yield from leaves(item)
        case _:
            yield value


def _is_image(value: object) -> bool:
    return callable(getattr(value, "save", None)) and hasattr(value, "tobytes")
