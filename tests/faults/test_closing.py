"""A thread that begins to wait for a connection just as its client is closed does not wait on."""

from __future__ import annotations

import socket
import time
from typing import Any

from hubsmith_runtime.driver import _Streams
from hubsmith_runtime.effects import Deadline


class _Stream:
    """A network stream as httpcore has it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self, most: int, timeout: float | None = None) -> bytes:
        self._connection.settimeout(timeout)
        return self._connection.recv(most)

    write = read

    def get_extra_info(self, name: str) -> Any:
        return self._connection if name == "socket" else None


def test_a_wait_that_begins_while_the_client_closes_ends() -> None:
    streams = _Streams()
    streams.caller.deadline = Deadline(None)
    here, there = socket.socketpair()
    with here, there:
        stream = _Stream(here)
        streams.trace("connect_tcp.complete", {"return_value": stream})
        streams.end()
        start = time.monotonic()
        assert stream.read(10, timeout=3.0) == b""
        assert time.monotonic() - start < 1
