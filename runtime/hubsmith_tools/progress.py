"""The progress of a call, in the form that MCP hosts show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hubsmith_runtime import Event, Log, Partial, Progress, Queued, Started

from .words import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolProgress:
    """The progress of a call. Within one call, `progress` never decreases."""

    progress: float
    """Steps done, added up over successive progress bars; each partial result is a step, too."""
    total: float | None
    """The total number of steps, if known."""
    message: str
    """What the call is doing."""


class ProgressCount:
    """Combines the progress bars and partial results of a job into one count."""

    def __init__(self) -> None:
        self._before = 0.0  # Steps of earlier bars.
        self._now = 0.0  # Steps of the current one.
        self._partials = 0

    def of(self, event: Event[Any]) -> ToolProgress | None:
        """Return the progress after an event, or `None` if the event says nothing about it."""
        match event:
            case Queued(rank=int(rank)):
                return self._report(f"In the queue, {rank} ahead.")
            case Started():
                return self._report("Started.")
            case Progress(units=(unit, *_)):
                if unit.index is not None:
                    steps, length = float(unit.index), unit.length
                else:
                    steps, length = unit.progress or 0.0, 1
                shown = f"{steps:g} of {length:g}" if length else f"{steps:g}"
                about = f", {quoted(unit.desc)}" if unit.desc else ""
                return self._step(steps, length, f"{shown} steps{about}")
            case Log(line=line):
                return self._report(f"The Space says: {quoted(line.message)}.")
            case Partial():
                self._partials += 1
                return self._step(self._partials, None, f"Partial result {self._partials}.")
            case _:
                return None

    def _step(self, steps: float, length: float | None, message: str) -> ToolProgress:
        if steps < self._now:
            self._before += self._now
        self._now = steps
        total = None if length is None else self._before + length
        return self._report(message, total)

    def _report(self, message: str, total: float | None = None) -> ToolProgress:
        return ToolProgress(progress=self._before + self._now, total=total, message=message)
