"""`AsyncChannel`: the asyncio shell around one session. See `_channel` for how streams are kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from . import _requests
from ._answers import check, check_cancel
from ._connection import Connection
from ._encode import Call
from ._errors import HubsmithError
from ._events import Cancelled
from ._job_state import JobState, Session
from ._messages import closed_error, lost_error, slow_error
from ._sse import EventDecoder
from ._transport import AsyncStreamResponse, AsyncTransport

_CANCEL_TIMEOUT = 5.0


class AsyncChannel:
    """Sends jobs of one session and reads their events in one task, while any are pending."""

    def __init__(
        self, transport: AsyncTransport, connection: Connection, session_hash: str
    ) -> None:
        self.session = Session(session_hash, announces_close=connection.live.announces_close)
        self._transport = transport
        self._connection = connection
        self._base = connection.base
        self._silence_limit = connection.live.silence_limit
        self._reader: asyncio.Task[None] | None = None
        self._stream: AsyncStreamResponse | None = None
        self._payloads: AsyncIterator[bytes] | None = None
        self._closing = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._background: set[asyncio.Task[None]] = set()

    def expect(self) -> None:
        """Note that a job is about to be sent."""
        self.session.begin_join()

    async def join(self, call: Call, state: JobState) -> None:
        """Send a job that was announced by `expect`, and start to read its events."""
        sending = self._start(self._send(call, state))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            if sending.cancelled():
                raise closed_error(state.where) from None
            # The job may be accepted all the same, and nobody would wait for it.
            await self._briefly(self._cancel_sent(sending, state))
            raise
        self._ensure_reader()

    async def wait(
        self, is_met: Callable[[], bool], state: JobState, timeout: float | None
    ) -> None:
        """Wait until a condition is met, for so many seconds at most."""
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while not is_met():
            self._ensure_reader()
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            try:
                remaining = None if deadline is None else deadline - loop.time()
                await asyncio.wait_for(future, remaining)
            except (asyncio.TimeoutError, TimeoutError):
                raise slow_error(state.where) from None
            finally:
                self._waiting.discard(future)

    async def cancel(self, state: JobState) -> bool:
        """Cancel a job; `False` for a job that was at its end."""
        if state.outcome is not None:
            return False
        self.session.begin_cancel(state)
        sent = _requests.cancel(self._base, self.session.hash, state.fn_index, state.event_id)
        response = await self._transport.request(sent.method, sent.url, **sent.options)
        check_cancel(response, state.where)
        self._end(state)
        return state.is_cancelled

    async def forget(self, state: JobState) -> None:
        """Try to cancel a job whose caller has gone, for five seconds at most."""
        await self._briefly(self._try_cancel(state))

    def add_callback(self, state: JobState, callback: Callable[[], None]) -> None:
        """Call back once when a job is at its end; at once where it is already."""
        if state.outcome is None:
            state.callbacks.append(callback)
        else:
            callback()

    async def leave(self) -> None:
        """Close, and tell a Space that keeps the session's state that it can be forgotten."""
        await self.close()
        sent = _requests.heartbeat(self._base, self.session.hash)
        with contextlib.suppress(HubsmithError):
            stream = await self._transport.stream(sent.method, sent.url, **sent.options)
            async with stream:
                await anext(stream.aiter_bytes(), None)

    async def close(self) -> None:
        """End the stream, and with it every pending job and the task."""
        self._closing = True
        self.session.lose(closed_error)
        self._notify()
        tasks = [*self._background, *([self._reader] if self._reader is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._drop_stream()

    async def _send(self, call: Call, state: JobState) -> None:
        event_id: str | None = None
        try:
            joining = self._connection.join(self.session.hash, call, state.where)
            event_id = await self._transport.converse(joining)
        finally:
            self.session.end_join(event_id, state)
        if self._closing:
            self.session.lose(closed_error)

    async def _cancel_sent(self, sending: asyncio.Task[None], state: JobState) -> None:
        with contextlib.suppress(HubsmithError):
            await sending
            await self._try_cancel(state)

    async def _try_cancel(self, state: JobState) -> None:
        try:
            await self.cancel(state)
        except HubsmithError:
            self._end(state)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that goes on when its caller is cancelled, and ends with the channel."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _briefly(self, work: Coroutine[Any, Any, None]) -> None:
        with contextlib.suppress(asyncio.CancelledError, asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._start(work)), _CANCEL_TIMEOUT)

    def _ensure_reader(self) -> None:
        if self.session.pending and self._reader is None and not self._closing:
            self._reader = asyncio.ensure_future(self._serve())

    async def _serve(self) -> None:
        try:
            while self.session.pending:
                await self._read_some()
        finally:
            self._reader = None
            if self.session.pending:  # The task itself was cancelled, by a loop that ends.
                self.session.lose(lambda where: lost_error(where, None))
                self._notify()

    async def _read_some(self) -> None:
        payload: bytes | None = None
        failure: HubsmithError | None = None
        try:
            if self._payloads is None:
                self._payloads = await self._open()
            payload = await anext(self._payloads, None)
        except HubsmithError as error:
            failure = error
        is_over = self.session.feed(payload, failure)
        self._notify()
        if is_over:
            if payload is not None and self._payloads is not None:
                # Read to its end, the connection can carry the next request.
                with contextlib.suppress(HubsmithError):
                    await anext(self._payloads, None)
            await self._drop_stream()

    async def _open(self) -> AsyncIterator[bytes]:
        sent = _requests.events(self._base, self.session.hash, self._silence_limit)
        attempt = 0
        while True:
            attempt += 1
            try:
                stream = await self._transport.stream(sent.method, sent.url, **sent.options)
                self._stream = stream
                if stream.status == 200:
                    break
                check(await stream.aread(), "event stream")
            except HubsmithError as error:
                await self._drop_stream()
                wait = self._connection.retries.next_wait(attempt, error)
                if wait is None:
                    raise
                await self._transport.pause(wait)
        self.session.open()
        return _payloads(stream)

    async def _drop_stream(self) -> None:
        stream, self._stream, self._payloads = self._stream, None, None
        if stream is not None:
            await stream.aclose()

    def _end(self, state: JobState) -> None:
        self.session.end(state, Cancelled())
        self._notify()

    def _notify(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        for callback in self.session.take_finished():
            callback()


async def _payloads(stream: AsyncStreamResponse) -> AsyncIterator[bytes]:
    decoder = EventDecoder()
    async for chunk in stream.aiter_bytes():
        for payload in decoder.feed(chunk):
            yield payload
