"""Server-sent events are cut at line feeds, wherever the network cuts the bytes."""

from __future__ import annotations

import itertools
import json

from hubsmith_runtime._sse import EventDecoder
from hypothesis import given
from hypothesis import strategies as st

messages = st.lists(
    st.dictionaries(
        st.text(max_size=3), st.text(alphabet='a\x85\u2028\u2029\r\n é漢\\"', max_size=8)
    ),
    max_size=5,
)


@given(messages, st.lists(st.integers(0, 400), max_size=8), st.sampled_from(["\n", "\r\n"]))
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
