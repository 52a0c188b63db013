"""Streams on a connection: its end, its breaks, timeouts, closing and cancelling."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hubsmith_runtime import (
    IncompleteStreamError,
    InferenceError,
    InferenceTimeoutError,
)
from hubsmith_runtime._transport import AsyncTransport, Transport
from hubsmith_runtime.inference._client import InferenceTransport
from hubsmith_runtime.inference._stream import AsyncStream, Stream
from stream_samples import CALLEE, Chunk, chunk, contents, events


class Wire:
    """A server that answers one request as told, piece by piece."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.go_on = threading.Event()
        self.gone = threading.Event()
        self._thread: threading.Thread | None = None

    def answer(self, *pieces: bytes, then: str = "end") -> None:
        """Answer with these pieces; then `end`, `break` off, or `wait` until the client is gone."""

        def run() -> None:
            connection, _ = self._listener.accept()
            connection.settimeout(20)
            with connection:
                connection.recv(65536)
                head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: r1\r\n"
                connection.sendall(head + b"transfer-encoding: chunked\r\n\r\n")
                for piece in pieces:
                    connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                if then == "end":
                    connection.sendall(b"0\r\n\r\n")
                elif then == "wait":
                    try:
                        if not connection.recv(1):
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
def transport() -> Iterator[Transport]:
    made = Transport(patience=10)
    yield made
    made.close()


def open_stream(transport: Transport, url: str, **options: Any) -> Stream[Chunk]:
    return Stream(transport.stream("POST", url, **options), Chunk, CALLEE, keep=transport)


def test_a_stream_is_an_iterator_with_status_and_headers(wire: Wire, transport: Transport) -> None:
    wire.answer(events(chunk("a")), events(chunk("b", "stop")), b"data: [DONE]\n\n")
    with open_stream(transport, wire.url) as stream:
        assert stream.status == 200
        assert stream.headers["x-request-id"] == "r1"
        assert next(stream).choices[0].delta.content == "a"
        assert contents(list(stream)) == ["b"]
        assert list(stream) == []


def test_a_connection_that_breaks_is_reported_after_its_chunks(
    wire: Wire, transport: Transport
) -> None:
    wire.answer(events(chunk("a")), then="break")
    stream = open_stream(transport, wire.url)
    assert contents([next(stream)]) == ["a"]
    with pytest.raises(IncompleteStreamError, match="together: org/chat: the stream was cut short"):
        next(stream)
    assert list(stream) == []


def test_an_error_is_raised_once_and_the_stream_is_over(wire: Wire, transport: Transport) -> None:
    wire.answer(events(chunk("a"), '{"error": "boom"}'), then="wait")
    stream = open_stream(transport, wire.url)
    next(stream)
    with pytest.raises(InferenceError, match="boom"):
        next(stream)
    assert wire.gone.wait(10)
    assert list(stream) == []


def test_a_pause_longer_than_the_timeout_is_an_inference_timeout(
    wire: Wire, transport: Transport
) -> None:
    wire.answer(events(chunk("a")), then="wait")
    stream = open_stream(transport, wire.url, timeout=0.2)
    next(stream)
    with pytest.raises(InferenceTimeoutError, match="paused for longer"):
        next(stream)
    assert wire.gone.wait(10)


def test_closing_a_stream_ends_the_connection(wire: Wire, transport: Transport) -> None:
    wire.answer(events(chunk("a"), chunk("b")), then="wait")
    stream = open_stream(transport, wire.url)
    next(stream)
    stream.close()
    stream.close()
    assert wire.gone.wait(10)
    assert list(stream) == []


def test_another_thread_can_end_a_stream_that_waits(wire: Wire, transport: Transport) -> None:
    wire.answer(events(chunk("a")), then="wait")
    stream = open_stream(transport, wire.url)
    next(stream)
    timer = threading.Timer(0.2, stream.close)
    timer.start()
    assert list(stream) == []
    timer.join()
    assert wire.gone.wait(10)


def test_a_stream_outlives_the_variable_of_its_client(wire: Wire) -> None:
    wire.answer(events(chunk("a")), events(chunk("b", "stop")))

    def ask() -> Stream[Chunk]:
        return open_stream(InferenceTransport(patience=10), wire.url)

    stream = ask()
    gc.collect()
    assert contents(list(stream)) == ["a", "b"]


def test_a_stream_that_nobody_reads_closes_its_connection(wire: Wire, transport: Transport) -> None:
    wire.answer(events(chunk("a")), then="wait")
    stream = open_stream(transport, wire.url)
    next(stream)
    del stream
    gc.collect()
    assert wire.gone.wait(10)


def run(wire: Wire, use: Callable[[AsyncStream[Chunk]], Any], **options: Any) -> Any:
    async def main() -> Any:
        transport = AsyncTransport(patience=60)
        try:
            response = await transport.stream("POST", wire.url, **options)
            return await use(AsyncStream(response, Chunk, CALLEE, keep=transport))
        finally:
            await transport.aclose()

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


def test_an_async_pause_longer_than_the_timeout_is_an_inference_timeout(wire: Wire) -> None:
    wire.answer(events(chunk("a")), then="wait")

    async def use(stream: AsyncStream[Chunk]) -> None:
        await anext(stream)
        with pytest.raises(InferenceTimeoutError, match="paused for longer"):
            await anext(stream)

    run(wire, use, timeout=0.2)
    assert wire.gone.wait(10)


def test_another_task_can_end_a_stream_that_waits(wire: Wire) -> None:
    wire.answer(events(chunk("a")), then="wait")

    async def use(stream: AsyncStream[Chunk]) -> None:
        await anext(stream)
        waiting = asyncio.create_task(anext(stream, None))
        await asyncio.sleep(0.1)
        await stream.aclose()
        assert await asyncio.wait_for(waiting, 10) is None

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

    run(wire, use)
    assert wire.gone.wait(10)


def test_an_async_stream_that_nobody_reads_closes_its_connection(wire: Wire) -> None:
    wire.answer(events(chunk("a")), then="wait")

    async def main() -> None:
        transport = AsyncTransport(patience=10)
        stream = AsyncStream(await transport.stream("POST", wire.url), Chunk, keep=transport)
        await anext(stream)
        del stream
        gc.collect()
        await asyncio.sleep(0.1)
        await transport.aclose()

    asyncio.run(main())
    assert wire.gone.wait(10)
