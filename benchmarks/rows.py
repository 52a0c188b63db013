"""Results of benchmarks: rows with a ratio, its target, and why a target is missed."""

from __future__ import annotations

import resource
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One comparison.

    Attributes:
        what: What was measured, including the quantity.
        ours: The figure of hubsmith, in `unit`.
        peer: What hubsmith is compared with; empty if the target is for `ours` itself.
        theirs: The figure of the peer.
        target: The upper bound of `ours / theirs`, or of `ours` without a peer; the lower bound if
            `more` is better.
        why: Why the target is missed, if known.
    """

    what: str
    unit: str
    ours: float
    peer: str = ""
    theirs: float | None = None
    target: float | None = None
    more: bool = False
    why: str = ""

    @property
    def value(self) -> float:
        """The value that the target applies to: the ratio, or the figure itself."""
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def is_met(self) -> bool:
        if self.target is None:
            return True
        return self.value >= self.target if self.more else self.value <= self.target

    def cells(self) -> list[str]:
        """Return the cells of a table: what, hubsmith, peer, ratio, target and verdict."""
        bound = "" if self.target is None else f"{'≥' if self.more else '≤'} {self.target:g}"
        if self.theirs is None:
            peer, ratio, bound = "", "", f"{bound} {self.unit}" if bound else ""
        else:
            peer, ratio = f"{self.peer}  {figure(self.theirs)} {self.unit}", f"{self.value:.2f}"
        verdict = "met"
        if self.target is not None and not self.is_met:
            percent = abs(self.value / self.target - 1) * 100
            verdict = f"missed by {percent:.0f} %{': ' if self.why else ''}{self.why}"
        return [
            self.what,
            f"{figure(self.ours)} {self.unit}",
            peer,
            ratio,
            bound,
            verdict if self.target is not None else "",
        ]


HEADINGS = ["what", "hubsmith", "other", "hubsmith / other", "target", ""]


def figure(value: float) -> str:
    """Format a number with three significant digits and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def text_table(rows: Sequence[Row]) -> str:
    """Return a table for the terminal."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS) - 1)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]
        ).rstrip()
        for line in lines
    )


def markdown_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def in_turns(
    subjects: dict[str, Callable[[], Any]],
    rounds: int,
    clock: Callable[[], float],
    warm_up: int = 1,
    reduce: Callable[[Sequence[float]], float] = statistics.median,
) -> dict[str, float]:
    """Run the subjects alternately, in rotating order, and return the median time of each.

    If a subject returns a float, that is used as its time instead of the clock.
    """
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    order = list(subjects)
    for turn in range(rounds + warm_up):
        order.append(order.pop(0))
        for name in order:
            start = clock()
            own = subjects[name]()
            if turn >= warm_up:
                taken[name].append(own if isinstance(own, float) else clock() - start)
    return {name: reduce(seconds) for name, seconds in taken.items()}


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the children it has waited for."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
