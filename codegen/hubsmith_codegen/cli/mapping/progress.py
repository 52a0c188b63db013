"""How a run shows where it stands: a line that changes on a terminal, a line a minute in a pipe."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from hubsmith_bulk import Summary
from typing_extensions import Self

from ..display import StatusLine

EVERY, EVERY_IN_A_PIPE = 0.1, 60.0
"""Seconds from one look at a run to the next."""


class RunProgress:
    """Shows on the error stream where a run stands for as long as a block runs.

    Args:
        summary: Says where it stands.
        total: How many rows there are.
    """

    def __init__(
        self, summary: Callable[[], Summary], total: int, *, is_quiet: bool = False
    ) -> None:
        self._summary, self._total = summary, total
        self._display = StatusLine(is_quiet=is_quiet)
        self._is_over = threading.Event()
        # In a thread of its own: rows may take longer than it takes to ask what goes on.
        self._thread = None if is_quiet else threading.Thread(target=self._show, daemon=True)

    def _show(self) -> None:
        is_terminal = sys.stderr.isatty()
        while not self._is_over.wait(EVERY if is_terminal else EVERY_IN_A_PIPE):
            text = status_line(self._summary(), self._total)
            if is_terminal:
                self._display.status(text)
            else:
                print(text, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        self._display.clear()


def status_line(summary: Summary, total: int) -> str:
    """Say in a line where a run stands."""
    finished = summary.done + summary.failed + summary.skipped
    parts = [f"{finished} of {total} rows", f"{summary.failed + summary.failed_before} failed"]
    if summary.skipped:
        parts.append(f"{summary.skipped} from before")
    parts += [f"{summary.rate:.1f} a second", f"{summary.concurrency} at a time"]
    if summary.rate and finished < total:
        parts.append(f"{_clock((total - finished) / summary.rate)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
