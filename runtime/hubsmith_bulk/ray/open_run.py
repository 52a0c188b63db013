"""`OpenRun`: a run that takes its rows in batches, for as long as the Ray actor lives."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hubsmith_runtime import HubsmithError

from ..callers import Caller
from ..engine import Engine
from ..failures import asked_to_wait
from ..options import Settings
from ..values import Values


class Outcome(NamedTuple):
    """The outcome of a row: a value or an error."""

    value: Any = None
    error: Exception | None = None


class OpenRun:
    """Makes the calls of concurrent batches with one engine and one limit on concurrent calls.

    Its input is endless. An error that ends the engine, such as an exhausted quota, is the outcome
    of all unfinished rows and of later ones, until the time to retry if the server announced one.

    Args:
        make: Returns the caller for a new engine.
        settings: The options of the run.
        files: The folder for files of results; `None` does not download them.
    """

    def __init__(self, make: Callable[[], Caller], settings: Settings, files: Path | None) -> None:
        self._make, self._settings, self._files = make, settings, files
        self._rows: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()  # Not yet taken by an engine.
        self._outcomes: dict[str, asyncio.Future[Outcome]] = {}  # Of unfinished rows, by key.
        self._engine: Engine | None = None
        self._work: asyncio.Task[None] | None = None
        self._name, self._count = uuid.uuid4().hex, 0
        self._ended: Exception | None = None
        self._again = 0.0  # When to send rows again (`time.monotonic`).

    async def outcomes(self, contents: Sequence[Any]) -> list[Outcome]:
        """Return the outcome of each row of a batch, in order."""
        if self._ended is not None and time.monotonic() < self._again:
            return [Outcome(error=self._ended)] * len(contents)
        self._ended = None
        coming = [self._add(content) for content in contents]
        if coming and (self._work is None or self._work.done()):
            self._work = asyncio.ensure_future(self._run())
        return await asyncio.gather(*coming)

    def _add(self, content: Any) -> asyncio.Future[Outcome]:
        self._count += 1
        # An explicit id avoids hashing the row, and is unique among actors that share `files`.
        key = f"{self._name}-{self._count}"
        self._outcomes[key] = asyncio.get_running_loop().create_future()
        self._rows.put_nowait((key, content))
        return self._outcomes[key]

    async def close(self) -> None:
        """Wait for the calls in progress, and close all connections."""
        if self._engine is not None and self._work is not None:
            self._engine.stop()
            await self._work

    async def _run(self) -> None:
        caller = self._make()
        engine = self._engine = Engine(caller, self._coming(), self._settings)
        # Downloads files, although there is no journal.
        engine.values = Values(caller, self._files)
        try:
            async for done in engine.results():
                self._settle(done.key, Outcome(done.result, done.error))
        except Exception as error:
            self._end(error)

    async def _coming(self) -> AsyncGenerator[tuple[str, Any], None]:
        while True:
            yield await self._rows.get()

    def _settle(self, key: str, outcome: Outcome) -> None:
        if not (future := self._outcomes.pop(key)).done():  # Else its batch was cancelled.
            future.set_result(outcome)

    def _end(self, error: Exception) -> None:
        """Set the error that ended the engine as the outcome of all unfinished rows."""
        self._rows = asyncio.Queue()
        for key in list(self._outcomes):
            self._settle(key, Outcome(error=error))
        if isinstance(error, HubsmithError):
            self._ended = error
            self._again = time.monotonic() + (asked_to_wait(error) or float("inf"))
