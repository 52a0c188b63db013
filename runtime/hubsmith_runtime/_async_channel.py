"""`AsyncChannel`: the asyncio shell around one session. See `_channel` for how streams are kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

from ._answers import JSON_HEADERS, STREAM_HEADERS, check, read_event_id
from ._encode import Call
from ._errors import HubsmithError, InferenceTimeoutError
from ._events import Cancelled
from ._job_state import JobState, Session
from ._live import LiveSpace
from ._messages import closed_error, lost_error, parse_message
from ._sse import EventDecoder
from ._transport import AsyncStreamResponse, AsyncTransport

_CANCEL_TIMEOUT = 5.0


class AsyncChannel:
    """Sends jobs of one session and reads their events in one task, while any are pending.

    Args:
        transport: What sends.
        base: The Space's API root.
        live: The running Space.
        session_hash: The name of the session.
    """

    def __init__(
        self, transport: AsyncTransport, base: str, live: LiveSpace, session_hash: str
    ) -> None:
        self.session = Session(session_hash)
        self._transport = transport
        self._base = base
        self._live = live
        self._reader: asyncio.Task[None] | None = None
        self._stream: AsyncStreamResponse | None = None
        self._messages: AsyncIterator[bytes] | None = None
        self._may_end = True
        self._closing = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._background: set[asyncio.Task[None]] = set()

    async def join(self, call: Call, state: JobState) -> None:
        """Send a job and start to read its events.

        Raises:
            HubsmithError: when it is not accepted.
        """
        self.session.begin_join()
        event_id: str | None = None
        try:
            response = await self._transport.request(
                "POST",
                f"{self._base}/queue/join",
                headers=JSON_HEADERS,
                content=call.body(self.session.hash),
            )
            event_id = read_event_id(response, state.where)
        finally:
            self.session.end_join(event_id, state)
        if self._closing:
            self.session.lose(closed_error)
        self._ensure_reader()

    async def wait(
        self, is_met: Callable[[], bool], state: JobState, timeout: float | None
    ) -> None:
        """Wait until a condition is met.

        Raises:
            InferenceTimeoutError: after `timeout` seconds.
        """
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
                raise InferenceTimeoutError(
                    f"{state.where}: no answer in time. The job goes on: wait longer or cancel it."
                ) from None
            finally:
                self._waiting.discard(future)

    async def cancel(self, state: JobState) -> bool:
        """Cancel a job; `False` for a job that was at its end."""
        if state.outcome is not None:
            return False
        response = await self._transport.request(
            "POST",
            f"{self._base}/cancel",
            headers=JSON_HEADERS,
            content=self.session.cancel_body(state),
        )
        # Servers before 4.31 cannot cancel: the job is forgotten here, and runs on there.
        if response.status not in (404, 405):
            check(response, f"{state.where}: cancel")
        self.session.end(state, Cancelled())
        self._notify()
        return state.is_cancelled

    async def forget(self, state: JobState) -> None:
        """Try to cancel a job whose caller has gone, for five seconds at most."""
        task = asyncio.ensure_future(self._try_cancel(state))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        with contextlib.suppress(asyncio.CancelledError, asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(task), _CANCEL_TIMEOUT)

    def add_callback(self, state: JobState, callback: Callable[[], None]) -> None:
        """Call back once when a job is at its end; at once where it is already."""
        if state.outcome is None:
            state.callbacks.append(callback)
        else:
            callback()

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

    async def _try_cancel(self, state: JobState) -> None:
        try:
            await self.cancel(state)
        except HubsmithError:
            self.session.end(state, Cancelled())
            self._notify()

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
            else:
                self._may_end = True

    async def _read_some(self) -> None:
        try:
            if self._messages is None:
                self._messages = await self._open()
            payload = await anext(self._messages, None)
        except HubsmithError as error:
            await self._broken(error)
            return
        if payload is None:
            await self._broken(None)
            return
        message = parse_message(payload)
        if message is None:
            return
        if self.session.concerns(message):
            # Old servers end the stream with the last job and do not announce it.
            ends_job = message.get("msg") == "process_completed"
            self._may_end = ends_job and not self._live.announces_close
        is_over = self.session.receive(message)
        self._notify()
        if is_over:
            await self._drop_stream()

    async def _open(self) -> AsyncIterator[bytes]:
        url = f"{self._base}/queue/data?session_hash={quote(self.session.hash)}"
        limit = self._live.silence_limit
        stream = await self._transport.open_stream(
            "GET", url, headers=STREAM_HEADERS, timeout=float("inf") if limit is None else limit
        )
        if stream.status != 200:
            try:
                check(await stream.aread(), "event stream")
            finally:
                await stream.aclose()
        self._stream, self._may_end = stream, False
        return _payloads(stream)

    async def _broken(self, error: HubsmithError | None) -> None:
        """The stream ended without saying so."""
        may_go_on = self._may_end and self._stream is not None
        await self._drop_stream()
        if not may_go_on:
            self.session.lose(lambda where: lost_error(where, error))
            self._notify()

    async def _drop_stream(self) -> None:
        stream, self._stream, self._messages = self._stream, None, None
        if stream is not None:
            await stream.aclose()

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
