"""A thread that begins to wait for a connection just as its client is closed does not wait on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hubsmith_runtime import ConnectionFailedError
from hubsmith_runtime.driver import Driver, _Streams
from hubsmith_runtime.effects import Close, Deadline, Effects, Open, Read
from hubsmith_runtime.http import Body, HttpRequest
from hubsmith_runtime.transport import Origins


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


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the URL of a server that sends its headers, and then nothing."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
            connection.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    thread.join(5)
    listener.close()


def opened(url: str) -> Effects[Body]:
    return (yield Open(HttpRequest(method="GET", url=url)))


def read(body: Body) -> Effects[bytes]:
    return (yield Read(body))


def closed(body: Body) -> Effects[None]:
    yield Close(body, is_read=True)


def test_a_stream_that_another_thread_reads_is_closed_by_that_thread(silent: str) -> None:
    driver = Driver(Origins())
    body = driver.run(opened(silent))
    driver.run(closed(body))  # While the reader is between two reads.
    assert not body.response.is_closed
    start = time.monotonic()
    with pytest.raises(ConnectionFailedError):
        driver.run(read(body))
    assert time.monotonic() - start < 1
    driver.close()
