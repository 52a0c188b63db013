"""Batches of rows from Ray Data: Arrow tables, dicts of NumPy arrays or pandas data frames."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast

from hubsmith_runtime import ArgumentError

from .arrow import arrow

Batch: TypeAlias = Any
"""A `pyarrow.Table`, a `dict` of column names to NumPy arrays, or a `pandas.DataFrame`."""


class Columns(Protocol):
    """The columns of a batch."""

    names: list[str]
    count: int
    """The number of rows."""

    def rows(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return the values of the named columns, row by row."""
        ...

    def plus(self, own: Mapping[str, Any]) -> Batch:
        """Return a batch of the same kind with columns added; same names are replaced."""
        ...


def columns_of(batch: Batch) -> Columns:
    """Return the columns of a batch.

    Raises:
        ArgumentError: if it is of another type.
    """
    if isinstance(batch, arrow().Table):
        return _Table(batch)
    if isinstance(batch, Mapping):
        return _Arrays(cast("Mapping[str, Any]", batch))
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(batch, pandas.DataFrame):
        return _Frame(batch)
    raise ArgumentError(
        f"a batch must be a pyarrow.Table, a dict of numpy arrays or a pandas.DataFrame, got "
        f"{type(batch).__name__}: set batch_format='pyarrow' in map_batches."
    )


class _Table:
    def __init__(self, table: Any) -> None:
        self._table = table
        self.names, self.count = table.column_names, table.num_rows

    def rows(self, names: Sequence[str]) -> list[dict[str, Any]]:
        if not names:
            return [{} for _ in range(self.count)]
        return self._table.select(list(names)).to_pylist()

    def plus(self, own: Mapping[str, Any]) -> Batch:
        table = self._table.drop_columns([name for name in self.names if name in own])
        for name, values in own.items():
            table = table.append_column(name, values)
        return table


class _Arrays:
    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self._arrays = arrays
        self.names = list(arrays)
        self.count = len(next(iter(arrays.values()), ()))

    def rows(self, names: Sequence[str]) -> list[dict[str, Any]]:
        columns = [self._values(self._arrays[name]) for name in names]
        if not columns:
            return [{} for _ in range(self.count)]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def _values(self, array: Any) -> list[Any]:
        """Return the Python value of each row, or a subarray of a multidimensional array."""
        return array.tolist() if getattr(array, "ndim", 0) == 1 else list(array)

    def plus(self, own: Mapping[str, Any]) -> Batch:
        kept = {name: array for name, array in self._arrays.items() if name not in own}
        return {**kept, **own}  # Ray accepts Arrow columns among arrays, and keeps their types.


class _Frame:
    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.names, self.count = list(frame.columns), len(frame)

    def rows(self, names: Sequence[str]) -> list[dict[str, Any]]:
        if not names:
            return [{} for _ in range(self.count)]
        table = arrow().Table.from_pandas(self._frame[list(names)], preserve_index=False)
        return table.to_pylist()

    def plus(self, own: Mapping[str, Any]) -> Batch:
        typed = sys.modules["pandas"].arrays.ArrowExtensionArray
        return self._frame.assign(**{name: typed(values) for name, values in own.items()})
