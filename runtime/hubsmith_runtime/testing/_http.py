"""A small HTTP server: requests in, replies out; bounded in threads, time and memory."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias, cast

from .._errors import HubsmithError
from ._json import JsonObject, mapping

MAX_BODY = 128 * 2**20
_MOST_CONNECTIONS = 128
_IDLE_SECONDS = 60.0
_CHUNK = 1 << 16

EVENTS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
"""The headers of an event stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRequest:
    """What a caller asks for. `is_gone` says whether the caller hung up since."""

    method: str
    path: str  # Still percent-encoded, with the query.
    headers: Mapping[str, str]
    body: bytes
    is_gone: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered: a whole body, or chunks of one as they come."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | Iterator[bytes] = b""


Application: TypeAlias = Callable[[ServerRequest], Reply]


class Server(ThreadingHTTPServer):
    """Serves an application until it is closed; it listens from the start.

    Raises:
        HubsmithError: when the address is not free.
    """

    daemon_threads = True  # Their end is awaited in `close`, unless the whole process ends first.
    request_queue_size = _MOST_CONNECTIONS

    def __init__(self, host: str, port: int, application: Application) -> None:
        self.application = application
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._room = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise HubsmithError(
                f"Cannot listen on {host}, port {port}: {why}. Choose another port; 0 takes a free one."
            ) from None

    @property
    def url(self) -> str:
        """The address of the server."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Take the address, without asking the network for the name of this machine."""
        socketserver.TCPServer.server_bind(self)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """End every connection and every thread."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        for thread, connection in list(self._connections.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread, or end it where there are too many."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._connections[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.pop(threading.current_thread(), None)
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers who hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hubsmith-mock"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_any(self) -> None:
        body = self._read_body()
        if body is None:
            return
        server = cast("Server", self.server)
        request = ServerRequest(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            is_gone=self._is_gone,
        )
        try:
            reply = server.application(request)
        except Exception:  # A Space says no more than this either.
            reply = Reply(status=500, body=b"Internal Server Error")
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def _read_body(self) -> bytes | None:
        """Return the body, or `None` where the request was refused for it."""
        length = self.headers.get("content-length", "0").strip()
        if "transfer-encoding" in self.headers:
            self._refuse(411, "Length Required")
        elif not (length.isascii() and length.isdecimal()):
            self._refuse(400, "Invalid Content-Length")
        elif len(length) > 18 or int(length) > MAX_BODY:
            self._refuse(413, "Request body too large")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            self.close_connection = True
        return None

    def _refuse(self, status: int, reason: str) -> None:
        self.close_connection = True
        self._send(json_reply({"detail": reason}, status, connection="close"))
        # Callers read the answer only once they are done with sending.
        left = 2 * MAX_BODY
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while left > 0 and (chunk := self.connection.recv(_CHUNK)):
                left -= len(chunk)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        is_empty = self.command == "HEAD"
        if isinstance(reply.body, bytes):
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            if not is_empty:
                self.wfile.write(reply.body)
            self.wfile.flush()
            return
        is_chunked = self.request_version != "HTTP/1.0"
        self.close_connection = self.close_connection or not is_chunked
        if is_chunked:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        if is_empty:
            return
        for chunk in reply.body:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if is_chunked else chunk)
            self.wfile.flush()
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

    def _is_gone(self) -> bool:
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True


def json_reply(content: object, status: int = 200, **headers: str) -> Reply:
    """Answer with JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Reply(status=status, headers={"content-type": "application/json", **headers}, body=body)


class Refusal(Exception):
    """A request that is answered with an HTTP error."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(detail)
        self.reply = json_reply({"detail": detail}, status)


def json_body(request: ServerRequest) -> JsonObject:
    """Return the JSON object that a request carries.

    Raises:
        Refusal: when it carries none.
    """
    try:
        content: object = json.loads(request.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refusal(422, [{"loc": ["body"], "msg": "The body is not a JSON object."}])
    return mapping(cast("object", content))


def event(content: object, name: str = "") -> bytes:
    """Write a server-sent event."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {text}\n\n".encode(errors="replace")
