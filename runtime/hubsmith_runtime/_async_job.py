"""`AsyncJob`: one call that goes on while its caller does other things, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._async_channel import AsyncChannel
from ._events import Completed, Event, Partial
from ._job import TypedEvents, call_safely
from ._job_state import JobState
from ._status import JobStatus

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R", covariant=True)


class AsyncJob(Generic[R]):
    """A call under way; see `Job`. Iterate it with `async for`.

    When the task that awaits `result()` is cancelled, so is the job.
    """

    def __init__(
        self, channel: AsyncChannel, state: JobState, decode: Callable[[list[Any]], R]
    ) -> None:
        self._channel = channel
        self._state = state
        self._decode = decode
        self._results: list[R] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._state.where}: {self._state.status().stage}>"

    def __await__(self) -> Generator[Any, None, Self]:
        return self
        yield  # Awaiting a job gives the job, so that an `await` too many does no harm.

    async def result(self, timeout: float | None = None) -> R:
        """Wait for the final result; see `Job.result` for the errors."""
        try:
            await self._channel.wait(self.done, self._state, timeout)
        except asyncio.CancelledError:
            await self._channel.forget(self._state)
            raise
        return self._final()

    def status(self) -> JobStatus:
        """Return where the job stands, without waiting."""
        return self._state.status()

    def done(self) -> bool:
        """Whether the job is at its end: finished, failed or cancelled."""
        return self._state.outcome is not None

    async def cancel(self) -> bool:
        """Cancel the job; `False` when it was at its end already."""
        return await self._channel.cancel(self._state)

    async def events(self) -> AsyncIterator[Event[R]]:
        """Iterate over everything that happens to the job, from its beginning to its end."""
        typed = TypedEvents(self._decode)
        while True:
            await self._channel.wait(
                lambda: self.done() or typed.taken < len(self._state.events), self._state, None
            )
            for event in typed.take(self._state, self._final):
                yield event
            if self.done() and typed.taken == len(self._state.events):
                return

    async def __aiter__(self) -> AsyncIterator[R]:
        has_partial = False
        async for event in self.events():
            if isinstance(event, Partial):
                has_partial = True
                yield event.value
            elif isinstance(event, Completed) and not has_partial:
                yield event.value

    def add_done_callback(self, callback: Callable[[AsyncJob[R]], object]) -> None:
        """Call `callback(job)` at the job's end, in the event loop."""
        self._channel.add_callback(self._state, lambda: call_safely(callback, self))

    def _final(self) -> R:
        if not self._results:
            self._results.append(self._decode(self._state.values()))
        return self._results[0]
