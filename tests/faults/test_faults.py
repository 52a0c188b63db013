"""The table of faults: each call ends in time, with a typed error or the right result.

`make test-faults` runs the whole table, other runs a part in which every fault and every exchange is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.cells import Cell, all_cells
from tests.faults.table import Figures, Table

pytestmark = pytest.mark.slow

_IS_WHOLE = os.environ.get("HUBSMITH_FAULTS") == "all"
_REPORT = Path("build/faults.txt")


def part(cells: list[Cell]) -> list[Cell]:
    """Choose cells such that every fault, every exchange and every caller is among them."""
    chosen: list[Cell] = []
    for number, fault in enumerate(dict.fromkeys(cell.fault for cell in cells)):
        if not fault.is_heavy:
            alike = [cell for cell in cells if cell.fault is fault]
            chosen.append(alike[number * 7 % len(alike)])
    return chosen


def test_every_call_ends(table: Table, show: Callable[[Figures], None]) -> None:
    cells = all_cells()
    chosen = cells if _IS_WHOLE else part(cells)
    if only := os.environ.get("HUBSMITH_FAULTS_ONLY"):  # For whoever looks into one of them.
        chosen = [cell for cell in cells if only in str(cell)]
    figures = table.run(chosen)
    show(figures)
    if _IS_WHOLE:
        _REPORT.parent.mkdir(exist_ok=True)
        _REPORT.write_text("\n".join([*map(str, figures.outcomes), str(figures)]), encoding="utf-8")
    assert not figures.bad(), "\n".join(figures.bad())
