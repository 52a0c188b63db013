"""NumPy arrays and pandas data frames as arguments, duck-typed: neither package is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast


class TableLike(Protocol):
    """A table accepted as an argument: a pandas DataFrame or a NumPy array."""

    @property
    def ndim(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...


def is_array(given: object) -> bool:
    """Whether a value is an array of any shape, a NumPy scalar included, or a data frame."""
    is_another = isinstance(given, (type, memoryview))
    return not is_another and (hasattr(given, "tolist") or hasattr(given, "itertuples"))


def json_forms(given: Any) -> Iterator[Any]:
    """Yield the JSON forms of an array or a data frame in order of preference; else nothing.

    An array becomes nested lists, or else a table. A data frame becomes a table as Gradio's
    Dataframe has it, without the index, or else a list of rows. Missing cells are null.
    """
    if not is_array(given):
        return
    if hasattr(given, "itertuples"):
        cells = given.astype(object).where(given.notna(), None)
        rows = [list(row) for row in cells.itertuples(index=False, name=None)]
        yield _table(given.columns.tolist(), rows)
        yield rows
    else:
        yield (listed := given.tolist())
        if isinstance(listed, list):
            # Only NaN differs from itself.
            rows = [
                [None if cell != cell else cell for cell in row]
                for row in _rows(cast("list[Any]", listed))
            ]
            yield _table([str(place) for place in range(1, len(rows[0]) + 1)] if rows else [], rows)


def _rows(listed: list[Any]) -> list[list[Any]]:
    return [row if isinstance(row, list) else [row] for row in listed]


def _table(headers: list[Any], rows: list[list[Any]]) -> dict[str, Any]:
    return {"headers": headers, "data": rows, "metadata": None}
