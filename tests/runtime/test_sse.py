"""Server-sent events are cut at the ends of lines, wherever the network cuts the bytes."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from hubsmith_runtime import ConnectionFailedError
from hubsmith_runtime.sse import EventDecoder
from hypothesis import given, strategies as st

messages = st.lists(
    st.dictionaries(
        st.text(max_size=3), st.text(alphabet='a\x85\u2028\u2029\r\n é漢\\"', max_size=8)
    ),
    max_size=5,
)


@given(messages, st.lists(st.integers(0, 400), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_events_survive_any_chunking(
    sent: list[dict[str, str]], cuts: list[int], newline: str
) -> None:
    stream = "".join(
        f"data: {json.dumps(message, ensure_ascii=False)}{newline}{newline}" for message in sent
    ).encode()
    decoder = EventDecoder()
    received: list[bytes] = []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in itertools.pairwise(edges):
        received += decoder.feed(stream[start:end])
    assert [json.loads(payload) for payload in received] == sent


def test_lines_of_one_event_are_joined() -> None:
    assert EventDecoder().feed(b"event: x\ndata: one\ndata:two\nid: 7\n\n") == [b"one\ntwo"]


def test_comments_and_unfinished_events_give_nothing() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b": ping\n\ndata: half") == []
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"\n") == [b"half"]


def test_an_event_that_is_too_large_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubsmith_runtime.sse.LARGEST_BODY", 1000)
    for line in (b"x" * 100, b"data: " + b"x" * 93 + b"\n", b": " + b"x" * 90 + b"\ndata:\n"):
        decoder = EventDecoder()
        for _ in range(9):
            assert decoder.feed(line) == []
        with pytest.raises(ConnectionFailedError, match="an event of the stream is larger than"):
            decoder.feed(line + line)


def test_a_stream_may_be_as_long_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubsmith_runtime.sse.LARGEST_BODY", 1000)
    for event in (b"data: x\n\n", b"\ndata: x\n", b": ping\n\n"):
        decoder = EventDecoder()
        taken = [data for _ in range(1000) for data in decoder.feed(event)]
        assert len(taken) == (0 if b"ping" in event else pytest.approx(1000, abs=1))


def test_a_large_event_takes_a_time_that_grows_with_its_size() -> None:
    def seconds(pieces: int) -> float:
        decoder, began = EventDecoder(), time.process_time()
        decoder.feed(b"data: ")
        for _ in range(pieces):
            decoder.feed(b"x" * 4096)
        assert len(decoder.feed(b"\n\n")) == 1
        return time.process_time() - began

    small = min(seconds(500) for _ in range(3))
    large = min(seconds(8000) for _ in range(3))  # The best of three: others use the machine, too.
    assert large < 16 * max(small, 0.005) * 4
