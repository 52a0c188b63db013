"""Streams on a connection: its end, its breaks, pauses, closing and cancelling."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hubsmith_runtime import InferenceTimeoutError
from hubsmith_runtime.async_driver import AsyncDriver
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.effects import Effects, Open, Sleep
from hubsmith_runtime.http import Body, HttpRequest
from hubsmith_runtime.inference.errors import IncompleteStreamError, InferenceError
from hubsmith_runtime.inference.stream import AsyncStream, Stream
from hubsmith_runtime.transport import Origins

from tests.inference.stream_samples import CALLEE, Chunk, chunk, contents, events

pytestmark = pytest.mark.slow

PING = b": ping\n\n"


class Wire:
    """A server that answers one request with these pieces, one by one."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.gone = threading.Event()
        self._thread: threading.Thread | None = None

    def answer(
        self,
        *pieces: bytes,
        then: str = "end",
        pause: float = 0.0,
        drip: tuple[bytes, float] | None = None,
    ) -> None:
        """Answer with these pieces, with a pause before each of them.

        Then `end`, `break` off, or `wait` until the client is gone; instead of that send the bytes
        of `drip` one by one again and again, so many seconds apart.
        """

        def send(connection: socket.socket, piece: bytes) -> None:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))

        def run() -> None:
            connection, _ = self._listener.accept()
            connection.settimeout(20)
            with connection:
                connection.recv(65536)
                head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: r1\r\n"
                connection.sendall(head + b"transfer-encoding: chunked\r\n\r\n")
                for piece in pieces:
                    time.sleep(pause)
                    send(connection, piece)
                try:
                    while drip is not None:
                        for byte in drip[0]:
                            send(connection, bytes([byte]))
                            time.sleep(drip[1])
                    if then == "end":
                        connection.sendall(b"0\r\n\r\n")
                    elif then == "wait" and not connection.recv(1):
                        self.gone.set()
                except OSError:
                    self.gone.set()

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join(20)
        self._listener.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    server = Wire()
    yield server
    server.close()


@pytest.fixture
def driver() -> Iterator[Driver]:
    made = Driver(Origins(silence=float("inf")))
    yield made
    made.close()


def opening(url: str, loads: float = 0.0) -> Effects[Body]:
    yield Sleep(loads)
    return (yield Open(HttpRequest(method="POST", url=url)))


def open_stream(
    driver: Driver, url: str, timeout: float | None = None, loads: float = 0.0
) -> Stream[Chunk]:
    body = driver.run(opening(url, loads), timeout)
    return Stream(driver, body, Chunk, CALLEE, timeout)


