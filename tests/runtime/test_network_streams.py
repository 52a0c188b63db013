"""Network streams are known from the moment they are opened; what comes later is not traced."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hubsmith_runtime.driver import _Streams  # pyright: ignore[reportPrivateUsage]
from hubsmith_runtime.effects import Deadline, DeadlineExceeded

SENDS = "http11.send_request_headers.started"


class Tunnel:
    def read(self, size: int, timeout: float | None = None) -> bytes:
        return b""

    write: Any = None


class Wire:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def read(self, size: int, timeout: float | None = None) -> bytes:
        return b""

    def write(self, content: bytes, timeout: float | None = None) -> None:
        self.written.append(content)


def request(method: bytes, trace: Any) -> Any:
    return SimpleNamespace(method=method, extensions={"trace": trace})


def writes_of(*pieces: bytes) -> list[bytes]:
    """Return what a connection writes for a request that httpcore sends in these pieces."""
    streams, wire = _Streams(), Wire()
    written = wire.written
    streams.trace("connection.connect_tcp.complete", {"return_value": wire})
    streams.caller.deadline = Deadline(None)
    streams.trace(SENDS, {"request": request(b"POST", streams.trace)})
    for piece in pieces:
        wire.write(piece)
    return written


def test_a_large_body_is_written_piece_by_piece() -> None:
    body = bytes(range(256)) * 1024
    headers, *pieces = writes_of(b"headers", body, b"")
    assert headers == b"headers" and b"".join(pieces) == body
    assert max(map(len, pieces)) <= 1 << 16


def test_a_request_is_traced_until_its_connection_is_there() -> None:
    streams = _Streams()
    asked = request(b"POST", streams.trace)
    streams.trace("connection.connect_tcp.started", {"host": "example.org"})
    assert "trace" in asked.extensions
    streams.trace(SENDS, {"request": asked})
    assert "trace" not in asked.extensions
    streams.trace(SENDS, {"request": asked})  # As for a request that is not traced any more.


def test_a_tunnel_through_a_proxy_is_traced_until_its_own_stream_is_there() -> None:
    streams = _Streams()
    asked = request(b"CONNECT", streams.trace)
    streams.trace(SENDS, {"request": asked})
    assert "trace" in asked.extensions
    tunnel = Tunnel()
    streams.trace("proxy.start_tls.complete", {"return_value": tunnel})
    streams.caller.deadline = Deadline(-1)
    with pytest.raises(DeadlineExceeded):
        tunnel.read(1)
