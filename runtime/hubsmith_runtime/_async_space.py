"""`AsyncSpace`: the asyncio client that generated clients stand on."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

from ._async_channel import AsyncChannel
from ._async_job import AsyncJob
from ._connection import connect
from ._endpoint import Request
from ._errors import InferenceTimeoutError
from ._job_state import JobState
from ._space import BaseSpace
from ._transport import AsyncTransport

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")


class AsyncSpace(BaseSpace[AsyncChannel, AsyncTransport]):
    """A Gradio Space for asyncio; see `Space` for the arguments.

    Use it within one event loop. Cancelling a task that waits for a call cancels the call.
    """

    _connecting: asyncio.Lock | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result; see `Space.run`."""
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        channel, state, job = await self._start(request, keeps_events=False)
        try:
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            await channel.wait(job.done, state, remaining)
        except BaseException as error:
            await channel.forget(state)
            if isinstance(error, InferenceTimeoutError):
                raise self._slow_error(request) from None
            raise
        return await job.result()

    async def submit(self, request: Request[R]) -> AsyncJob[R]:
        """Send a call and return while it goes on; see `Space.submit`."""
        _, _, job = await self._start(request, keeps_events=True)
        return job

    # What generated methods call.
    _run, _submit = run, submit

    async def aclose(self) -> None:
        """End pending jobs and close every connection. Closing twice does no harm."""
        for channel in self._shut():
            await channel.close()
        if self._transport is not None:
            await self._transport.aclose()

    close = aclose

    async def _start(
        self, request: Request[R], *, keeps_events: bool
    ) -> tuple[AsyncChannel, JobState, AsyncJob[R]]:
        self._connecting = self._connecting or asyncio.Lock()
        async with self._connecting:
            self._check_open()
            if self._transport is None:
                self._transport = AsyncTransport(self._where.credentials(None))
            transport = self._transport
            if self._connection is None:
                exchange = connect(self._where, self._auth, self._folder, transport)
                self._connection = await transport.converse(exchange)
            connection = self._connection
            if self._channel is None:
                self._channel = AsyncChannel(transport, connection, self._session_hash)
            channel = self._channel
        preparing = connection.prepare(request, keeps_events=keeps_events)
        call, state, decode = await transport.converse(preparing)
        for upload in call.uploads:
            await upload.file.acache()
        await transport.converse(connection.upload(call))
        await channel.join(call, state)
        return channel, state, AsyncJob(channel, state, decode)


class AsyncJobs:
    """The endpoints of a Space, each returning an `AsyncJob` at once."""

    def __init__(self, space: AsyncSpace) -> None:
        self._space = space

    async def _submit(self, request: Request[R]) -> AsyncJob[R]:
        return await self._space.submit(request)
