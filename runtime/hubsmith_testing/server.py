"""A small HTTP server with a thread for each connection."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, cast
from urllib.parse import parse_qsl

from hubsmith_runtime import HubsmithError

from .json import JsonObject, encode, parse_object

_MAX_BODY = 128 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response. Chunks are sent as soon as they are available."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    chunks: Iterable[bytes] = ()


def json_response(content: object, status: int = 200) -> Response:
    """Return a JSON response."""
    headers = {"content-type": "application/json"}
    return Response(status=status, headers=headers, chunks=[encode(content)])


def event_stream(events: Iterable[bytes]) -> Response:
    """Return a response that streams events; see `event`."""
    headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
    return Response(headers=headers, chunks=events)


def event(content: object, name: str = "") -> bytes:
    """Encode a server-sent event."""
    head = f"event: {name}\n" if name else ""
    return b"%sdata: %s\n\n" % (head.encode(), encode(content))


class HTTPError(Exception):
    """Answers a request with an error. The arguments are the status and the detail."""


class Server(ThreadingTCPServer):
    """Serves an application until closed. It listens from the start, before `start()`.

    Raises:
        HubsmithError: if it cannot listen on the address.
    """

    allow_reuse_address = True
    daemon_threads = True  # A mock that was not closed must not keep the process alive.
    request_queue_size = 128

    def __init__(self, host: str, port: int, application: Callable[[Request], Response]) -> None:
        self.application = application
        self.connections: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        try:
            super().__init__((host, port), Request)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise HubsmithError(
                f"Cannot listen on {host}, port {port}: {why}. Choose another port; 0 takes a "
                "free one."
            ) from None
        host, port = str(self.server_address[0]), self.server_address[1]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Start answering requests."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and close all connections."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        while self.connections:
            with contextlib.suppress(OSError, KeyError):
                self.connections.pop().shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of disconnected callers."""


class Request(BaseHTTPRequestHandler):
    """An HTTP request.

    Attributes:
        root: The URL of the server.
        route: The path without the query, percent-encoded.
        query: The query parameters.
        body: The content, 128 MiB at most.
    """

    protocol_version = "HTTP/1.1"
    timeout = 60.0  # Seconds that a connection may be idle.
    disable_nagle_algorithm = True

    def respond(self) -> None:
        """Answer the request; called by `http.server`."""
        server = cast("Server", self.server)
        server.connections.add(self.connection)
        self.root = server.url
        self.route, _, query = self.path.partition("?")
        self.query = dict(parse_qsl(query))
        keeps_alive, self.close_connection = not self.close_connection, True
        try:
            self.body = self._read()
            self.close_connection = not keeps_alive
            response = server.application(self)
        except HTTPError as error:
            status, detail = error.args
            response = json_response({"detail": detail}, status)
        except Exception:  # A Space does not say more either.
            response = Response(status=500, chunks=[b"Internal Server Error"])
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if isinstance(response.chunks, list):
            self.send_header("content-length", str(sum(map(len, response.chunks))))
        else:
            self.close_connection = True  # Closing ends the stream, also for HTTP/1.0.
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        for chunk in response.chunks if self.command != "HEAD" else ():
            self.wfile.write(chunk)
        with contextlib.suppress(OSError):
            if self.close_connection:
                self.connection.shutdown(socket.SHUT_WR)
            # A refused caller may read the answer only after sending its whole body.
            while self.close_connection and self.connection.recv(1 << 16):
                pass

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = respond

    def json(self) -> JsonObject:
        """Return the body as a JSON object, or raise an HTTPError if it is not one."""
        try:
            return parse_object(self.body)
        except ValueError as error:
            message = f"The body is not a JSON object: {error}."
            raise HTTPError(422, [{"loc": ["body"], "msg": message}]) from None

    def is_disconnected(self) -> bool:
        """Whether the caller has disconnected."""
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def _read(self) -> bytes:
        length = self.headers.get("content-length", "0").strip()
        if "transfer-encoding" in self.headers:
            raise HTTPError(411, "Length Required")
        if not re.fullmatch("[0-9]{1,18}", length):
            raise HTTPError(400, "Invalid Content-Length")
        if int(length) > _MAX_BODY:
            raise HTTPError(413, "Request body too large")
        return self.rfile.read(int(length))
