"""What a terminal shows of a call while it goes on: one line that changes, and what stays."""

from __future__ import annotations

import os
import unicodedata
from typing import Any, TextIO

from hubsmith_runtime import Event, Log, Partial, Progress, ProgressUnit, Queued, Started

from ..console import columns, printable

_BAR = 20
_CLEAR = "\r\x1b[2K"


class Display:
    """The line that says where a call stands, and the log lines above it, on a terminal only."""

    def __init__(self, stream: TextIO, *, is_quiet: bool = False) -> None:
        self._stream = stream
        self._shows = stream.isatty() and not is_quiet
        self._can_erase = os.environ.get("TERM", "") not in ("", "dumb")
        self._status = ""
        self._parts = 0
        self._yields = False

    def yield_line(self) -> None:
        """Leave the line to text that grows on the same terminal; what stays still is shown."""
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
        """Show the stage of a Space that is waited for."""
        self.status(f"The Space is {stage} ...")

    def status(self, text: str) -> None:
        """Change the line that says where the call stands."""
        if not self._shows or not self._can_erase or not text or self._yields:
            return
        line = _cut(printable(text), columns(self._stream))
        if line != self._status:
            print(f"{_CLEAR}{line}", end="", file=self._stream, flush=True)
            self._status = line

    def keep(self, text: str) -> None:
        """Show a line that stays."""
        if self._shows:
            status = self._status
            self.clear()
            # Text that grows has not ended its line.
            start = "\n" if self._yields else ""
            print(f"{start}{printable(text)}", file=self._stream, flush=True)
            self.status(status)

    def clear(self) -> None:
        """Take the changing line away."""
        if self._status:
            print(_CLEAR, end="", file=self._stream, flush=True)
            self._status = ""


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
    """Keep a line within the terminal: one that wraps could not be taken away."""
    width = 0
    for place, character in enumerate(line):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width >= columns:
            return line[:place]
    return line
