"""Reporting on several Spaces: a progress bar, lines of text, or one JSON document."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from ..ir.json_type import Json
from .commands import ERROR, NO, OK
from .console import (
    Colour,
    Level,
    annotation,
    document,
    explained,
    fail,
    painted,
    printable,
    warn,
)
from .display import StatusLine

Result = TypeVar("Result")

THREADS = 16
"""How many Spaces are processed at the same time at most."""

_WIDTH = 24


class Progress(StatusLine):
    """A progress bar for several stages, such as reading all Spaces and then writing all clients.

    Thread-safe. After `clear`, the next change draws it again.
    """

    def __init__(
        self, stages: int, *, is_quiet: bool = False, stream: TextIO | None = None
    ) -> None:
        super().__init__(stream, is_quiet=is_quiet)
        self._stages = stages
        self._stage = -1
        self._verb = ""
        self._total = self._done = 0
        self._busy: list[str] = []
        self._guard = threading.RLock()

    def clear(self) -> None:
        """Erase the bar, so that something else can be printed."""
        with self._guard:
            super().clear()

    def each(self, verb: str, names: Iterable[str]) -> Generator[str, None, None]:
        """Begin a stage and yield its Spaces, showing each one while the caller works on it."""
        names = list(names)
        self.stage(verb, len(names))
        for name in names:
            with self.working(name):
                yield name

    def stage(self, verb: str, total: int) -> None:
        """Begin the next stage, such as "reading", for this many Spaces."""
        with self._guard:
            self._stage += 1
            self._verb, self._total, self._done = verb, total, 0
            self._draw()

    @contextmanager
    def working(self, label: str) -> Generator[None, None, None]:
        """Show a Space while the block works on it, and count it at the end."""
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
        share = self._done / self._total if self._total else 1.0
        done = "#" * round(_WIDTH * min(1.0, (self._stage + share) / self._stages))
        busy = f": {', '.join(self._busy)}" if self._busy else ""
        text = f"[{done:-<{_WIDTH}}] {self._verb} {self._done}/{self._total}{busy}"
        self.status(text, green=done)


class Report:
    """Collects what is reported about each Space, and the exit status; used as a `with` block.

    The format `json` prints one JSON document at the end instead of lines, `github` prints
    annotations for differences and failures; `quiet` prints only what needs the user's attention.
    """

    def __init__(self, options: argparse.Namespace, *, stages: int) -> None:
        form: str = options.format if "format" in options else "json" if options.json else "text"
        self._is_json = form == "json"
        self._annotates = form == "github"
        self.is_silent: bool = self._is_json or options.quiet
        self.bar = Progress(stages, is_quiet=self.is_silent)
        self.status = OK
        self.failed: set[str] = set()
        self._spaces: dict[str, dict[str, Json]] = {}

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.bar.clear()
        if self._is_json and kind is None:
            print(document({"status": self.status, "spaces": dict(self._spaces)}))

    @contextmanager
    def space(self, name: str) -> Generator[None, None, None]:
        """Report an exception in the block as a failure of this Space, and let the others go on."""
        try:
            yield
        except (ImportError, BrokenPipeError):
            raise  # A missing extra is missing for every Space.
        except Exception as error:
            text = str(explained(error))
            self.bar.clear()
            self.tell(name, error=text)
            self.status = max(self.status, ERROR)
            self.failed.add(name)
            if self._annotates:
                print(annotation("error", text, title=name))
            else:
                fail(text if text.startswith(name) else f"{name}: {text}")

    def tell(
        self, name: str, text: str = "", *, colour: Colour | None = None, **facts: Json
    ) -> None:
        """Print a line about a Space after its name in a colour; nothing if the text is empty.

        The facts go into the JSON document.
        """
        self._spaces.setdefault(name, {}).update(facts)
        if text and not self.is_silent:
            self._say(name, text, colour)

    def find(self, name: str, text: str, level: Level, file: Path) -> None:
        """Report a difference; an error sets the exit status to 1, and is printed with `quiet`."""
        is_error = level == "error"
        self.status = max(self.status, NO if is_error else OK)
        if self._annotates:
            self.bar.clear()
            print(annotation(level, text, title=name, file=file))
        elif not self._is_json and (is_error or not self.is_silent):
            self._say(name, text, "red" if is_error else "yellow")

    def _say(self, name: str, text: str, colour: Colour | None) -> None:
        head = printable(name)
        self.bar.clear()
        print(f"{painted(head, colour, sys.stdout) if colour else head}: {printable(text)}")

    def show(self, *lines: str) -> None:
        """Print lines as they are, unless the format or `quiet` rules them out."""
        if not self.is_silent:
            self.bar.clear()
            print("\n".join(map(printable, lines)))

    def warn(self, name: str, text: str) -> None:
        """Warn about a Space."""
        warnings = self._spaces.setdefault(name, {}).setdefault("warnings", [])
        if isinstance(warnings, list):
            warnings.append(text)
        if not self.is_silent:
            self.bar.clear()
            warn(f"{name}: {text}")

    def at_once(
        self, verb: str, names: Iterable[str], work: Callable[[str], Result]
    ) -> dict[str, Result]:
        """Begin a stage and work on all Spaces concurrently; a failure does not stop the others.

        For work that mostly waits, since threads share one interpreter. Returns the results of the
        Spaces that did not fail, in their order.
        """
        names = list(names)
        self.bar.stage(verb, len(names))

        def shown(name: str) -> Result:
            with self.bar.working(name):
                return work(name)

        calls: list[Callable[[], Result]] = [partial(shown, name) for name in names]
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hubsmith")
        try:
            if len(names) > 1:  # A single one runs in this thread, where Ctrl-C ends it at once.
                futures = [pool.submit(call) for call in calls]
                wait(futures)
                calls = [future.result for future in futures]
            results: dict[str, Result] = {}
            for name, call in zip(names, calls, strict=True):
                with self.space(name):
                    results[name] = call()
            return results
        finally:
            # After an interrupt, do not start the rest.
            pool.shutdown(cancel_futures=True)
