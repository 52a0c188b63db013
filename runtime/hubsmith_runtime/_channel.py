"""`Channel`: the blocking shell around one session.

Nobody reads the event stream until someone waits for a job. A blocking call reads it in its own
thread and hands the events of others on; when it leaves, another waiting thread takes over. Only
jobs that nobody waits for need a thread: one for all, while such jobs are pending.

A stream is never closed between calls, because the server takes that for the end of every job
of the session and may notice late. What is left of it is read by the next call.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from . import _requests
from ._answers import check, check_cancel
from ._connection import Connection
from ._encode import Call
from ._errors import HubsmithError
from ._events import Cancelled
from ._job_state import JobState, Session
from ._messages import closed_error, lost_error, slow_error
from ._sse import EventDecoder
from ._transport import StreamResponse, Transport

_CLOSE_TIMEOUT = 5.0


class Channel:
    """Sends jobs of one session and waits for their events."""

    def __init__(self, transport: Transport, connection: Connection, session_hash: str) -> None:
        self.session = Session(session_hash, announces_close=connection.live.announces_close)
        self._transport = transport
        self._connection = connection
        self._base = connection.base
        self._silence_limit = connection.live.silence_limit
        self._changed = threading.Condition()
        self._is_read = False
        self._stream: StreamResponse | None = None
        self._payloads: Iterator[bytes] = iter(())
        self._thread: threading.Thread | None = None
        self._closing = False

    def expect(self) -> None:
        """Note that a job is about to be sent."""
        with self._changed:
            self.session.begin_join()

    def join(self, call: Call, state: JobState) -> None:
        """Send a job that was announced by `expect`."""
        event_id: str | None = None
        try:
            joining = self._connection.join(self.session.hash, call, state.where)
            event_id = self._transport.converse(joining)
        finally:
            with self._changed:
                self.session.end_join(event_id, state)
                if self._closing:
                    self.session.lose(closed_error)

    def wait(self, state: JobState) -> None:
        """Block until a job is at its end, reading the stream in this thread if nobody else does."""
        while True:
            with self._changed:
                while state.outcome is None and self._is_read:
                    self._changed.wait()
                if state.outcome is not None:
                    return
                self._is_read = True
            self._read_until(lambda: state.outcome is not None)

    def watch(self) -> None:
        """See to it that events are read although nobody waits."""
        with self._changed:
            if not self._is_read and self.session.pending and not self._closing:
                self._is_read = True
                self._thread = threading.Thread(
                    target=self._read_until,
                    args=(lambda: not self.session.pending,),
                    name="hubsmith-events",
                    daemon=True,
                )
                self._thread.start()

    def wait_in_thread(
        self, is_met: Callable[[], bool], state: JobState, deadline: float | None
    ) -> None:
        """Block until a condition is met or a deadline passes, while another thread reads."""
        with self._changed:
            while not is_met():
                self.watch()
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    raise slow_error(state.where)
                self._changed.wait(remaining)

    def cancel(self, state: JobState) -> bool:
        """Cancel a job; `False` for a job that was at its end."""
        if state.outcome is not None:
            return False
        with self._changed:
            self.session.begin_cancel(state)
        sent = _requests.cancel(self._base, self.session.hash, state.fn_index, state.event_id)
        check_cancel(self._transport.request(sent.method, sent.url, **sent.options), state.where)
        self._end(state)
        return state.is_cancelled

    def forget(self, state: JobState) -> None:
        """Try to cancel a job whose caller has gone."""
        try:
            self.cancel(state)
        except HubsmithError:
            self._end(state)

    def add_callback(self, state: JobState, callback: Callable[[], None]) -> None:
        """Call back once when a job is at its end; at once where it is already."""
        with self._changed:
            if state.outcome is None:
                state.callbacks.append(callback)
                return
        callback()

    def leave(self) -> None:
        """Close, and tell a Space that keeps the session's state that it can be forgotten."""
        self.close()
        sent = _requests.heartbeat(self._base, self.session.hash)
        # The Space forgets the state of a session when a heartbeat of it ends.
        with (
            contextlib.suppress(HubsmithError),
            self._transport.stream(sent.method, sent.url, **sent.options) as stream,
        ):
            next(stream.iter_bytes(), None)

    def close(self) -> None:
        """End the stream, and with it every pending job and the thread."""
        with self._changed:
            self._closing = True
            self.session.lose(closed_error)
            stream, thread, is_read = self._stream, self._thread, self._is_read
            self._changed.notify_all()
        if stream is not None:
            stream.abort()
            if not is_read:
                self._drop_stream()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_CLOSE_TIMEOUT)
        self._call_back()

    def _read_until(self, is_done: Callable[[], bool]) -> None:
        """Read and hand out events as the one reader, then pass that on."""
        try:
            while True:
                with self._changed:
                    if is_done() or self._closing:
                        return
                self._read_some()
        except BaseException:
            # Interrupted inside a read, by Ctrl-C for example. The server ends every job of a
            # session whose stream is closed.
            self._drop_stream()
            with self._changed:
                self.session.lose(lambda where: lost_error(where, None))
            raise
        finally:
            with self._changed:
                if self._closing:
                    self._drop_stream()
                    self.session.lose(closed_error)
                self._is_read = False
                self._thread = None
                # A waiting thread takes over; one that waits with a deadline starts the thread.
                if any(state.keeps_events for state in self.session.pending.values()):
                    self.watch()
                self._changed.notify_all()
            self._call_back()

    def _read_some(self) -> None:
        payload: bytes | None = None
        failure: HubsmithError | None = None
        try:
            if self._stream is None:
                self._open()
            payload = next(self._payloads, None)
        except HubsmithError as error:
            failure = error
        with self._changed:
            is_over = self.session.feed(payload, failure)
            self._changed.notify_all()
        if is_over:
            if payload is not None:
                # Read to its end, the connection can carry the next request.
                with contextlib.suppress(HubsmithError):
                    next(self._payloads, None)
            self._drop_stream()
        self._call_back()

    def _open(self) -> None:
        sent = _requests.events(self._base, self.session.hash, self._silence_limit)
        attempt = 0
        while True:
            attempt += 1
            try:
                stream = self._transport.stream(sent.method, sent.url, **sent.options)
                if stream.status == 200:
                    break
                with stream:
                    check(stream.read(), "event stream")
            except HubsmithError as error:
                wait = self._connection.retries.next_wait(attempt, error)
                if wait is None:
                    raise
                with self._changed:
                    if not self._closing:
                        self._changed.wait(wait)
        with self._changed:
            self._stream, self._payloads = stream, _payloads(stream)
            self.session.open()

    def _drop_stream(self) -> None:
        stream, self._stream, self._payloads = self._stream, None, iter(())
        if stream is not None:
            stream.close()

    def _end(self, state: JobState) -> None:
        with self._changed:
            self.session.end(state, Cancelled())
            self._changed.notify_all()
        self._call_back()

    def _call_back(self) -> None:
        with self._changed:
            callbacks = self.session.take_finished()
        for callback in callbacks:
            callback()


def _payloads(stream: StreamResponse) -> Iterator[bytes]:
    decoder = EventDecoder()
    for chunk in stream.iter_bytes():
        yield from decoder.feed(chunk)