def test_a_stream_is_an_iterator_with_status_and_headers(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a")), events(chunk("b", "stop")), b"data: [DONE]\n\n")
    with open_stream(driver, wire.url) as stream:
        assert stream.status == 200
        assert stream.headers["x-request-id"] == "r1"
        assert next(stream).choices[0].delta.content == "a"
        assert repr(stream) == "<Stream of together: org/chat, open>"
        assert contents(list(stream)) == ["b"]
        assert list(stream) == []
    assert repr(stream) == "<Stream of together: org/chat, closed>"


def test_a_connection_that_breaks_is_reported_after_its_chunks(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a")), then="break")
    stream = open_stream(driver, wire.url)
    assert contents([next(stream)]) == ["a"]
    with pytest.raises(IncompleteStreamError, match="together: org/chat: the stream was cut short"):
        next(stream)
    assert list(stream) == []


@pytest.mark.parametrize("start", [b"{", b"data: "])
def test_what_is_too_large_to_hold_ends_the_stream(
    wire: Wire, driver: Driver, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr("hubsmith_runtime.inference.chunks.LARGEST_BODY", 1 << 20)
    monkeypatch.setattr("hubsmith_runtime.sse.LARGEST_BODY", 1 << 20)
    wire.answer(start, *[b"x" * (1 << 16)] * 17, then="wait")
    stream = open_stream(driver, wire.url)
    with pytest.raises(IncompleteStreamError, match="is larger than 1 MiB"):
        next(stream)
    assert wire.gone.wait(10)
    assert list(stream) == []


def test_an_error_is_raised_once_and_the_stream_is_over(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a"), '{"error": "boom"}'), then="wait")
    stream = open_stream(driver, wire.url)
    next(stream)
    assert wire.gone.wait(10), "nothing more is read, so the connection is closed"
    with pytest.raises(InferenceError, match="boom"):
        next(stream)
    assert list(stream) == []


# Pauses

DRIPS = [
    pytest.param(None, id="silence"),
    pytest.param((PING, 0.01), id="comments"),
    pytest.param((b"data: {" + b" " * 5000, 0.05), id="single bytes"),
    pytest.param((b"\n", 0.05), id="empty lines"),
]


@pytest.mark.parametrize("drip", DRIPS)
def test_only_a_chunk_ends_a_pause(
    wire: Wire, driver: Driver, drip: tuple[bytes, float] | None
) -> None:
    wire.answer(events(chunk("a")), then="wait", drip=drip)
    stream = open_stream(driver, wire.url, timeout=0.8)
    next(stream)
    began = time.monotonic()
    with pytest.raises(InferenceTimeoutError, match="together: org/chat: the stream paused"):
        next(stream)
    assert 0.7 < time.monotonic() - began < 1.8
    assert list(stream) == []
    assert wire.gone.wait(10)


@pytest.mark.parametrize("drip", DRIPS)
def test_only_a_chunk_ends_an_async_pause(wire: Wire, drip: tuple[bytes, float] | None) -> None:
    wire.answer(events(chunk("a")), then="wait", drip=drip)

    async def use(stream: AsyncStream[Chunk]) -> None:
        await anext(stream)
        began = time.monotonic()
        with pytest.raises(InferenceTimeoutError, match="paused for longer"):
            await anext(stream)
        assert 0.7 < time.monotonic() - began < 1.8
        assert [one async for one in stream] == []

    run(wire, use, timeout=0.8)
    assert wire.gone.wait(10)


def test_the_opening_takes_nothing_from_a_pause(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a", "stop")), pause=0.7)
    with open_stream(driver, wire.url, timeout=1.5, loads=1.0) as stream:
        assert contents(list(stream)) == ["a"]


def test_an_async_opening_takes_nothing_from_a_pause(wire: Wire) -> None:
    wire.answer(events(chunk("a", "stop")), pause=0.7)

    async def use(stream: AsyncStream[Chunk]) -> list[str | None]:
        return contents([one async for one in stream])

    assert run(wire, use, timeout=1.5, loads=1.0) == ["a"]


# Closing


def test_closing_a_stream_ends_the_connection(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a"), chunk("b")), then="wait")
    stream = open_stream(driver, wire.url)
    next(stream)
    stream.close()
    stream.close()
    assert wire.gone.wait(10)
    assert list(stream) == []


def test_another_thread_can_end_a_stream_that_waits(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a")), then="wait")
    stream = open_stream(driver, wire.url)
    next(stream)
    timer = threading.Timer(0.2, stream.close)
    timer.start()
    assert list(stream) == []
    timer.join()
    assert wire.gone.wait(10)


def test_a_stream_outlives_the_variable_of_its_client(wire: Wire) -> None:
    wire.answer(events(chunk("a")), events(chunk("b", "stop")))

    def ask() -> Stream[Chunk]:
        return open_stream(Driver(Origins()), wire.url)

    stream = ask()
    gc.collect()
    assert contents(list(stream)) == ["a", "b"]


def test_a_stream_that_nobody_reads_closes_its_connection(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a")), then="wait")
    stream = open_stream(driver, wire.url)
    next(stream)
    del stream
    gc.collect()
    assert wire.gone.wait(10)


def test_closing_the_driver_ends_a_stream_that_waits(wire: Wire, driver: Driver) -> None:
    wire.answer(events(chunk("a")), then="wait")
    stream = open_stream(driver, wire.url)
    next(stream)
    timer = threading.Timer(0.2, driver.close)
    timer.start()
    with pytest.raises(IncompleteStreamError):
        next(stream)
    timer.join()
    assert wire.gone.wait(10)


def test_threads_share_a_stream_and_no_chunk_is_lost_or_doubled(wire: Wire, driver: Driver) -> None:
    texts = [str(at) for at in range(300)]
    wire.answer(*(events(chunk(text)) for text in texts), b"data: [DONE]\n\n")
    stream = open_stream(driver, wire.url, timeout=10)
    taken: list[Chunk] = []
    readers = [threading.Thread(target=lambda: taken.extend(stream)) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(20)
    assert sorted(contents(taken), key=int) == texts  # pyright: ignore[reportArgumentType]


# asyncio


def run(
    wire: Wire,
    use: Callable[[AsyncStream[Chunk]], Awaitable[Any]],
    timeout: float | None = None,
    loads: float = 0.0,
) -> Any:
    async def main() -> Any:
        driver = AsyncDriver(Origins(silence=float("inf")))
        try:
            body = await driver.run(opening(wire.url, loads), timeout)
            return await use(AsyncStream(driver, body, Chunk, CALLEE, timeout))
        finally:
            await driver.close()

    return asyncio.run(main())


def test_an_async_stream_gives_the_same(wire: Wire) -> None:
    wire.answer(events(chunk("a")), events(chunk("b", "stop")), b"data: [DONE]\n\n")

    async def use(stream: AsyncStream[Chunk]) -> list[str | None]:
        async with stream:
            assert stream.headers["x-request-id"] == "r1"
            return contents([one async for one in stream])

    assert run(wire, use) == ["a", "b"]


def test_an_async_stream_reports_what_breaks(wire: Wire) -> None:
    wire.answer(events(chunk("a")), then="break")

    async def use(stream: AsyncStream[Chunk]) -> None:
        await anext(stream)
        with pytest.raises(IncompleteStreamError):
            await anext(stream)
        assert [one async for one in stream] == []

    run(wire, use)


def test_another_task_can_end_a_stream_that_waits(wire: Wire) -> None:
    wire.answer(events(chunk("a")), then="wait")

    async def use(stream: AsyncStream[Chunk]) -> None:
        await anext(stream)
        waiting = [asyncio.create_task(anext(stream, None)) for _ in range(2)]
        await asyncio.sleep(0.1)
        await stream.aclose()
        assert await asyncio.wait_for(asyncio.gather(*waiting), 10) == [None, None]

    run(wire, use)
    assert wire.gone.wait(10)


def test_a_cancelled_task_ends_its_stream(wire: Wire) -> None:
    wire.answer(events(chunk("a")), then="wait")

    async def use(stream: AsyncStream[Chunk]) -> None:
        await anext(stream)
        waiting = asyncio.create_task(anext(stream, None))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert [one async for one in stream] == []
        assert await asyncio.to_thread(wire.gone.wait, 10)

    run(wire, use)


def test_tasks_share_a_stream_and_no_chunk_is_lost_or_doubled(wire: Wire) -> None:
    texts = [str(at) for at in range(300)]
    wire.answer(*(events(chunk(text)) for text in texts), b"data: [DONE]\n\n")

    async def use(stream: AsyncStream[Chunk]) -> None:
        async def take() -> list[Chunk]:
            return [one async for one in stream]

        taken = await asyncio.gather(*(take() for _ in range(4)))
        found = contents([one for chunks in taken for one in chunks])
        assert sorted(found, key=int) == texts  # pyright: ignore[reportArgumentType]

    run(wire, use, timeout=10)


def test_an_async_stream_that_nobody_reads_ends_with_its_client(wire: Wire) -> None:
    wire.answer(events(chunk("a")), then="wait")
    assert not hasattr(AsyncStream, "__del__"), "the collector may run in any thread"

    async def main() -> None:
        driver = AsyncDriver(Origins())
        body = await driver.run(opening(wire.url))
        stream = AsyncStream(driver, body, Chunk, CALLEE, None)
        await anext(stream)
        del stream
        gc.collect()
        await driver.close()

    asyncio.run(main())
    assert wire.gone.wait(10)
