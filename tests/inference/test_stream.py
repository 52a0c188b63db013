"""Streams: what is sent, in which pieces, and the chunks and errors it becomes; without I/O."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from hubsmith.tasks import ChatCompletionStreamOutput
from hubsmith_runtime import ConnectionFailedError, ResultError
from hubsmith_runtime.inference.chunks import ChunkReader
from hubsmith_runtime.inference.errors import (
    GenerationError,
    IncompleteStreamError,
    InferenceError,
    OverloadedError,
    TextGenerationValidationError,
)
from hubsmith_runtime.inference.failures import Callee
from hubsmith_runtime.inference.task import TaskOutput
from hubsmith_runtime.transport import Origins
from hypothesis import given, strategies as st

from tests.inference.stream_samples import CALLEE, Chunk, chunk, contents, events


class Token(TaskOutput):
    id: int
    text: str


class TokenChunk(TaskOutput):
    token: Token
    generated_text: str | None = None


def read(sent: bytes, of: Any = Chunk, kind: str = "text/event-stream") -> tuple[list[Any], Any]:
    """Return the chunks of a whole answer, and the error at its end."""
    reader: ChunkReader[Any] = ChunkReader(of, {"content-type": kind}, CALLEE)
    chunks = reader.feed(sent)
    return chunks + ([] if reader.is_over else reader.finish()), reader.error


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
    assert reader.is_over


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


def test_members_of_another_form_cost_no_chunk() -> None:
    call = {"index": 0, "id": "", "type": "function", "function": {"name": None, "arguments": "{"}}
    # So text-generation-inference has it, and Together has probabilities like that.
    choices = [{"index": 0, "delta": {"tool_calls": call}, "logprobs": -0.5}]
    sent = {"choices": choices, "created": 1750693921.5}  # And SambaNova this.
    chunks, error = read(events(json.dumps(sent), "[DONE]"), ChatCompletionStreamOutput)
    assert chunks[0].created == 1750693921
    assert chunks[0].choices[0].delta.tool_calls[0].function.arguments == "{"
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
    assert reader.is_over


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


def test_a_generation_that_is_served_as_a_chat_streams_bare_texts() -> None:
    begun = '{"choices": [{"index": 0, "delta": {"role": "assistant"}}]}'
    chunks, error = read(events(begun, chunk("a"), chunk("b"), chunk("", "stop")), str)
    assert "".join(chunks) == "ab"
    assert error is None


@pytest.mark.parametrize("reason", ["null", '""'])
def test_a_completion_without_a_reason_to_end_is_cut_short(reason: str) -> None:
    piece = '{"choices": [{"text": "a", "finish_reason": %s}]}'
    chunks, error = read(events('{"choices": [{"text": null}]}', piece % reason), str)
    assert "".join(chunks) == "a"
    assert isinstance(error, IncompleteStreamError)


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
        ('error: {"code": 500, "message": "no slot"}', InferenceError, "no slot"),  # llama.cpp
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
    masked = Origins({"https://a.org:443": callee.bearer}).masked
    reader = ChunkReader(Chunk, {}, callee, masked)
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


@pytest.mark.parametrize("sign", ['{"type": "ping"}', "{}", '{"status": "in queue"}'])
@pytest.mark.parametrize("of", [Chunk, str])
def test_an_event_that_only_says_that_the_server_lives_is_skipped(sign: str, of: Any) -> None:
    words = chunk("a") if of is Chunk else '{"token": {"text": "a"}, "generated_text": "a"}'
    chunks, error = read(b"event: ping\n" + events(sign, words, sign, "[DONE]"), of)
    assert (contents(chunks) if of is Chunk else chunks) == ["a"]
    assert error is None


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00"])
def test_half_a_character_does_not_break_a_stream(half: str) -> None:
    sent = chunk("a").replace('"a"', f'"a{half}b"')
    chunks, error = read(events(sent, chunk("c"), "[DONE]"))
    assert contents(chunks) == ["a?b", "c"]
    assert error is None
    token = f'{{"token": {{"text": "{half}"}}, "generated_text": ""}}'
    assert read(events(token), str) == (["?"], None)


@pytest.mark.parametrize("none", ["false", "{}", '""', "null"])
def test_an_empty_error_beside_choices_is_none(none: str) -> None:
    sent = [one.replace("{", f'{{"error": {none}, ', 1) for one in (chunk("a"), chunk("b", "stop"))]
    chunks, error = read(events(*sent))
    assert contents(chunks) == ["a", "b"]
    assert error is None


def test_a_whole_message_in_an_event_is_a_chunk() -> None:
    sent = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}
    chunks, error = read(events(json.dumps(sent), "[DONE]"))
    assert contents(chunks) == ["Hi"]
    assert error is None


def test_the_ids_of_calls_may_be_numbers() -> None:
    calls = [{"index": 0, "id": 7, "function": {"name": "f", "arguments": "{}"}}]
    sent = {"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}
    chunks, _ = read(events(json.dumps(sent), "[DONE]"), ChatCompletionStreamOutput)
    assert chunks[0].choices[0].delta.tool_calls[0].id == "7"


def test_an_error_beside_choices_is_an_error() -> None:
    broken = (
        '{"error": {"message": "no GPU"}, "choices": [{"delta": {}, "finish_reason": "error"}]}'
    )
    chunks, error = read(events(chunk("a"), broken, chunk("b")))
    assert contents(chunks) == ["a"]
    assert isinstance(error, InferenceError)
    assert error.server_message == "no GPU"


# How much is read


def test_a_document_takes_a_time_that_grows_with_its_size() -> None:
    def seconds(pieces: int) -> float:
        reader: ChunkReader[Chunk] = ChunkReader(Chunk, {}, CALLEE)
        began = time.process_time()
        reader.feed(b'{"choices": [')
        for _ in range(pieces):
            reader.feed(b" " * 4096)
        return time.process_time() - began

    small = min(seconds(300) for _ in range(3))
    assert seconds(4800) < 16 * max(small, 0.005) * 4


def test_blanks_before_a_stream_are_not_kept() -> None:
    reader: ChunkReader[Chunk] = ChunkReader(Chunk, {}, CALLEE)
    for at in range(3000):
        assert reader.feed(b"\xef\xbb\xbf"[at : at + 1] or b"\n") == []
    assert contents(reader.feed(events(chunk("a")))) == ["a"]


@pytest.mark.parametrize("start", [b"{", events(chunk("a")) + b"data: "])
def test_what_is_too_large_to_hold_is_refused(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubsmith_runtime.inference.chunks.LARGEST_BODY", 1 << 20)
    monkeypatch.setattr("hubsmith_runtime.sse.LARGEST_BODY", 1 << 20)
    reader: ChunkReader[Chunk] = ChunkReader(Chunk, {}, CALLEE)
    assert contents(reader.feed(start)) == ["a"] * (len(start) > 1)
    for _ in range(15):
        assert reader.feed(b" " * (1 << 16)) == []
    with pytest.raises(ConnectionFailedError, match="larger than 1 MiB"):
        reader.feed(b" " * (1 << 16))
