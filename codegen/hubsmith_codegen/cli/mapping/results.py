"""From a journal to a table: every row of the input with its result or error, in input order."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

from hubsmith_bulk import read_journal
from hubsmith_bulk.rows import temporary_space

from .tables import Record, write_rows

RESULT, ERROR, KIND = "result", "error", "error_kind"
OWN = (RESULT, ERROR, KIND)
"""The columns that are added. The input may already have them: a table of failed rows does."""


def write_results(
    path: Path,
    journal: Path,
    rows: Callable[[], Iterator[tuple[str, Record]]],
    columns: Iterable[str],
    *,
    like: Path | None = None,
    only_failed: bool = False,
) -> int:
    """Write the rows that are in a journal, and return how many there are.

    Args:
        rows: Returns an iterator over the input rows, each with its key.
        columns: The columns of the input.
        like: The input table; in Parquet, its columns keep their types.
        only_failed: Whether to write only rows with an error.
    """
    added = (ERROR, KIND) if only_failed else OWN
    columns = [*(name for name in columns if name not in OWN), *added]
    written = 0

    def joined(end_of: Callable[[str], dict[str, Any] | None]) -> Iterator[Record]:
        nonlocal written
        written = 0
        for key, row in rows():
            entry = end_of(key)
            if entry is None or (only_failed and "error" not in entry):
                continue
            written += 1
            error: dict[str, Any] = entry.get("error") or {}
            kept = {name: value for name, value in row.items() if name not in OWN}
            if not only_failed:
                kept[RESULT] = entry.get("value")
            yield {**kept, ERROR: error.get("text"), KIND: error.get("kind")}

    with _ends(journal) as end_of:
        write_rows(path, columns, lambda: joined(end_of), like)
    return written


@contextlib.contextmanager
def _ends(journal: Path) -> Generator[Callable[[str], dict[str, Any] | None], None, None]:
    """A look-up of journal entries by key, in a database on disk so that memory does not grow."""
    database = sqlite3.connect("", isolation_level=None)
    with contextlib.closing(database), temporary_space():
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE ends (key TEXT PRIMARY KEY, entry TEXT) WITHOUT ROWID")
        database.execute("BEGIN")
        entries = ((one["key"], json.dumps(one)) for one in read_journal(journal))
        database.executemany("INSERT OR REPLACE INTO ends VALUES (?, ?)", entries)

        def end_of(key: str) -> dict[str, Any] | None:
            found = database.execute("SELECT entry FROM ends WHERE key = ?", (key,)).fetchone()
            return json.loads(found[0]) if found else None

        yield end_of
