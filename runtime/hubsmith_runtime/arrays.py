"""Arrays and data frames as arguments: known by what they can do, so that nothing is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast


class TableLike(Protocol):
    """A table that is taken for an argument: a DataFrame of pandas, or an array of numpy."""

    @property
    def ndim(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...


def is_array(given: object) -> bool:
    """Whether a value is an array of any shape, a number of numpy included, or a data frame."""
    is_another = isinstance(given, (type, memoryview))
    return not is_another and (hasattr(given, "tolist") or hasattr(given, "itertuples"))


def json_forms(given: Any) -> Iterator[Any]:
    """Yield the JSON that an array or a data frame may become; nothing for any other value.

    An array is the same in lists, or else a table; a data frame is a table as a Space's Dataframe
    has it, without the index, or else the list of its rows. Cells that are missing are null.
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
            # A cell that is not a number is the only one that differs from itself.
            rows = [
                [None if cell != cell else cell for cell in row]
                for row in _rows(cast("list[Any]", listed))
            ]
            yield _table([str(place) for place in range(1, len(rows[0]) + 1)] if rows else [], rows)


def _rows(listed: list[Any]) -> list[list[Any]]:
    return [row if isinstance(row, list) else [row] for row in listed]


def _table(headers: list[Any], rows: list[list[Any]]) -> dict[str, Any]:
    return {"headers": headers, "data": rows, "metadata": None}
