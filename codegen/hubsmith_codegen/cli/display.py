"""Progress on a terminal: one status line that changes, and lines above it that stay."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import Any, TextIO

from hubsmith_runtime import Event, Log, Partial, Progress, ProgressUnit, Queued, Started

from .console import columns, painted, printable

_BAR = 20
_CLEAR = "\r\x1b[2K"


class StatusLine:
    """A status line on stderr that changes, and lines above it that stay; on a terminal only."""

    def __init__(self, stream: TextIO | None = None, *, is_quiet: bool = False) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shows = self._stream.isatty() and not is_quiet
        self._can_erase = os.environ.get("TERM", "") not in ("", "dumb")
        self._status = ""

    def status(self, text: str, *, green: str = "") -> None:
        """Change the status line; its part `green` is coloured."""
        if not self._shows or not self._can_erase or not text:
            return
        line = _cut(printable(text), columns(self._stream))
        if line != self._status:
            shown = line.replace(green, painted(green, "green", self._stream), 1) if green else line
            print(f"{_CLEAR}{shown}", end="", file=self._stream, flush=True)
            self._status = line

    def keep(self, text: str) -> None:
        """Print a line that stays, above the status line."""
        if self._shows:
            status = self._status
            self.clear()
            print(printable(text), file=self._stream, flush=True)
            self.status(status)

    def clear(self) -> None:
        """Erase the status line."""
        if self._status:
            print(_CLEAR, end="", file=self._stream, flush=True)
            self._status = ""


class CallDisplay(StatusLine):
    """Shows the state of a call, with the lines of its log above."""

    _parts = 0
    _yields = False

    def yield_line(self) -> None:
        """Stop using the status line, for text that grows in its place; kept lines still appear."""
        self.clear()
        self._yields = True

    def on_event(self, event: Event[Any]) -> None:
        """Show what happened to the job."""
        match event:
            case Queued(rank=None, eta=eta):
                self.status(f"In the queue{_about(eta)} ...")
            case Queued(rank=int(rank), queue_size=size, eta=eta):
                of = f" of {size}" if size else ""
                self.status(f"In the queue: position {rank + 1}{of}{_about(eta)} ...")
            case Started(eta=eta):
                self.status(f"Running{_about(eta)} ...")
            case Progress(units=units):
                self.status("  ".join(_bar(unit) for unit in units))
            case Log(line=line):
                title = f"{line.title}: " if line.title and line.title.lower() != line.level else ""
                self.keep(f"{line.level}: {title}{line.message}")
            case Partial():
                self._parts += 1
                self.status(f"Partial results: {self._parts}")
            case _:
                self.clear()

    def on_stage(self, stage: str) -> None:
        """Show the stage of a Space that is still starting."""
        self.status(f"The Space is {stage} ...")

    def status(self, text: str, *, green: str = "") -> None:
        """See `StatusLine`."""
        if not self._yields:
            super().status(text, green=green)

    def keep(self, text: str) -> None:
        """See `StatusLine`."""
        if self._yields and self._shows:
            print(file=self._stream)  # The growing text has not ended its line yet.
        super().keep(text)


def _about(eta: float | None) -> str:
    return f", about {eta:.0f} s" if eta is not None and eta >= 1 else ""


def _bar(unit: ProgressUnit) -> str:
    share = unit.progress
    count = ""
    if unit.index is not None:
        of = f"/{unit.length}" if unit.length else ""
        count = f" {unit.index}{of} {unit.unit or 'steps'}"
        if share is None and unit.length:
            share = unit.index / unit.length
    what = unit.desc or "Working"
    if share is None:
        return f"{what}{count} ..."
    share = min(max(share, 0.0), 1.0)
    filled = round(share * _BAR)
    return f"{what} [{'#' * filled}{'.' * (_BAR - filled)}]{count or f' {share:.0%}'}"


def _cut(line: str, columns: int) -> str:
    """Cut a line to the width of the terminal: one that wraps could not be erased."""
    width = 0
    for place, character in enumerate(line):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width >= columns:
            return line[:place]
    return line
