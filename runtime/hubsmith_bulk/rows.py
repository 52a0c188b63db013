"""Rows and their keys: the id passed with a row, or a hash of its content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pydantic
from hubsmith_runtime import File, ValidationError
from hubsmith_runtime.arrays import is_array, json_forms
from pydantic_core import PydanticSerializationError, to_jsonable_python

from .errors import RunError

_DIGITS = 32
_PIECE = 1 << 20


@dataclass(slots=True)
class Row:
    """One input of a run."""

    index: int
    key: str
    content: Any  # A request, or the arguments of an untyped client.
    attempts: int = 0
    losses: int = 0  # How often its answer was lost.
    failures: int = 0  # Its server errors, and refusals while other rows succeeded.
    successes: int = -1  # The run's successful calls as of the last refusal.


def content_key(endpoint: str, content: object) -> str:
    """Hash a row: the endpoint, every argument, and the content of files."""
    text = json.dumps([endpoint, canonical(content)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def canonical(value: object) -> Any:
    """Return a value as JSON, the same for equal values; files become hashes of their content.

    Raises:
        ValidationError: if a value has no JSON form, so that a later run could not recognise it.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case File():
            return {"file": _file_digest(value)}
        case pydantic.BaseModel():
            return {name: canonical(item) for name, item in value}
        case Mapping():
            entries = cast("Mapping[object, object]", value)
            return {str(name): canonical(item) for name, item in entries.items()}
        case bytes() | bytearray():
            return {"file": hashlib.sha256(value).hexdigest()}
        case Path():
            return {"file": _file_digest(File(value))}
        case set() | frozenset():  # Their order differs between processes.
            items = [canonical(item) for item in cast("set[object]", value)]
            return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
        case Sequence():
            return [canonical(item) for item in cast("Sequence[object]", value)]
        case _ if callable(getattr(value, "save", None)):  # An image.
            return {"file": _file_digest(File(cast("Any", value)))}
        case _ if is_array(value):
            return canonical(next(iter(json_forms(value))))
        case _:
            try:
                return to_jsonable_python(value)
            except PydanticSerializationError:
                raise ValidationError(
                    f"map: a {type(value).__name__} cannot identify a row: give each row an id."
                ) from None


def needs_reading(content: object) -> bool:
    """Whether hashing a row may read files, which must not block the event loop."""
    match content:
        case None | bool() | int() | float() | str():
            return False
        case pydantic.BaseModel():
            return any(needs_reading(value) for _, value in content)
        case Mapping():
            return any(map(needs_reading, cast("Mapping[str, object]", content).values()))
        case list() | tuple():
            return any(map(needs_reading, cast("list[object]", content)))
        case _:
            return True


def _file_digest(file: File) -> str:
    if not file.is_local:
        return str(file.url)  # Downloading it only to recognise the row would cost too much.
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    return digest.hexdigest()


Known = Literal["done", "failed"]


@contextlib.contextmanager
def temporary_space() -> Generator[None, None, None]:
    """Explain the errors of a database that SQLite keeps in the temporary folder."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise RunError(
            f"map: the temporary folder cannot be used: {error}. Free some space there, or set "
            "TMPDIR to another folder."
        ) from None


class KeyIndex:
    """The keys seen in a run and those in its journal, on disk to keep memory use constant."""

    def __init__(self) -> None:
        # An empty name makes SQLite use a temporary file, deleted on close. Several threads use the
        # connection, but never at the same time.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA cache_size = -4000",
            "CREATE TABLE seen (key TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID",
            "CREATE TABLE known (key TEXT PRIMARY KEY, state TEXT, line INTEGER) WITHOUT ROWID",
            "BEGIN",  # Never committed: nothing else reads the database.
        ):
            self._execute(statement)

    def times_seen(self, key: str) -> int:
        """Count a key, and return how often this run has seen it, including this time."""
        found = self._execute("SELECT times FROM seen WHERE key = ?", (key,)).fetchone()
        times: int = found[0] + 1 if found else 1
        self._execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (key, times))
        return times

    def remember(self, key: str, state: Known, line: int) -> None:
        """Record the state of a key in a line of the journal; a later line replaces it."""
        self._execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", (key, state, line))

    def known(self, key: str) -> Known | None:
        """Return the state of a key in the journal, or `None` if it is not there."""
        found = self._execute("SELECT state FROM known WHERE key = ?", (key,)).fetchone()
        return found and found[0]

    def line(self, key: str) -> int:
        """Return the number of the last line of a key in the journal, 0 if there is none."""
        found = self._execute("SELECT line FROM known WHERE key = ?", (key,)).fetchone()
        return found[0] if found else 0

    def _execute(self, statement: str, values: tuple[str | int, ...] = ()) -> sqlite3.Cursor:
        with temporary_space():
            return self._database.execute(statement, values)

    def close(self) -> None:
        self._database.close()
