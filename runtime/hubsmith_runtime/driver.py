"""`Driver`: carries out calls in the caller's thread. `AsyncDriver` does so with asyncio."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from . import effects
from .effects import Deadline, DeadlineExceeded, Effect, Effects
from .errors import HubsmithError, InferenceTimeoutError
from .http import Body, HttpRequest, Response
from .limit import Limit
from .transport import Clients, Origins, failure_of, log, log_request, redirected

T = TypeVar("T")

CLOSE_SECONDS = 2.0  # How long close() waits for background work, such as cancelling a job.
_OPENED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")
_CONNECTED = "http11.send_request_headers.started"  # Except for CONNECT to a proxy.
_PIECE = 1 << 16  # Bytes written between two checks of the deadline.


class Driver:
    """Performs the effects of calls, blocking the caller's thread. It is thread-safe.

    One lock is held while a call runs between two effects, and released during each effect.
    """

    def __init__(self, origins: Origins, limit: Limit | None = None) -> None:
        self.origins, self.limit = origins, limit or Limit()
        self.is_closed = False
        self._streams = _Streams()
        self._clients = Clients(origins, "Client", self._streams.trace)
        self._lock = threading.RLock()  # A user's callback may start another call.
        self._ended = threading.Event()
        self._background: dict[threading.Thread, bool] = {}  # Whether each ends by itself.
        self._process = os.getpid()

    def call(self, call: Effects[T], timeout: float | None = None) -> T:
        """Carry out a call under the concurrency limit, once there is a free slot."""
        return self.run(self.limit.kept(call, threading.get_ident()), timeout)

    def run(self, call: Effects[T], timeout: float | None = None) -> T:
        """Carry out a call, within `timeout` seconds if given."""
        refuse_fork(self._process)
        deadline, value = Deadline(timeout), None
        failure: BaseException | None = None
        with self._lock:
            try:
                while True:
                    effect = call.send(value) if failure is None else call.throw(failure)
                    self._lock.release()
                    try:
                        value, failure = self._perform(effect, deadline), None
                    except BaseException as error:
                        failure = failure_of(error, effect, deadline)
                    finally:
                        self._lock.acquire()
            except StopIteration as end:
                return end.value
            except HubsmithError as error:
                self.origins.mask(error)
                raise
            except DeadlineExceeded as late:
                raise InferenceTimeoutError(f"{late} Try a longer timeout.") from None

    def _perform(self, effect: Effect, deadline: Deadline) -> Any:
        match effect:
            case effects.Send(request):
                return self._send(request, deadline)
            case effects.Open(request, seconds):
                return self._open(request, deadline.within(seconds))
            case effects.Read(body, seconds):
                return self._read(body, deadline.within(seconds))
            case effects.Close(body, is_read):
                return self._close(body, is_read)
            case effects.Sleep(seconds, why):
                log.info("Waiting %.1f s: %s", seconds, why)
                if deadline.is_over(seconds):
                    raise DeadlineExceeded
                return self._ended.wait(seconds)
            case effects.Wait():
                return self._wait(effect, deadline)
            case effects.Run(function):
                return function()
            case effects.Spawn(call, timeout):
                return self.spawn(call, timeout)

    def _open(self, request: HttpRequest, deadline: Deadline) -> Body:
        self._streams.caller.deadline, hop = deadline, 0
        while True:
            client, built = self._clients.prepare(request, deadline)
            began = time.monotonic()
            try:
                response = client.send(built, stream=True)
            except BaseException as error:
                log_request(request, began, self.origins.masked, error)
                raise
            log_request(request, began, self.origins.masked, response.status_code)
            body = Body(request, response, self.origins.masked)
            if not body.response.has_redirect_location:
                return body
            body.response.close()
            request, hop = redirected(body, hop), hop + 1

    def _send(self, request: HttpRequest, deadline: Deadline) -> Response:
        body = self._open(request, deadline)
        try:
            while (piece := self._read(body, deadline)) is not None:
                body.keep(piece)
        finally:
            body.response.close()
        return body.kept()

    def _read(self, body: Body, deadline: Deadline) -> bytes | None:
        pieces = body.pieces = body.pieces or (
            body.response.iter_raw() if body.is_raw else body.response.iter_bytes()
        )
        self._streams.caller.deadline, body.is_waited_for = deadline, True
        try:
            return body.unpacked(next(pieces, None))
        finally:
            body.is_waited_for = False

    def _close(self, body: Body, is_read: bool) -> None:
        # If a socket is closed just before another thread waits on it, the next connection may get
        # its file descriptor, and the thread would wait on that connection instead.
        if is_read or body.is_waited_for:
            _shut_down(body.response.extensions.get("network_stream"))
        else:
            body.response.close()

    def _wait(self, effect: effects.Wait, deadline: Deadline) -> None:
        woken = threading.Event()
        with self._lock:
            if effect.signal.changes != effect.change:
                return
            effect.signal.waiting.append(woken.set)
        try:
            if not woken.wait(deadline.cap()):
                raise DeadlineExceeded
        finally:
            with self._lock:
                effect.signal.forget(woken.set)

    def spawn(self, call: Effects[Any], timeout: float | None) -> None:
        def work() -> None:
            try:
                self.run(in_background(call), timeout)
            finally:
                self._background.pop(thread, None)

        thread = threading.Thread(target=work, name="hubsmith", daemon=True)
        with self._lock:  # close() can only join threads that have started.
            self._background[thread] = timeout is not None
            thread.start()

    def close(self) -> None:
        """End every call and close every connection. It is safe to call this twice."""
        self.is_closed = True
        if self._process != os.getpid():  # The connections belong to another process.
            return
        self._ended.set()
        with self._lock:
            self.limit.end()
            background = self._background.copy()
        background.pop(threading.current_thread(), None)
        brief = [thread for thread, is_brief in background.items() if is_brief]
        self._streams.wake(spared={thread.ident for thread in brief})
        _join(brief)
        clients = self._clients.end()
        self._streams.end()
        _join(background)  # Before their sockets are closed: see `_close`.
        for client in clients:
            client.close()

    def __del__(self) -> None:
        # A client that was never closed leaves no socket open.
        with contextlib.suppress(Exception):
            for client in self._clients.end():
                client.close()


def refuse_fork(process: int) -> None:
    """Refuse a client inherited by a fork: two processes would read each other's answers."""
    if process != os.getpid():
        raise HubsmithError("The client was made before a fork: make one in each process.")


