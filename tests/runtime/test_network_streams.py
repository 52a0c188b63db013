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


def request(method: bytes, trace: Any) -> Any:
    return SimpleNamespace(method=method, extensions={"trace": trace})


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
