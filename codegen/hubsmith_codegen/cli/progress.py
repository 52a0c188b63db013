"""One line on a terminal that shows how far several Spaces have come."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import TextIO

from .console import is_terminal, painted, printable

_WIDTH = 24
_CLEAR = "\r\x1b[2K"


class Progress:
    """A bar for work in several stages, such as reading all Spaces and then writing all clients.

    It is drawn on the error stream where that is a terminal, until it is cleared.
    Several threads may use it.

    Args:
        stages: How many stages there are.
        is_quiet: Draw nothing.
        stream: Where to draw; default: the error stream.
    """

    def __init__(
        self, stages: int, *, is_quiet: bool = False, stream: TextIO | None = None
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = not is_quiet and is_terminal(self._stream)
        self._stages = stages
        self._stage = -1
        self._verb = ""
        self._total = 0
        self._done = 0
        self._busy: list[str] = []
        self._guard = threading.Lock()

    def clear(self) -> None:
        """Take the bar away, so that something else can be printed; it comes back by itself."""
        with self._guard:
            if self._is_shown:
                self._put(_CLEAR)

    def each(self, verb: str, names: Iterable[str]) -> Generator[str, None, None]:
        """Begin a stage and yield its Spaces, each shown as long as the caller works on it."""
        names = list(names)
        self.stage(verb, len(names))
        for name in names:
            with self.working(name):
                yield name

    def stage(self, verb: str, total: int) -> None:
        """Begin the next stage.

        Args:
            verb: What is done in it, such as "reading".
            total: How many Spaces it is done for.
        """
        with self._guard:
            self._stage += 1
            self._verb, self._total, self._done = verb, total, 0
            self._draw()

    @contextmanager
    def working(self, label: str) -> Generator[None, None, None]:
        """Show a Space while the block works on it, and count it in the end."""
        with self._guard:
            self._busy.append(label)
            self._draw()
        try:
            yield
        finally:
            with self._guard:
                self._busy.remove(label)
                self._done += 1
                self._draw()

    def _draw(self) -> None:
        if not self._is_shown:
            return
        share = self._done / self._total if self._total else 1.0
        filled = round(_WIDTH * min(1.0, (self._stage + share) / self._stages))
        bar = painted("#" * filled, "green", self._stream) + "-" * (_WIDTH - filled)
        text = f"{self._verb} {self._done}/{self._total}"
        if self._busy:
            text += f": {', '.join(map(printable, self._busy))}"
        room = shutil.get_terminal_size().columns - _WIDTH - 4
        self._put(f"{_CLEAR}[{bar}] {text[: max(room, 0)]}")

    def _put(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
