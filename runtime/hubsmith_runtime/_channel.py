"""`Channel`: the blocking shell around one session.

Nobody reads the event stream until someone waits for a job. A blocking call reads it in its own
thread and hands the events of others on; when it leaves, another waiting thread takes over. Only
jobs that nobody waits for need a thread: one for all, while such jobs are pending.

A stream is never closed between calls, because the server takes that for the end of every job
of the session and may notice late. What is left of it is read by the next call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

from ._answers import JSON_HEADERS, STREAM_HEADERS, check, read_event_id
from ._encode import Call
from ._errors import HubsmithError, InferenceTimeoutError
from ._events import Cancelled, RawEvent
from ._job_state import JobState, Session
from ._live import LiveSpace
from ._messages import closed_error, lost_error, parse_message
from ._sse import EventDecoder
from ._transport import StreamResponse, Transport

_CLOSE_TIMEOUT = 5.0


class Channel:
    """Sends jobs of one session and waits for their events.

    Args:
        transport: What sends.
        base: The Space's API root.
        live: The running Space.
        session_hash: The name of the session.
    """

    def __init__(self, transport: Transport, base: str, live: LiveSpace, session_hash: str) -> None:
        self.session = Session(session_hash)
        self._transport = transport
        self._base = base
        self._live = live
        self._changed = threading.Condition()
        self._is_read = False
        self._stream: StreamResponse | None = None
        self._messages: Iterator[bytes] = iter(())
        self._may_end = True
        self._thread: threading.Thread | None = None
        self._closing = False

    def join(self, call: Call, state: JobState) -> None:
        """Send a job.

        Raises:
            HubsmithError: when it is not accepted.
        """
        with self._changed:
            self.session.begin_join()
        event_id: str | None = None
        try:
            response = self._transport.request(
                "POST",
                f"{self._base}/queue/join",
                headers=JSON_HEADERS,
                content=call.body(self.session.hash),
            )
            event_id = read_event_id(response, state.where)
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
                self._start_thread()

    def wait_in_thread(
        self, is_met: Callable[[], bool], state: JobState, deadline: float | None
    ) -> None:
        """Block until a condition is met, while another thread reads.

        Raises:
            InferenceTimeoutError: at the deadline, a value of `time.monotonic`.
        """
        with self._changed:
            while not is_met():
                if not self._is_read and self.session.pending and not self._closing:
                    self._start_thread()
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    raise InferenceTimeoutError(
                        f"{state.where}: no answer in time. The job goes on: wait longer or cancel it."
                    )
                self._changed.wait(remaining)

    def cancel(self, state: JobState) -> bool:
        """Cancel a job.

        Returns:
            Whether it was cancelled; `False` for a job that was at its end.
        """
        with self._changed:
            if state.outcome is not None:
                return False
        body = self.session.cancel_body(state)
        response = self._transport.request(
            "POST", f"{self._base}/cancel", headers=JSON_HEADERS, content=body
        )
        # Servers before 4.31 cannot cancel: the job is forgotten here, and runs on there.
        if response.status not in (404, 405):
            check(response, f"{state.where}: cancel")
        self._end(state, Cancelled())
        with self._changed:
            return state.is_cancelled

    def forget(self, state: JobState) -> None:
        """Try to cancel a job whose caller has gone."""
        try:
            self.cancel(state)
        except HubsmithError:
            self._end(state, Cancelled())

    def add_callback(self, state: JobState, callback: Callable[[], None]) -> None:
        """Call back once when a job is at its end; at once where it is already."""
        with self._changed:
            if state.outcome is None:
                state.callbacks.append(callback)
                return
        callback()

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

    def _start_thread(self) -> None:
        self._is_read = True
        self._thread = threading.Thread(target=self._serve, name="hubsmith-events", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._read_until(lambda: not self.session.pending)

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
                if not self.session.pending:
                    self._may_end = True
                self._is_read = False
                self._thread = None
                # A waiting thread takes over; one that waits with a deadline starts the thread.
                if self._watched() and not self._closing:
                    self._start_thread()
                self._changed.notify_all()
            self._call_back()

    def _watched(self) -> bool:
        return any(state.keeps_events for state in self.session.pending.values())

    def _read_some(self) -> None:
        try:
            if self._stream is None:
                self._open()
            payload = next(self._messages, None)
        except HubsmithError as error:
            self._broken(error)
            return
        if payload is None:
            self._broken(None)
            return
        message = parse_message(payload)
        if message is None:
            return
        with self._changed:
            if self.session.concerns(message):
                # Old servers end the stream with the last job and do not announce it.
                ends_job = message.get("msg") == "process_completed"
                self._may_end = ends_job and not self._live.announces_close
            is_over = self.session.receive(message)
            self._changed.notify_all()
        if is_over:
            self._drop_stream()
        self._call_back()

    def _open(self) -> None:
        url = f"{self._base}/queue/data?session_hash={quote(self.session.hash)}"
        limit = self._live.silence_limit
        stream = self._transport.open_stream(
            "GET", url, headers=STREAM_HEADERS, timeout=float("inf") if limit is None else limit
        )
        if stream.status != 200:
            try:
                check(stream.read(), "event stream")
            finally:
                stream.close()
        self._stream, self._messages, self._may_end = stream, _payloads(stream), False

    def _broken(self, error: HubsmithError | None) -> None:
        """The stream ended without saying so."""
        # A stream that was left over from an earlier call, or that ended with a job as it does in
        # old versions, has taken nothing along: a new one goes on.
        may_go_on = self._may_end and self._stream is not None
        self._drop_stream()
        if may_go_on:
            return
        with self._changed:
            self.session.lose(lambda where: lost_error(where, error))
            self._changed.notify_all()

    def _drop_stream(self) -> None:
        stream, self._stream, self._messages = self._stream, None, iter(())
        if stream is not None:
            stream.close()

    def _end(self, state: JobState, event: RawEvent) -> None:
        with self._changed:
            self.session.end(state, event)
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
