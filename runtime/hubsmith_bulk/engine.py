"""The asyncio engine of a run: pulls rows as slots become free, and yields finished rows."""

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
from .slots import Slots
from .values import Values, entry_of

_MOST_LOST = 3  # Attempts at a row whose answer is lost each time, with `repeat_lost`.
_WAITING = 32  # Results buffered for the consumer, in addition to one for each concurrent call.


class Engine:
    """Makes the calls of a run.

    Args:
        caller: Makes a single call.
        items: Rows or `(id, row)` pairs.
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
        self.values = Values(caller, None)
        self._pumping: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()  # One for each unfinished row.
        self._results: deque[Done[Any]] = deque()
        self._changes = Changes()
        self._slots = Slots(self.pace, self._changes)
        self._is_exhausted = False
        self.failure: BaseException | None = None  # Why the run ends early.
        self._done = self._failed = self._repeated = 0
        self._started = time.monotonic()
        self._ended: float | None = None

    # For the consumer of the results

    async def results(self) -> AsyncGenerator[Done[Any], None]:
        """Iterate over finished rows, then raise the error that ended the run early, if any."""
        pumping = self._pumping = asyncio.ensure_future(self._pump())
        pumping.add_done_callback(lambda _: self._changes.notify())
        try:
            while self._results or not pumping.done():
                if self._results:
                    done = self._results.popleft()
                    self._changes.notify()
                    yield done
                else:
                    await self._changes.wait()
        finally:
            await self.close()
        if self.failure is not None:
            raise self.failure

    async def close(self) -> None:
        """Start no more calls, and wait for those in progress.

        If cancelled, cancel them.
        """
        self.stop()
        if self._pumping is not None:
            await self._pumping

    def stop(self) -> None:
        """Start no more calls. Those in progress continue."""
        self._slots.is_closed = True
        self._changes.notify()

    def cancel(self) -> None:
        """Cancel the calls in progress. Their rows remain unfinished."""
        if self._pumping is not None:
            self._pumping.cancel()

    def summary(self) -> Summary:
        """Return the counts and rates of the run so far."""
        seconds = (self._ended or time.monotonic()) - self._started
        finished = self._done + self._failed
        return Summary(
            done=self._done,
            failed=self._failed,
            skipped=self._inputs.skipped,
            failed_before=self._inputs.failed_before,
            repeated=self._repeated,
            under_way=self._slots.taken,
            seconds=seconds,
            rate=finished / seconds if seconds > 0 else 0.0,
            concurrency=self.pace.limiter.limit,
            next=self._advice(),
        )

    def _advice(self) -> str:
        """Return what to do next if not every row succeeded, else an empty text."""
        old, new = "the same checkpoint", "checkpoint= to make it resumable"
        again = f"Run it again with {new if self.settings.checkpoint is None else old}"
        if self.failure is not None:
            wait = asked_to_wait(self.failure)
            return f"{again}, in {duration(wait)}." if wait else f"{again}."
        if self._ended is not None and not self._is_exhausted:
            return f"{again}."
        failed = self._failed + self._inputs.failed_before
        return f"Failed rows: {failed}. {again} and retry_failed=True." if failed else ""

    # Rows

    async def _pump(self) -> None:
        """Start calls as slots become free, and wait for them to finish."""
        syncing, feeding = asyncio.ensure_future(self._sync()), asyncio.ensure_future(self._feed())
        feeding.add_done_callback(self._ended_task)
        is_cut = False
        try:
            while self._calls or not feeding.done():
                if self._slots.is_closed and not is_cut:
                    is_cut = feeding.cancel()  # Do not wait: the next row may never come.
                await self._changes.wait()
        finally:
            self.stop()
            await self._close(feeding, syncing, *self._calls)

    async def _feed(self) -> None:
        async with contextlib.aclosing(self._inputs.rows()) as rows:
            async for row, error in rows:
                if not await self._slots.take(self._has_room):
                    return
                if error is None:
                    call = asyncio.ensure_future(self._call(row))
                    self._calls.add(call)
                    call.add_done_callback(self._ended_task)
                else:
                    self._slots.free()
                    self._finish(row, time.monotonic(), error=error)
        self._is_exhausted = True

    def _has_room(self) -> bool:
        return len(self._results) < self.pace.limiter.limit + _WAITING

    async def _sync(self) -> None:
        """Sync the journal to disk in time, even if calls and input are slow."""
        while True:
            await asyncio.sleep(SYNC_SECONDS / 2)
            if self._journal is not None and self._journal.is_due():
                try:
                    await asyncio.to_thread(self._journal.sync)
                except JournalError as error:
                    self._end_early(error)

    async def _close(self, *tasks: asyncio.Task[None]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._ended = time.monotonic()
        self._index.close()
        try:
            await self._caller.close()
        finally:
            try:
                if self._journal is not None:
                    self._journal.close()
            except JournalError as error:
                self._end_early(error)

    def _open(self, endpoint: str, spec: str) -> None:
        """Open the journal, now that the endpoint of the rows is known."""
        if (path := self.settings.checkpoint) is not None:
            about = {
                "source": self._caller.source,
                "endpoint": endpoint,
                "spec": spec,
                "versions": {"hubsmith": version("hubsmith"), "python": platform.python_version()},
            }
            self._journal = Journal(path, about, self._index)
            self.values = Values(self._caller, self._journal.files)

    def _ended_task(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._changes.notify()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._end_early(error)  # From the input or the journal: raised to the consumer.

    # Calls

    async def _call(self, row: Row) -> None:
        """Make the call of a row that has a slot, and repeat it while it is refused."""
        has_slot = True
        try:
            while has_slot:
                started, under_way = time.monotonic(), self._slots.taken
                row.attempts += 1
                try:
                    value, rank = await self._caller.call(row.content)
                    self.pace.succeeded(started, rank, under_way)
                    stored = await self.values.settled(row.key, value)
                except CallError as failed:
                    if not self._is_repeated(row, failed, started, under_way):
                        return self._finish(row, started, error=failed.error)
                except JournalError:  # The disk is full.
                    raise
                except HubsmithError as error:  # A file of its result could not be fetched.
                    return self._finish(row, started, error=error)
                else:
                    return self._finish(row, started, result=value, stored=stored)
                has_slot = False
                self._slots.free()
                has_slot = await self._slots.take_again()
        except Exception as error:  # Before its slot is freed, so that no row takes it.
            self._end_early(error)
        finally:
            if has_slot:
                self._slots.free()
        return None

    def _is_repeated(self, row: Row, failed: CallError, started: float, under_way: int) -> bool:
        """Whether a row whose call failed is unfinished: it is sent again, now or on resuming."""
        match verdict_of(failed):
            case "busy" | "away" if self.pace.gives_up(row, failed.error):
                return False
            case "busy":
                self.pace.busy(failed.error, started, under_way)
            case "away":
                self.pace.away(failed.error, started, under_way)
            case "lost" if self.settings.repeat_lost and row.losses < _MOST_LOST - 1:
                row.losses += 1
            case "run":
                self._end_early(failed.error)
                return True
            case _:
                if failed.may_have_run:
                    self.pace.succeeded(started, None, under_way)  # The server answers.
                return False
        self._repeated += 1
        return True

    def _finish(
        self,
        row: Row,
        started: float,
        *,
        result: Any = None,
        stored: Any = None,
        error: Exception | None = None,
    ) -> None:
        """Write a finished row to the journal, and pass it to the consumer."""
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
            self._journal.append(entry_of(done, stored))
        self._done += error is None
        self._failed += error is not None
        self._results.append(done)
        self._changes.notify()
        if error is not None:
            self._judge(error)

    def _judge(self, error: Exception) -> None:
        """End the run if too many rows failed."""
        finished = self._done + self._failed
        if self.settings.on_error == "raise":
            self._end_early(error)
        elif self.settings.are_too_many(self._failed, finished):
            words = f"{self._failed} of {finished} rows failed, more than max_errors allows."
            self._end_early(TooManyErrorsError(f"{words} The last error: {error}"))

    def _end_early(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
        self.stop()
