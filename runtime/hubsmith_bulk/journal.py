"""The journal of a run: an append-only file of JSON lines, so that a run can go on where it ended.

The first line says what the run was about; each line after it is a row that came to its end. A line
is handed to the system whole and at once, so that a killed process loses none, and forced to the
disk at least once a second, for when the machine goes down. One process writes, and holds a lock.
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
"""How long a line waits at most until it is on the disk."""

_SAME = ("source", "endpoint", "spec")
_BEGINNING = b'{"hubsmith_journal":'


class Journal:
    """A journal that is open for writing.

    Args:
        path: The file; it is made where there is none.
        about: What the run is about: `source`, `endpoint`, `spec` (a digest) and `versions`.
        index: Learns which rows the journal has.

    Raises:
        JournalError: when the file belongs to another run, is in use, or cannot be read or written.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], index: KeyIndex) -> None:
        self.path = path
        self.files = path.with_name(f"{path.name}.files")
        with self._explained("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Never through a link that someone put there.
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
        self._syncing = threading.Lock()  # The file is not closed under a thread that syncs it.
        self._is_closed = False

    def _lock(self) -> None:
        """Lock the file for as long as it is open, or the process lives."""
        try:
            if sys.platform == "win32":
                import msvcrt

                # A byte far behind the content, which others may go on to read.
                os.lseek(self._descriptor, 1 << 60, os.SEEK_SET)
                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
            else:
                import fcntl

                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not isinstance(error, BlockingIOError | PermissionError):
                raise JournalError(
                    f"{self.path}: the journal cannot be locked: {error.strerror}. Name a "
                    "checkpoint on a file system that has locks."
                ) from None
            raise JournalError(
                f"{self.path}: another run is writing this journal. Wait for its end, or name "
                "another checkpoint."
            ) from None

    def _take_over(self, about: Mapping[str, Any], index: KeyIndex) -> int:
        """Read what is there, cut off half a line at its end, and return where to go on."""
        end = 0
        with os.fdopen(os.dup(self._descriptor), "rb") as stream:
            stream.seek(0)
            for number, line in enumerate(stream, 1):
                if not line.endswith(b"\n"):
                    if number == 1 and line[: len(_BEGINNING)] != _BEGINNING[: len(line)]:
                        _read(b"", self.path, number)  # No journal: it is left as it is.
                    break  # Whoever wrote it was killed.
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
            raise JournalError(f"{self.path}: this is no journal of version {VERSION} of hubsmith.")
        for name in _SAME:
            if header.get(name) != about.get(name):
                raise JournalError(
                    f"{self.path}: this journal is of another run: its {name} is "
                    f"{_short(header.get(name))}, that of this run is {_short(about.get(name))}. "
                    "Name another checkpoint."
                )

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write a line, whole or not at all.

        Raises:
            JournalError: when it cannot be written, such as on a full disk.
        """
        line = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
        # What UTF-8 has no form for, such as half a surrogate pair, JSON escapes.
        content = (line + "\n").encode("utf-8", "backslashreplace")
        with self._explained("written"):
            try:
                written = 0
                while written < len(content):
                    written += os.write(self._descriptor, content[written:])
            except OSError:
                with contextlib.suppress(OSError):  # A resumed run would cut it off as well.
                    os.ftruncate(self._descriptor, self._size)
                raise
        self._size += len(content)
        self._is_synced = False

    def is_due(self) -> bool:
        """Whether lines wait for longer than they should until they are on the disk."""
        return not self._is_synced and time.monotonic() - self._synced >= SYNC_SECONDS

    def sync(self) -> None:
        """Force every line to the disk; this blocks for a moment."""
        with self._syncing, self._explained("written"):
            if not self._is_closed:
                self._is_synced, self._synced = True, time.monotonic()
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Force every line to the disk, and give the file free for another run."""
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
                f"{self.path}: the journal cannot be {what}: {error.strerror}. What it has is "
                "whole: make room or name another checkpoint, and run again."
            ) from None


def read_journal(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of a journal, in the order in which they came to their end.

    Each is a dict of `key`, `index`, `attempts`, `seconds`, and `value` or `error` (its `kind` and
    `text`). A row that was tried again after a failure comes once, as it ended.

    Raises:
        JournalError: when the file is no journal.
    """
    place, index = Path(path), KeyIndex()
    try:
        for number, entry in _entries(place):
            index.remember(str(entry.get("key")), "failed" if "error" in entry else "done", number)
        for number, entry in _entries(place):
            # A failure that was followed by a value, or by a later failure, is history.
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
                    raise JournalError(f"{path}: this is no journal of hubsmith.")
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
        raise JournalError(f"{path}: line {number} is not one of a journal. Repair or remove it.")
    return cast("dict[str, Any]", entry)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
