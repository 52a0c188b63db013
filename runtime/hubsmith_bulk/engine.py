"""The engine of a run, on asyncio: it pulls rows as places free up, and gives back what is done."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from importlib.metadata import version
from typing import Any

from hubsmith_runtime import HubsmithError

from .callers import Caller
from .changes import Changes
from .errors import JournalError, TooManyErrorsError
from .failures import CallError, asked_to_wait, verdict_of
from .inputs import Inputs
from .journal import SYNC_SECONDS, Journal
from .options import Settings
from .pace import Pace, duration
from .results import Done, Summary
from .rows import KeyIndex, Row
from .values import Values

_MOST_LOST = 3  # How often a row is sent whose answer is lost each time, where it may be.
_JUDGED_FROM = 100  # Rows, before a share of errors means something.
_WAITING = 32  # Results that wait for the caller, beside one for each call at a time.


class Engine:
    """Makes the calls of a run.

    Args:
        caller: Who makes one.
        items: The rows, or pairs of an id and a row.
        settings: The options of the run.
    """

    def __init__(
        self, caller: Caller, items: Iterable[Any] | AsyncIterable[Any], settings: Settings
    ) -> None:
        self._caller, self.settings = caller, settings
        self.pace = Pace(settings, caller.source)
        self._index = KeyIndex()
        self._inputs = Inputs(
            items, caller, self._index, self._open, retries_failed=settings.retry_failed
        )
        self._journal: Journal | None = None
        self._values = Values(caller, None)
        self._calls: set[asyncio.Task[None]] = set()
        self._again: deque[Row] = deque()  # Rows that were refused, and go first.
        self._results: deque[Done[Any]] = deque()
        self._changes = Changes()
        self._is_stopping = self._is_exhausted = False
        self.failure: BaseException | None = None  # Why the run ends early.
        self._done = self._failed = self._repeated = 0
        self._started = time.monotonic()
        self._ended: float | None = None

    # What the caller of the run sees

    async def results(self) -> AsyncGenerator[Done[Any], None]:
        """Iterate over what is done; afterwards raise why the run ended early, if it did."""
        pump = asyncio.ensure_future(self._pump())
        pump.add_done_callback(lambda _: self._changes.notify())
        try:
            while self._results or not pump.done():
                if self._results:
                    done = self._results.popleft()
                    self._changes.notify()
                    yield done
                else:
                    await self._changes.wait()
        finally:
            self.stop()
            await pump  # What is under way comes to its end, unless this is cancelled, too.
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Begin no further calls. Those under way go on to their end."""
        self._is_stopping = True
        self._changes.notify()

    def cancel(self) -> None:
        """Cancel the calls under way: their rows are not done."""
        self.stop()
        for call in self._calls:
            call.cancel()

    def summary(self) -> Summary:
        """Return what came of the run so far."""
        seconds = (self._ended or time.monotonic()) - self._started
        finished = self._done + self._failed
        return Summary(
            done=self._done,
            failed=self._failed,
            skipped=self._inputs.skipped,
            repeated=self._repeated,
            under_way=len(self._calls),
            seconds=seconds,
            rate=finished / seconds if seconds > 0 else 0.0,
            concurrency=self.pace.limiter.limit,
            next=self._advice(),
        )

    def _advice(self) -> str:
        """Say what to do where not everything is done."""
        again = "Run it again with the same checkpoint"
        if self.settings.checkpoint is None:
            again = "Run it again, with checkpoint= to be able to go on"
        if self.failure is not None:
            wait = asked_to_wait(self.failure)
            return f"{again}, in {duration(wait)}." if wait else f"{again}."
        if self._ended is not None and not self._is_exhausted:
            return f"{again}."
        return f"{again} and retry_failed=True: {self._failed} rows failed." if self._failed else ""

    # Rows

    async def _pump(self) -> None:
        """Begin calls as places free up, and see them to their end."""
        try:
            async with contextlib.aclosing(self._inputs.rows()) as rows:
                async for row, error in rows:
                    await self._begin_refused()
                    if error is None:
                        await self._begin(row)
                    elif await self._place():
                        self._finish(row, time.monotonic(), error=error)
                    if self._is_stopping:
                        break
                else:
                    self._is_exhausted = True
            while self._calls or (self._again and not self._is_stopping):
                await self._begin_refused()
                if self._calls:
                    await self._change()
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
            raise
        except Exception as error:  # Of the input, or the journal: the caller gets it.
            self._end_early(error)
            while self._calls:
                await self._change()
        finally:
            await self._close()

    async def _close(self) -> None:
        self._ended = time.monotonic()
        self._index.close()
        await self._caller.close()
        try:
            if self._journal is not None:
                self._journal.close()
        except JournalError as error:
            self._end_early(error)

    def _open(self, endpoint: str, content: Any) -> None:
        """Open the journal, now that it is known what the rows call."""
        if (path := self.settings.checkpoint) is not None:
            about = {
                "source": self._caller.source,
                "endpoint": endpoint,
                "spec": self._caller.digest_of(content),
                "versions": {"hubsmith": version("hubsmith"), "python": platform.python_version()},
            }
            self._journal = Journal(path, about, self._index)
            self._values = Values(self._caller, self._journal.files)

    # Calls

    async def _begin_refused(self) -> None:
        while self._again and not self._is_stopping:
            await self._begin(self._again.popleft())

    async def _begin(self, row: Row) -> None:
        if await self._place():
            call = asyncio.ensure_future(self._call(row))
            self._calls.add(call)
            call.add_done_callback(self._ended_call)

    async def _place(self) -> bool:
        """Wait until there is a place for one more call; `False` where the run ends before."""
        while not self._is_stopping:
            pause, limit = self.pace.pause, self.pace.limiter.limit
            has_room = len(self._results) < limit + _WAITING
            if not pause and has_room and len(self._calls) < limit:
                break
            await self._change(pause or None)
        if (wait := self.pace.reserve()) > 0:
            await asyncio.sleep(wait)
        return not self._is_stopping

    async def _change(self, seconds: float | None = None) -> None:
        """Wait until something happens: a call ends, a result is taken, the run is stopped."""
        if seconds is None and self._journal is not None:
            seconds = SYNC_SECONDS  # So that lines are on the disk in time, however slow the calls.
        await self._changes.wait(seconds)
        if self._journal is not None and self._journal.is_due():
            await asyncio.to_thread(self._journal.sync)

    def _ended_call(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._changes.notify()
        if not call.cancelled() and (error := call.exception()) is not None:
            self._end_early(error)

    async def _call(self, row: Row) -> None:
        started, under_way = time.monotonic(), len(self._calls)
        row.attempts += 1
        try:
            value, rank = await self._caller.call(row.content)
            self.pace.succeeded(started, rank, under_way)
            result = await self._values.settled(value)
        except CallError as failed:
            if not self._is_repeated(row, failed, started, under_way):
                self._finish(row, started, error=failed.error)
        except HubsmithError as error:  # A file of its result could not be fetched.
            self._finish(row, started, error=error)
        else:
            self._finish(row, started, result=result)

    def _is_repeated(self, row: Row, failed: CallError, started: float, under_way: int) -> bool:
        """Whether the row of a call that failed is not at its end: it is sent again, now or later."""
        match verdict_of(failed):
            case "busy":
                self.pace.busy(failed.error, started, under_way)
            case "away":
                self.pace.away(failed.error, started, under_way)
            case "lost":
                if not self.settings.repeat_lost or row.attempts >= _MOST_LOST:
                    return False
            case "run":
                self._end_early(failed.error)
                return True
            case "row":
                return False
        self._repeated += 1
        self._again.append(row)
        return True

    def _finish(
        self, row: Row, started: float, *, result: Any = None, error: Exception | None = None
    ) -> None:
        """Write a row that came to its end into the journal, and give it to the caller."""
        done: Done[Any] = Done(
            key=row.key,
            index=row.index,
            row=row.content,
            error=error,
            attempts=row.attempts,
            seconds=time.monotonic() - started,
            result=result,
        )
        if self._journal is not None:
            self._journal.append(self._values.entry(done))
        self._done += error is None
        self._failed += error is not None
        self._results.append(done)
        self._changes.notify()
        if error is not None:
            self._judge(error)

    def _judge(self, error: Exception) -> None:
        """End the run where too many rows failed."""
        if self.settings.on_error == "raise":
            return self._end_early(error)
        finished = self._done + self._failed
        most, share = self.settings.most_errors, self.settings.largest_share
        is_too_many = most is not None and self._failed > most
        if share is not None and finished >= _JUDGED_FROM:
            is_too_many |= self._failed > share * finished
        if is_too_many:
            words = f"{self._failed} of {finished} rows failed, more than max_errors allows."
            self._end_early(TooManyErrorsError(f"{words} The last one: {error}"))
        return None

    def _end_early(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
        self.stop()
