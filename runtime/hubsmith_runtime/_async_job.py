"""`AsyncJob`: one call that goes on while its caller does other things, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

from ._async_channel import AsyncChannel
from ._events import Event
from ._job import BaseJob, EventReader

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R", covariant=True)


class AsyncJob(BaseJob[AsyncChannel, R]):
    """A call under way; see `Job`. Iterate it with `async for`.

    When the task that awaits `result()` is cancelled, so is the job.
    """

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

    async def cancel(self) -> bool:
        """Cancel the job; `False` when it was at its end already."""
        return await self._channel.cancel(self._state)

    async def events(self) -> AsyncIterator[Event[R]]:
        """Iterate over everything that happens to the job, from its beginning to its end."""
        async for event in self._read(self._reader()):
            yield event

    async def __aiter__(self) -> AsyncIterator[R]:
        reader = self._reader()
        async for event in self._read(reader):
            for value in reader.results(event):
                yield value

    def add_done_callback(self, callback: Callable[[AsyncJob[R]], object]) -> None:
        """Call `callback(job)` at the job's end, in the event loop."""
        self._channel.add_callback(self._state, lambda: self._call_back(callback))

    async def _read(self, reader: EventReader[R]) -> AsyncIterator[Event[R]]:
        while not reader.is_at_end():
            await self._channel.wait(reader.has_news, self._state, None)
            for event in reader.take():
                yield event
