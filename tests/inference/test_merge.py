"""The chunks of a streamed chat, merged into one message."""

from __future__ import annotations

from typing import Any

import pytest
from hubsmith_runtime import ResultError
from hubsmith_runtime.inference.merge import merge_chunks
from hubsmith_runtime.inference.task import TaskOutput

from tests.inference.test_chat import Country, Town, sent


def piece(finish_reason: str | None = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": finish_reason}]}


def call(index: int | None = None, arguments: Any = None, **members: Any) -> dict[str, Any]:
    function = {"arguments": arguments, "name": members.pop("name", None)}
    place = {} if index is None else {"index": index}
    return piece(tool_calls=[{**place, "function": function, **members}])


def test_texts_are_joined() -> None:
    message = merge_chunks(
        [
            piece(role="assistant", content=""),
            piece(reasoning_content="Hm"),
            piece(content="Hel"),
            piece(content="lo"),
            piece("stop"),
            {"choices": [], "usage": {"total_tokens": 3}},
        ]
    )
    assert (message.content, message.reasoning) == ("Hello", "Hm")
    assert (message.finish_reason, message.usage) == ("stop", {"total_tokens": 3})
    assert message.tool_calls is None


def test_parts_of_tool_calls_are_merged_by_their_index() -> None:
    message = merge_chunks(
        [
            piece(role="assistant", content=""),
            call(0, "", id="a", name="first"),
            call(1, '{"y"', id="b", name="second"),
            call(0, '{"x": '),
            call(1, ": 2}"),
            call(0, "1}"),
            piece("tool_calls"),
        ]
    )
    assert message.content is None
    assert [
        (one.id, one.function.name, one.function.arguments) for one in message.tool_calls or []
    ] == [
        ("a", "first", '{"x": 1}'),
        ("b", "second", '{"y": 2}'),
    ]


def test_arguments_may_be_an_object() -> None:
    message = merge_chunks([call(0, {"x": 1}, id="a", name="f"), piece("tool_calls")])
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.arguments == {"x": 1}


def test_calls_without_an_index_are_told_apart_by_their_id() -> None:
    message = merge_chunks(
        [call(arguments="{", id="a", name="f"), call(arguments="}"), call(arguments="{}", id="b")]
    )
    calls = message.tool_calls or []
    assert [(one.id, one.function.arguments) for one in calls] == [("a", "{}"), ("b", "{}")]


@pytest.mark.parametrize("ids", [("a", "b"), ("", ""), (None, None)], ids=["ids", "empty", "none"])
@pytest.mark.parametrize("index", [0, None])
@pytest.mark.parametrize("name", ["f", "g"])
def test_calls_that_each_arrive_whole_are_told_apart(
    ids: tuple[str | None, str | None], index: int | None, name: str
) -> None:
    first = call(index, '{"x": 1}', id=ids[0], name="f")
    message = merge_chunks([first, call(index, '{"x": 2}', id=ids[1], name=name)])
    calls = message.tool_calls or []
    assert [(one.function.name, one.function.arguments) for one in calls] == [
        ("f", '{"x": 1}'),
        (name, '{"x": 2}'),
    ]
    assert [one.id for one in calls] == [ids[0] or "call_0", ids[1] or "call_1"]


@pytest.mark.parametrize("again", [{"id": "a"}, {"id": ""}, {"id": None}, {"id": "b"}])
def test_a_name_that_is_repeated_begins_no_other_call(again: dict[str, Any]) -> None:
    parts = [call(0, '{"x"', id="a", name="f"), call(0, ": 1}", name="f", **again)]
    calls = merge_chunks(parts).tool_calls or []
    assert [(one.function.name, one.function.arguments) for one in calls] == [("f", '{"x": 1}')]


def test_a_last_part_without_arguments_begins_no_other_call() -> None:
    calls = merge_chunks([call(0, "{}", name="f"), call(0, "", name="f")]).tool_calls or []
    assert [(one.function.name, one.function.arguments) for one in calls] == [("f", "{}")]


def test_a_call_without_arguments_has_an_empty_object() -> None:
    message = merge_chunks([call(0, "", id="a", name="f"), call(0, "", id="b", name="g")])
    calls = message.tool_calls or []
    assert [(one.function.name, one.function.arguments) for one in calls] == [
        ("f", "{}"),
        ("g", "{}"),
    ]


def test_a_refusal_and_media_are_merged() -> None:
    message = merge_chunks(
        [
            piece(refusal="I "),
            piece(refusal="won't", thinking="Hm"),
            piece(audio={"id": "a", "transcript": "Hel"}),
            piece(audio={"id": "a", "transcript": "lo", "data": "QUJD"}),
            piece(audio={"data": "REVG", "expires_at": 3}, images=[1]),
            piece("stop", images=[2], refusal=None),
        ]
    )
    assert (message.refusal, message.reasoning) == ("I won't", "Hm")
    assert message["audio"] == {
        "id": "a", "transcript": "Hello", "data": "QUJDREVG", "expires_at": 3,
    }  # fmt: skip
    assert message["images"] == [1, 2]
    with pytest.raises(ResultError, match=r"refused to give a Town: .*won't"):
        merge_chunks([piece("stop", refusal="I won't")], response_format=Town)


def test_one_of_several_choices_is_merged() -> None:
    chunks = [piece(content="a"), piece(content="b", index=1), piece("length", index=1)]
    assert merge_chunks(chunks).content == "a"
    assert merge_chunks(chunks, index=1).finish_reason == "length"


def test_a_merged_message_can_be_sent_back_and_parsed() -> None:
    chunks = [piece(content='{"name": "Rome"}'), piece("stop")]
    message = merge_chunks(chunks, response_format=Town)
    assert message.parsed == Town(name="Rome")
    assert sent(message) == [{"role": "assistant", "content": '{"name": "Rome"}'}]
    with pytest.raises(ResultError, match="is not a Country"):
        merge_chunks(chunks, response_format=Country)


def test_chunks_may_be_models() -> None:
    class Delta(TaskOutput):
        content: str | None = None

    class Part(TaskOutput):
        index: int = 0
        delta: Delta

    class Chunk(TaskOutput):
        choices: list[Part]

    chunks = [Chunk.model_validate(piece(content=text)) for text in ("a", "b")]
    assert merge_chunks(chunks).content == "ab"


def test_no_chunks_are_an_empty_message() -> None:
    assert merge_chunks([]).content is None
