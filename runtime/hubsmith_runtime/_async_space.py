"""`AsyncSpace`: the asyncio client that generated clients stand on."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING, TypeVar

from ._async_channel import AsyncChannel
from ._async_job import AsyncJob
from ._connection import Connection, Preparation
from ._endpoint import Request
from ._errors import InferenceTimeoutError, SessionLostError, SpaceUnavailableError
from ._job_state import JobState
from ._space import BaseSpace
from ._transport import AsyncTransport

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")


class AwaitableSpace(BaseSpace[AsyncChannel, AsyncTransport]):
    """Calls a Space within one event loop."""

    _connecting: asyncio.Lock | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End pending jobs and close every connection. Closing twice does no harm."""
        for channel in self._shut():
            await self._end(channel)
        if self._transport is not None:
            await self._transport.aclose()

    close = aclose

    async def _end(self, channel: AsyncChannel) -> None:
        connection = self._connection
        if connection is not None and connection.live.keeps_sessions:
            await channel.leave()
        else:
            await channel.close()

    async def _connect(self) -> tuple[AsyncTransport, Connection]:
        self._connecting = self._connecting or asyncio.Lock()
        async with self._connecting:
            self._check_open()
            if self._transport is None:
                self._transport = AsyncTransport(
                    self._where.credentials(None), verify=self._verify, patience=self._patience
                )
            if self._connection is None:
                approach = self._approach(self._transport)
                self._connection = await self._transport.converse(approach)
            return self._transport, self._connection

    async def _wait_for(self, prepare: Preparation[R]) -> R:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        for attempt in itertools.count(1):
            try:
                return await self._wait_once(prepare, deadline)
            except SessionLostError as error:
                wait = self._retries.next_wait(attempt, error, runs_job=True)
                if wait is None or self._transport is None:
                    raise
                await self._transport.pause(wait)
        raise AssertionError

    async def _wait_once(self, prepare: Preparation[R], deadline: float | None) -> R:
        channel, state, job = await self._start(prepare)
        try:
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            await channel.wait(job.done, state, remaining)
        except BaseException as error:
            await channel.forget(state)
            if isinstance(error, InferenceTimeoutError):
                raise self._slow_error(state) from None
            raise
        return await job.result()

    async def _begin(self, prepare: Preparation[R]) -> AsyncJob[R]:
        _, _, job = await self._start(prepare)
        return job

    async def _start(self, prepare: Preparation[R]) -> tuple[AsyncChannel, JobState, AsyncJob[R]]:
        try:
            return await self._send(prepare)
        except SpaceUnavailableError as error:
            if not self._is_asleep(error):
                raise
        return await self._send(prepare)

    async def _send(self, prepare: Preparation[R]) -> tuple[AsyncChannel, JobState, AsyncJob[R]]:
        transport, connection = await self._connect()
        call, state, decode = await transport.converse(prepare(connection))
        for upload in call.uploads:
            await upload.file.acache()
        await transport.converse(connection.upload(call))
        self._check_open()
        if self._channel is None:
            self._channel = AsyncChannel(transport, connection, self._session_hash)
        channel = self._channel
        channel.expect()
        idle = self._take_idle()
        await channel.join(call, state)
        for one in idle:
            await self._end(one)
        return channel, state, AsyncJob(channel, state, decode)


class AsyncSpace(AwaitableSpace):
    """A Gradio Space for asyncio; see `Space` for the arguments.

    Use it within one event loop. Cancelling a task that waits for a call cancels the call.
    """

    async def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result; see `Space.run`."""
        return await self._wait_for(lambda space: space.prepare(request, keeps_events=False))

    async def submit(self, request: Request[R]) -> AsyncJob[R]:
        """Send a call and return while it goes on; see `Space.submit`."""
        return await self._begin(lambda space: space.prepare(request, keeps_events=True))

    # What generated methods call.
    _run, _submit = run, submit


class AsyncJobs:
    """The endpoints of a Space, each returning an `AsyncJob` at once."""

    def __init__(self, space: AsyncSpace) -> None:
        self._space = space

    async def _submit(self, request: Request[R]) -> AsyncJob[R]:
        return await self._space.submit(request)
