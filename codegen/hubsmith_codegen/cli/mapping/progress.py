"""How a run shows where it stands: a line that changes on a terminal, a line a minute in a pipe."""

from __future__ import annotations

import sys
import time

from hubsmith_bulk import Summary

from ..calling.display import Display

_EVERY, _EVERY_IN_A_PIPE = 0.1, 60.0  # Seconds.


class RunProgress:
    """Shows the summary of a run on the error stream.

    Args:
        total: How many rows there are.
    """

    def __init__(self, total: int, *, is_quiet: bool = False) -> None:
        self._total, self._is_quiet = total, is_quiet
        self._is_terminal = sys.stderr.isatty()
        self._display = Display(sys.stderr, is_quiet=is_quiet)
        self._shown = time.monotonic()

    def show(self, summary: Summary) -> None:
        """Show where a run stands, if it is time to."""
        now = time.monotonic()
        if self._is_quiet or now - self._shown < (
            _EVERY if self._is_terminal else _EVERY_IN_A_PIPE
        ):
            return
        self._shown = now
        text = status_line(summary, self._total)
        if self._is_terminal:
            self._display.status(text)
        else:
            print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the changing line away."""
        self._display.clear()


def status_line(summary: Summary, total: int) -> str:
    """Say in a line where a run stands."""
    finished = summary.done + summary.failed + summary.skipped
    parts = [f"{finished} of {total} rows", f"{summary.failed} failed"]
    if summary.skipped:
        parts.append(f"{summary.skipped} from before")
    parts += [f"{summary.rate:.1f} a second", f"{summary.concurrency} at a time"]
    if summary.rate and finished < total:
        parts.append(f"{_clock((total - finished) / summary.rate)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
