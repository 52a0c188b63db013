"""Tables on disk: JSON Lines, CSV and Parquet, by the suffix of their name, one row at a time."""

from __future__ import annotations

import base64
import csv
import importlib
import io
import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import date, time
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, cast

from hubsmith_runtime import ArgumentError, HubsmithError
from hubsmith_runtime.saving import atomic_file

Record: TypeAlias = dict[str, Any]

_FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_SEPARATORS = ",;\t"  # Of the cells of CSV: the first of these that the header has.
_AT_ONCE = 1_000  # Rows of Parquet that are in memory at the same time.


def format_of(path: Path) -> str:
    """Return `jsonl`, `csv` or `parquet`.

    Raises:
        ArgumentError: when the name has another suffix.
    """
    if found := _FORMATS.get(path.suffix.lower()):
        return found
    raise ArgumentError(f"{path}: the name of a table must end in .jsonl, .csv or .parquet.")


def check_output(path: Path) -> None:
    """Raise an error if a table of this name cannot be written, before any work is done."""
    if format_of(path) == "parquet":
        _parquet()
    if not path.absolute().parent.is_dir():
        raise ArgumentError(f"{path}: there is no such folder. Create it first.")
    if path.is_dir():
        raise ArgumentError(f"{path}: it is a folder. Name a file.")


def read_rows(path: Path) -> Iterator[Record]:
    """Iterate over the rows of a table, each as a dict by column. Cells of CSV are text.

    Raises:
        ArgumentError: when the file cannot be read; the message names the row.
    """
    match format_of(path):
        case "jsonl":
            return _read_json_lines(path)
        case "csv":
            return _read_csv(path)
        case _:
            return _read_parquet(path)


def _read_json_lines(path: Path) -> Iterator[Record]:
    with _explained(path), path.open(encoding="utf-8-sig") as lines:
        row = 0
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row += 1
            try:
                record: object = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ArgumentError(
                    f"{path}: row {row} (line {number}) is not JSON: {error}"
                ) from None
            if not isinstance(record, dict):
                raise ArgumentError(f"{path}: row {row} (line {number}) is not a JSON object.")
            yield cast("Record", record)


def _read_csv(path: Path) -> Iterator[Record]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with _explained(path), path.open(encoding="utf-8-sig", newline="") as lines:
        # Spreadsheets write semicolons in locales with a decimal comma.
        heading = lines.readline()
        separator = next((one for one in _SEPARATORS if one in heading), ",")
        lines.seek(0)
        reader = csv.reader(lines, strict=True, delimiter=separator)
        try:
            names = next(reader, None)
            if not names or len(set(names)) < len(names):
                raise ArgumentError(f"{path}: its first line must name each column once.")
            for number, cells in enumerate((line for line in reader if line), 1):
                if len(cells) != len(names):
                    raise ArgumentError(
                        f"{path}: row {number} has {len(cells)} cells, the header has {len(names)}."
                    )
                yield dict(zip(names, cells, strict=True))
        except csv.Error as error:
            raise ArgumentError(f"{path}: line {reader.line_num}: {error}.") from None


def _read_parquet(path: Path) -> Iterator[Record]:
    parquet = _parquet()
    with _explained(path), parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_AT_ONCE):
            yield from batch.to_pylist()


@contextmanager
def _explained(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except UnicodeDecodeError:
        raise ArgumentError(f"{path} is not UTF-8 text.") from None
    except OSError as error:
        raise ArgumentError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        if isinstance(error, ArgumentError):
            raise
        # pyarrow's errors are ValueErrors.
        reason = str(error).rstrip(".")
        raise ArgumentError(f"{path} cannot be read: {reason}.") from None


Rows: TypeAlias = Callable[[], Iterable[Mapping[str, Any]]]
"""Returns the rows of a table; called once per pass over them."""


def write_rows(path: Path, columns: Sequence[str], rows: Rows, like: Path | None = None) -> None:
    """Write a table, whole or not at all. Values that CSV and Parquet cannot hold become JSON.

    In Parquet, columns keep the type that they have in the table `like`.
    """
    form = format_of(path)
    with atomic_file(path) as output:
        if form == "parquet":
            _write_parquet(output, columns, rows, like)
            return
        text = io.TextIOWrapper(output, "utf-8", errors="replace", newline="")
        if form == "jsonl":
            text.writelines(f"{_json(row)}\n" for row in rows())
        else:
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_cell(row.get(name)) for name in columns] for row in rows())
        text.detach()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_json_form)


def _json_form(value: object) -> object:
    """Return the JSON form of a Parquet value that JSON has no type for, such as a date."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _write_parquet(output: Any, columns: Sequence[str], rows: Rows, like: Path | None) -> None:
    """Write rows in groups. A new column is text unless all its values are numbers or booleans."""
    parquet = _parquet()
    arrow: Any = sys.modules["pyarrow"]
    known: dict[str, Any] = {}
    if like is not None and format_of(like) == "parquet":
        known = {one.name: one.type for one in parquet.read_schema(like)}
    seen: dict[str, set[type[object]]] = {name: set() for name in columns if name not in known}
    for row in rows():
        for name, types in seen.items():
            value: object = row.get(name)
            is_huge = isinstance(value, int) and not -(2**63) <= value < 2**63
            types.add(str if is_huge else type(value))
    kinds = {name: _kind(types - {type(None)}) for name, types in seen.items()}
    schema = arrow.schema(
        [(name, known.get(name) or getattr(arrow, kinds[name])()) for name in columns]
    )
    left = iter(rows())
    with parquet.ParquetWriter(output, schema) as writer:
        while group := list(islice(left, _AT_ONCE)):
            cells = {
                name: [_fitted(row.get(name), kinds.get(name)) for row in group] for name in columns
            }
            writer.write_table(arrow.table(cells, schema=schema))


def _kind(types: Set[type]) -> str:
    """Return pyarrow's name for the type of a column with values of these Python types."""
    if types == {bool}:
        return "bool_"
    if types and types <= {int, float}:
        return "float64" if float in types else "int64"
    return "string"


def _fitted(value: object, kind: str | None) -> object:
    if kind != "string" or value is None:
        return value
    return _cell(value).encode(errors="replace").decode()  # Arrow refuses lone surrogates.


def _parquet() -> Any:
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise HubsmithError(
            'Parquet needs pyarrow. Run: pip install "hubsmith[parquet]", or use .jsonl or .csv.'
        ) from None