def in_background(call: Effects[Any]) -> Effects[None]:
    """Carry out a call that nobody waits for: it reports its outcome by signals only."""
    try:
        yield from call
    except (HubsmithError, DeadlineExceeded):
        pass
    except Exception:
        log.exception("A background call failed.")


def _join(threads: Iterable[threading.Thread]) -> None:
    until = time.monotonic() + CLOSE_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


class _Caller(threading.local):
    """The state of the request that this thread sends or reads."""

    deadline: Deadline


class _Streams:
    """Applies the deadline of a call to the network streams it uses, and can shut them down.

    An httpx timeout bounds each wait for data, not their sum: a server that sends a byte a second
    would never time out. httpx's `trace` extension reports each network stream when it is opened.
    """

    def __init__(self) -> None:
        self.caller = _Caller()
        self._waiting: dict[Any, int] = {}  # The thread that waits on each stream.
        self._is_over = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(_OPENED):
            stream = info["return_value"]
            write = self._bounded(stream, stream.write)

            def write_pieces(content: bytes, timeout: float | None = None) -> None:
                for start in range(0, len(content), _PIECE):
                    write(content[start : start + _PIECE], timeout)

            stream.read, stream.write = self._bounded(stream, stream.read), write_pieces
        elif event == _CONNECTED and info["request"].method != b"CONNECT":
            info["request"].extensions.pop("trace", None)  # Further events would only cost time.

    def _bounded(self, stream: Any, operation: Callable[..., Any]) -> Callable[..., Any]:
        caller, waiting = self.caller, self._waiting

        def bounded(subject: Any, timeout: float | None = None) -> Any:
            waiting[stream] = threading.get_ident()
            if self._is_over:  # This thread was between two waits when all were woken.
                _shut_down(stream)
            try:
                return operation(subject, caller.deadline.cap(timeout))
            finally:
                waiting.pop(stream, None)

        return bounded

    def wake(self, spared: Collection[int | None] = ()) -> None:
        """Shut down the streams that threads wait on, except for the spared threads."""
        for stream, thread in list(self._waiting.items()):
            if thread not in spared:
                _shut_down(stream)

    def end(self) -> None:
        """Shut down the streams that threads wait on, now or later."""
        self._is_over = True
        self.wake()


def _shut_down(stream: Any) -> None:
    """Wake a thread that waits on a network stream; closing the stream would not."""
    connection = stream.get_extra_info("socket") if stream is not None else None
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            # Not the TLS socket's own method, which would wait for the peer.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
