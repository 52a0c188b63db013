"""The journal of a run: an append-only file of JSON lines from which the run can be resumed.

The first line identifies the run; each further line is a finished row. A line is passed to the
operating system as soon as its row finishes, so a killed process loses none, and synced to disk at
least once a second, in case the machine crashes. The writing process holds a lock on the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from .errors import JournalError
from .rows import KeyIndex

VERSION = 1
SYNC_SECONDS = 1.0
"""The longest time between the writing of a line and its sync to disk."""

_SAME = ("source", "endpoint", "spec")
_BEGINNING = b'{"hubsmith_journal":'


class Journal:
    """A journal open for writing.

    Args:
        path: The file; created if it does not exist.
        about: Identifies the run: `source`, `endpoint`, `spec` (a digest) and `versions`.
        index: Receives the keys of the rows in the journal.

    Raises:
        JournalError: if the file belongs to another run, is in use, or cannot be read or written.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], index: KeyIndex) -> None:
        self.path = path
        self.files = path.with_name(f"{path.name}.files")
        with self._explained("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Do not follow a symbolic link, which somebody else may have created.
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(path, flags, 0o666)
        try:
            self._lock()
            self._size = self._take_over(about, index)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._synced = time.monotonic()
        self._is_synced = True
        self._syncing = threading.Lock()  # Do not close the file while a thread syncs it.
        self._is_closed = False

    def _lock(self) -> None:
        """Lock the file until it is closed or the process ends."""
        try:
            if sys.platform == "win32":
                import msvcrt

                # Lock a byte far beyond the end, so that others can still read the content.
                os.lseek(self._descriptor, 1 << 60, os.SEEK_SET)
                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
            else:
                import fcntl

                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not isinstance(error, BlockingIOError | PermissionError):
                raise JournalError(
                    f"{self.path}: the journal cannot be locked: {error.strerror}. Use a "
                    "checkpoint on a file system that supports locks."
                ) from None
            raise JournalError(
                f"{self.path}: another run is writing this journal. Wait until it ends, or use "
                "another checkpoint."
            ) from None

    def _take_over(self, about: Mapping[str, Any], index: KeyIndex) -> int:
        """Read the existing lines, cut off an incomplete last one, and return the size."""
        end = 0
        with os.fdopen(os.dup(self._descriptor), "rb") as stream:
            stream.seek(0)
            for number, line in enumerate(stream, 1):
                if not line.endswith(b"\n"):
                    if number == 1 and line[: len(_BEGINNING)] != _BEGINNING[: len(line)]:
                        _read(b"", self.path, number)  # Raises: it is not a journal.
                    break  # The process was killed while writing it.
                end += len(line)
                entry = _read(line, self.path, number)
                if number == 1:
                    self._compare(entry, about)
                elif isinstance(key := entry.get("key"), str):
                    index.remember(key, "failed" if "error" in entry else "done", number)
        with self._explained("written"):
            os.ftruncate(self._descriptor, end)
        if not end:
            self._size = 0
            self.append({"hubsmith_journal": VERSION, **about})
            return self._size
        return end

    def _compare(self, header: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        if header.get("hubsmith_journal") != VERSION:
            raise JournalError(f"{self.path}: not a hubsmith journal of version {VERSION}.")
        for name in _SAME:
            if header.get(name) != about.get(name):
                raise JournalError(
                    f"{self.path}: this journal belongs to another run: its {name} is "
                    f"{_short(header.get(name))}, this run's is {_short(about.get(name))}. "
                    "Use another checkpoint."
                )

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write a line completely or not at all.

        Raises:
            JournalError: if it cannot be written, for example because the disk is full.
        """
        line = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
        # Lone surrogates, which UTF-8 cannot encode, become JSON escapes.
        content = (line + "\n").encode("utf-8", "backslashreplace")
        with self._explained("written"):
            try:
                written = 0
                while written < len(content):
                    written += os.write(self._descriptor, content[written:])
            except OSError:
                with contextlib.suppress(OSError):  # If this fails, a resumed run cuts it off.
                    os.ftruncate(self._descriptor, self._size)
                raise
        self._size += len(content)
        self._is_synced = False

    def is_due(self) -> bool:
        """Whether there are unsynced lines and the last sync was `SYNC_SECONDS` ago or more."""
        return not self._is_synced and time.monotonic() - self._synced >= SYNC_SECONDS

    def sync(self) -> None:
        """Sync all lines to disk. Blocks."""
        with self._syncing, self._explained("written"):
            if not self._is_closed:
                self._is_synced, self._synced = True, time.monotonic()
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Sync all lines to disk, and unlock the file."""
        try:
            self.sync()
        finally:
            with self._syncing:
                self._is_closed = True
                os.close(self._descriptor)

    @contextlib.contextmanager
    def _explained(self, what: str) -> Generator[None, None, None]:
        try:
            yield
        except OSError as error:
            raise JournalError(
                f"{self.path}: the journal cannot be {what}: {error.strerror}. Its lines so far "
                "are intact. Free some space or use another checkpoint, and run again."
            ) from None


def read_journal(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of a journal, in the order in which they finished.

    Each is a dict of `key`, `index`, `attempts`, `seconds`, and `value` or `error` (its `kind` and
    `text`). A row that was retried after a failure appears once, with its last outcome.

    Raises:
        JournalError: if the file is not a journal or cannot be read.
    """
    place, index = Path(path), KeyIndex()
    try:
        for number, entry in _entries(place):
            index.remember(str(entry.get("key")), "failed" if "error" in entry else "done", number)
        for number, entry in _entries(place):
            # Skip a failure that a later line of the same row supersedes.
            if number == index.line(str(entry.get("key"))):
                yield entry
    finally:
        index.close()


def _entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if not line.endswith(b"\n"):
                    return
                entry = _read(line, path, number)
                if number == 1 and entry.get("hubsmith_journal") != VERSION:
                    raise JournalError(f"{path}: not a hubsmith journal.")
                if number > 1:
                    yield number, entry
    except OSError as error:
        raise JournalError(f"{path}: the journal cannot be read: {error.strerror}.") from None


def _read(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        entry: object = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        raise JournalError(f"{path}: line {number} is not a journal entry. Repair or remove it.")
    return cast("dict[str, Any]", entry)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
