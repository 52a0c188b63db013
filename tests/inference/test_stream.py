"""Streams: what is sent on the wire, in which pieces, and the chunks and errors it becomes."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hubsmith_runtime import (
    GenerationError,
    IncompleteStreamError,
    InferenceError,
    InferenceTimeoutError,
    OverloadedError,
    ResultError,
    TextGenerationValidationError,
)
from hubsmith_runtime._transport import AsyncTransport, Transport
from hubsmith_runtime.inference._chunks import ChunkReader
from hubsmith_runtime.inference._failures import Callee
from hubsmith_runtime.inference._stream import AsyncStream, Stream
from hubsmith_runtime.inference._task import TaskOutput
from hypothesis import given
from hypothesis import strategies as st

CALLEE = Callee(provider="together", model="org/chat")


class Delta(TaskOutput):
    content: str | None = None


class Choice(TaskOutput):
    index: int = 0
    delta: Delta
    finish_reason: str | None = None


class Chunk(TaskOutput):
    choices: list[Choice]
    usage: dict[str, int] | None = None


class Token(TaskOutput):
    id: int
    text: str


class TokenChunk(TaskOutput):
    token: Token
    generated_text: str | None = None


def chunk(content: str, finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    return json.dumps({"choices": [choice]})


def events(*payloads: str) -> bytes:
    return "".join(f"data: {payload}\n\n" for payload in payloads).encode()


def contents(chunks: list[Chunk]) -> list[str | None]:
    return [one.choices[0].delta.content for one in chunks if one.choices]


def read(sent: bytes, of: Any = Chunk, kind: str = "text/event-stream") -> tuple[list[Any], Any]:
    """Return the chunks of a whole answer, and the error at its end."""
    reader: ChunkReader[Any] = ChunkReader(of, {"content-type": kind}, CALLEE)
    chunks = reader.feed(sent)
    return chunks + ([] if reader.is_done or reader.error else reader.finish()), reader.error


# What is understood


@pytest.mark.parametrize(
    "end",
    [b"data: [DONE]\n\n", b"data:[DONE]\n\n", b"data: [DONE] \r\n\r\n", b"data: [DONE]"],
    ids=["usual", "no space", "carriage returns", "no line end"],
)
def test_a_stream_ends_with_done(end: bytes) -> None:
    rubbish = b"data: rubbish\n\n" if end.endswith(b"\n") else b""
    chunks, error = read(events(chunk("a"), chunk("b")) + end + rubbish)
    assert contents(chunks) == ["a", "b"]
    assert error is None


def test_a_stream_may_end_with_a_finish_reason_and_a_usage_chunk() -> None:
    usage = json.dumps({"choices": [], "usage": {"total_tokens": 3}})
    chunks, error = read(events(chunk("a"), chunk("", "stop"), usage))
    assert chunks[-1].usage == {"total_tokens": 3}
    assert error is None


def test_comments_ids_and_empty_events_are_skipped() -> None:
    sent = (
        b": ping\n\nid: 1\nevent: message\ndata:" + chunk("a", "stop").encode() + b"\n\ndata:\n\n"
    )
    chunks, error = read(sent)
    assert contents(chunks) == ["a"]
    assert error is None


def test_an_event_may_have_several_lines() -> None:
    lines = json.dumps(json.loads(chunk("a", "stop")), indent=1).split("\n")
    sent = "".join(f"data: {line}\n" for line in lines) + "\n"
    assert contents(read(sent.encode())[0]) == ["a"]


def test_events_without_an_empty_line_between_them_are_told_apart() -> None:
    sent = f"data: {chunk('a')}\ndata: {chunk('b')}\ndata: [DONE]\n\n"
    chunks, error = read(sent.encode())
    assert contents(chunks) == ["a", "b"]
    assert error is None


def test_members_that_the_model_does_not_know_are_kept() -> None:
    chunks, _ = read(events('{"choices": [], "x_cost": 0.5}', "[DONE]"))
    assert chunks[0].x_cost == 0.5
    assert chunks[0]["x_cost"] == 0.5


def test_a_server_that_does_not_stream_gives_one_chunk() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": "whole", "tool_calls": [call]}
    answer = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    chunks, error = read(answer.encode(), kind="application/json; charset=utf-8")
    assert contents(chunks) == ["whole"]
    assert chunks[0].choices[0].delta.tool_calls[0]["index"] == 0
    assert error is None


ANSWER = '{"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}'


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/event-stream", ""])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\n "])
def test_documents_and_streams_are_told_apart_whatever_their_type(kind: str, mark: str) -> None:
    chunks, error = read((mark + ANSWER).encode(), kind=kind)
    assert (contents(chunks), error) == (["whole"], None)
    sent = mark.encode() + events(chunk("a"), "[DONE]")
    reader = ChunkReader(Chunk, {"content-type": kind}, CALLEE)
    received = [one for at in range(len(sent)) for one in reader.feed(sent[at : at + 1])]
    assert contents(received) == ["a"]
    assert reader.is_done


@pytest.mark.parametrize(
    "event",
    [
        '{"choices": [{"index": 0}]}',
        '{"choices": [{"index": 0, "delta": null}]}',
        '{"choices": [{"delta": {"content": null}}]}',
        '{"choices": null}',
    ],
)
def test_members_that_some_servers_leave_out_are_added(event: str) -> None:
    chunks, error = read(events(chunk("a"), event, chunk("b", "stop")))
    assert [text for text in contents(chunks) if text] == ["a", "b"]
    assert error is None


@given(
    st.lists(st.text(alphabet='a\x85\u2028\r\n é漢\\"{}', max_size=6), min_size=1, max_size=6),
    st.lists(st.integers(0, 900), max_size=8),
)
def test_chunks_survive_any_cut(texts: list[str], cuts: list[int]) -> None:
    sent = (
        "".join(
            f"data: {json.dumps(json.loads(chunk(text)), ensure_ascii=False)}\n\n" for text in texts
        ).encode()
        + b"data: [DONE]\n\n"
    )
    reader = ChunkReader(Chunk, {}, CALLEE)
    received: list[Chunk] = []
    edges = sorted({0, len(sent), *(cut % len(sent) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        received += reader.feed(sent[start:end])
    assert contents(received) == texts
    assert reader.is_done


def test_the_word_error_in_a_text_is_no_error() -> None:
    chunks, error = read(events(chunk('{"error": 1}'), '{"choices": [], "error": null}', "[DONE]"))
    assert contents(chunks) == ['{"error": 1}']
    assert error is None


# Text generation


def test_a_text_generation_streams_bare_texts() -> None:
    sent = events(
        '{"token": {"id": 1, "text": "Hel"}, "generated_text": null}',
        '{"token": {"id": 2, "text": "lo"}, "generated_text": "Hello"}',
    )
    assert read(sent, str) == (["Hel", "lo"], None)


def test_a_text_generation_that_is_not_streamed_is_one_text() -> None:
    assert read(b'[{"generated_text": "Hello"}]', str, "application/json") == (["Hello"], None)


def test_completions_stream_bare_texts_too() -> None:
    sent = events(
        '{"choices": [{"text": "Hel"}]}', '{"choices": [{"text": "lo", "finish_reason": "stop"}]}'
    )
    assert read(sent, str) == (["Hel", "lo"], None)


def test_a_text_generation_streams_tokens() -> None:
    chunks, error = read(
        events('{"token": {"id": 1, "text": "a"}, "generated_text": "a"}'), TokenChunk
    )
    assert chunks[0].token.id == 1
    assert error is None


def test_a_text_generation_cut_short_is_reported() -> None:
    chunks, error = read(events('{"token": {"id": 1, "text": "a"}}'), str)
    assert chunks == ["a"]
    assert isinstance(error, IncompleteStreamError)


# What goes wrong


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        ('data: {"error": {"message": "no GPU", "code": 500}}', InferenceError, "no GPU"),
        ('data: {"error": "too many", "error_type": "overloaded"}', OverloadedError, "too many"),
        ('data: {"error": "broken", "error_type": "generation"}', GenerationError, "broken"),
        (
            'data: {"error": "too long", "error_type": "validation"}',
            TextGenerationValidationError,
            "too long",
        ),
        ('event: error\ndata: {"message": "out of memory"}', InferenceError, "out of memory"),
        ("event: error\ndata: plain words", InferenceError, "plain words"),
        ('data: {"object": "error", "message": "no memory"}', InferenceError, "no memory"),
        ('data: {"detail": "too long"}', InferenceError, "too long"),
    ],
)
def test_an_error_inside_a_stream_comes_after_its_chunks(event: str, kind: Any, words: str) -> None:
    chunks, error = read(events(chunk("a")) + f"{event}\n\n".encode() + events(chunk("b")))
    assert contents(chunks) == ["a"]
    assert isinstance(error, kind)
    assert error.server_message == words
    assert "together: org/chat" in str(error)
    assert words in str(error)


def test_an_error_never_shows_the_key() -> None:
    callee = Callee(provider="together", key="secret-key")
    reader = ChunkReader(Chunk, {}, callee)
    reader.feed(events('{"error": "bad key secret-key"}'))
    assert "secret-key" not in str(reader.error)


@pytest.mark.parametrize(
    "rest", [b"", b'data: {"choices": [{"delta', b"data: {"], ids=["whole", "half", "brace"]
)
def test_a_stream_cut_short_is_reported_after_its_chunks(rest: bytes) -> None:
    chunks, error = read(events(chunk("a")) + rest)
    assert contents(chunks) == ["a"]
    assert isinstance(error, IncompleteStreamError)
    assert "cut short" in str(error)


def test_a_stream_is_whole_only_when_each_of_its_choices_is() -> None:
    second = chunk("b").replace('"index": 0', '"index": 1')
    begun = events(chunk("a"), second, chunk("", "stop"))
    assert isinstance(read(begun)[1], IncompleteStreamError)
    assert read(begun + events(chunk("", "stop").replace('"index": 0', '"index": 1')))[1] is None


def test_a_document_that_tells_of_an_error_is_an_error() -> None:
    chunks, error = read(b'{"detail": "no such model"}', kind="application/json")
    assert chunks == []
    assert isinstance(error, InferenceError)
    assert error.server_message == "no such model"


def test_a_page_instead_of_a_stream_is_reported() -> None:
    chunks, error = read(b"<html>Welcome</html>", kind="text/html")
    assert chunks == []
    assert isinstance(error, IncompleteStreamError)
    assert "text/html" in str(error)


def test_an_event_of_another_form_is_reported_with_its_place() -> None:
    chunks, error = read(events(chunk("a"), '{"choices": "none"}'))
    assert contents(chunks) == ["a"]
    assert isinstance(error, ResultError)
    assert error.value == {"choices": "none"}
    assert "choices" in str(error)


# On a connection


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
        return open_stream(Transport(patience=10), wire.url)

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
