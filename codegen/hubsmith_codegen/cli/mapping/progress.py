"""The progress of a run: a status line on a terminal, a line per minute elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from hubsmith_bulk import Summary
from typing_extensions import Self

from ..display import StatusLine

EVERY, EVERY_IN_A_PIPE = 0.1, 60.0
"""Seconds between two updates."""


class RunProgress:
    """Shows the progress of a run on stderr while a block runs.

    Args:
        summary: Returns the current state of the run.
        total: How many rows there are.
    """

    def __init__(
        self, summary: Callable[[], Summary], total: int, *, is_quiet: bool = False
    ) -> None:
        self._summary, self._total = summary, total
        self._display = StatusLine(is_quiet=is_quiet)
        self._is_over = threading.Event()
        # In a thread of its own, because a single row may take longer than the update interval.
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
    """Describe the state of a run in one line."""
    finished = summary.done + summary.failed + summary.skipped
    parts = [f"{finished} of {total} rows", f"{summary.failed + summary.failed_before} failed"]
    if summary.skipped:
        parts.append(f"{summary.skipped} from before")
    parts += [f"{summary.rate:.1f} per second", f"{summary.concurrency} at a time"]
    if summary.rate and finished < total:
        parts.append(f"{_clock((total - finished) / summary.rate)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
