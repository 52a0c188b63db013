"""The input of a run, read from a table: columns become parameters, and rows are checked."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from hubsmith_bulk.rows import KeyIndex, content_key
from hubsmith_runtime import ArgumentError, ValidationError

from .results import OWN
from .tables import Record, format_of, read_rows
from .targets import Target

_SHOWN = 20  # The most problems that are shown.


class UnknownColumnError(ArgumentError):
    """A column is not a parameter, most often in every row."""


class Item(NamedTuple):
    """A row of a table."""

    record: Record  # As it was read.
    id: str | None
    content: Any  # The arguments of its call.


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The rows of a table as calls of a target.

    Args:
        renames: Parameters by column; a column with an empty parameter is not sent.
        id_column: The column that identifies rows; by default `id`, if that is not a parameter.
        limit: How many rows to read at most.
    """

    path: Path
    target: Target
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    id_column: str | None = None
    limit: int | None = None

    def items(self) -> Iterator[Item]:
        """Iterate over the rows.

        Raises:
            ValidationError: when the arguments of a row are wrong, naming the row.
        """
        for number, record in self._rows():
            yield self._item(number, record)

    def _rows(self) -> Iterator[tuple[int, Record]]:
        return enumerate(islice(read_rows(self.path), self.limit), 1)

    def _item(self, number: int, record: Record) -> Item:
        try:
            id_, arguments = self._arguments(record)
            is_text = format_of(self.path) == "csv"
            return Item(record, id_, self.target.read(arguments, is_text=is_text))
        except ValidationError as error:
            raise type(error)(f"row {number}: {error}") from None

    def _arguments(self, record: Record) -> tuple[str | None, Record]:
        id_column = self.id_column
        if id_column is None and "id" in record and "id" not in (*self.target.names, *self.renames):
            id_column = "id"
        arguments: Record = {}
        for column, value in record.items():
            name = self.renames.get(column, column)
            if column == id_column or not name or (column in OWN and name not in self.target.names):
                continue
            if name not in self.target.names:
                near = difflib.get_close_matches(name, self.target.names, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise UnknownColumnError(
                    f"there is no parameter {name!r}.{hint} The parameters are: "
                    f"{', '.join(self.target.names)}. Rename the column with --map "
                    f"{column}=PARAMETER, or leave it out with --map {column}="
                )
            arguments[name] = value
        if id_column is None:
            return None, arguments
        if (id_ := record.get(id_column)) in (None, ""):
            raise ArgumentError(f"the column {id_column} is empty.")
        return str(id_), arguments

    def check(self) -> tuple[int, list[str]]:
        """Read every row, and return how many there are and the first problems.

        A column that is not a parameter is reported once, with the first row that has it.
        """
        problems: list[str] = []
        unknown: set[str] = set()
        number = 0
        with contextlib.closing(KeyIndex()) as index:
            for number, record in self._rows():
                try:
                    item = self._item(number, record)
                except UnknownColumnError as error:
                    about = str(error).partition(": ")[2]  # Without the row number.
                    problems += [] if about in unknown else [str(error)]
                    unknown.add(about)
                except ValidationError as error:
                    problems += str(error).splitlines()
                else:
                    if item.id is not None and index.times_seen(item.id) > 1:
                        problems.append(f"row {number}: an earlier row has the id {item.id!r}.")
                if len(problems) >= _SHOWN:
                    problems.append("... and possibly more.")
                    break
        return number, problems

    def columns(self) -> list[str]:
        """Return the columns of all rows, which in JSON Lines may have different ones."""
        return list(dict.fromkeys(name for _, record in self._rows() for name in record))

    def keys(self) -> Iterator[tuple[str, Record]]:
        """Iterate over the rows, each with its key in a journal."""
        with contextlib.closing(KeyIndex()) as index:
            for item in self.items():
                key = item.id or content_key(self.target.endpoint, item.content)
                times = index.times_seen(key)
                yield (key if times == 1 else f"{key}#{times}"), item.record
