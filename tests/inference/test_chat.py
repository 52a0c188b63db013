"""Chats: messages, answer formats and `.parsed`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import pydantic
import pytest
from hubsmith import tasks
from hubsmith_runtime import ResultError, ValidationError
from hubsmith_runtime.inference.chat import canonical_format, fill_gaps
from hubsmith_runtime.inference.payload import TaskResponse
from hubsmith_runtime.inference.result import decode, payload_of
from hubsmith_runtime.inference.task import (
    ObjectInput,
    Task,
    TaskObject,
    TaskOutput,
    TaskRequest,
)

from tests.inference.task_responses import task_response

USER = {"role": "user", "content": "Hello"}


class Message(TaskOutput):
    role: str
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class Choice(TaskOutput):
    index: int
    message: Message
    finish_reason: str | None = None


class Output(TaskOutput):
    choices: list[Choice]


class SchemaFormat(TaskOutput):
    type: Literal["json_schema"]
    json_schema: dict[str, Any]


class InputMessage(TaskObject):
    role: str
    content: Any = None
    tool_calls: list[dict[str, Any]] | None = None


class ChatRequest(TaskRequest[Output]):
    __task__ = Task(
        name="conversational",
        method="chat_completion",
        inputs="messages",
        parsed_by="response_format",
    )
    messages: list[ObjectInput[InputMessage]]
    response_format: type[pydantic.BaseModel] | SchemaFormat | Mapping[str, Any] | None = None
    stream: bool | None = None
    temperature: float | None = None


class Town(pydantic.BaseModel):
    name: str
    people: int | None = None


class Country(pydantic.BaseModel):
    capital: Town
    towns: list[Town] = []


def sent(*messages: Any) -> list[dict[str, Any]]:
    """Return the messages as they are sent."""
    return payload_of(ChatRequest(messages=list(messages))).inputs


# Messages


def test_a_chat_s_inputs_are_its_messages() -> None:
    payload = payload_of(ChatRequest(messages=[USER], temperature=0.5, stream=True))
    assert payload.task == "conversational"
    assert payload.inputs == [USER]
    assert payload.parameters == {"temperature": 0.5}
    assert payload.is_stream


def test_the_message_of_an_answer_can_be_sent_back() -> None:
    answer = Message.model_validate(
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}], "refusal": None}
    )
    assert sent(USER, answer) == [
        USER,
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
    ]


def test_members_that_only_some_servers_send_are_sent_back() -> None:
    openai = pytest.importorskip("openai")
    given = {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}
    message = openai.types.chat.ChatCompletionMessage.construct(**given)
    request = tasks.ChatCompletionRequest(messages=[message])
    assert payload_of(request).inputs == [given]


def test_an_empty_content_stays_and_other_empty_members_go() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": None}
    assert sent(message) == [{"role": "assistant", "content": None}]


def test_arguments_of_tool_calls_are_sent_as_text() -> None:
    function = {"name": "f", "arguments": {"a": 1}}
    call = {"id": "1", "type": "function", "function": function}
    (plain,) = sent({"role": "assistant", "tool_calls": [call]})
    assert plain["tool_calls"][0]["function"]["arguments"] == '{"a": 1}'
    assert function["arguments"] == {"a": 1}


def test_a_chat_needs_a_message_and_a_message_a_role() -> None:
    with pytest.raises(ValidationError, match="chat_completion: messages: the list is empty"):
        sent()
    with pytest.raises(ValidationError, match="chat_completion: messages"):
        sent({"content": "Hello"})
    with pytest.raises(ValidationError, match="chat_completion: messages"):
        sent("Hello")
    with pytest.raises(ValidationError, match="chat_completion: messages"):
        ChatRequest(messages="Hello")  # pyright: ignore[reportArgumentType]


# Answer formats


def test_a_model_class_becomes_a_strict_json_schema() -> None:
    form = canonical_format(Country)
    assert form["type"] == "json_schema"
    described = form["json_schema"]
    assert (described["name"], described["strict"]) == ("Country", True)
    schema = described["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["capital", "towns"]
    assert schema["$defs"]["Town"]["required"] == ["name", "people"]
    assert schema["$defs"]["Town"]["additionalProperties"] is False


def test_a_model_class_with_an_open_object_is_not_strict() -> None:
    class Open(pydantic.BaseModel):
        town: Town
        scores: dict[str, int]

    described = canonical_format(Open)["json_schema"]
    assert described["strict"] is False
    assert described["schema"]["properties"]["scores"]["additionalProperties"] == {
        "type": "integer"
    }
    assert described["schema"]["$defs"]["Town"]["additionalProperties"] is False


def test_a_name_holds_only_what_servers_take() -> None:
    class Box(pydantic.BaseModel):
        pass

    Box.__name__ = "Bôx[int]" + "x" * 80
    name = canonical_format(Box)["json_schema"]["name"]
    assert name.startswith("B_x_int_")
    assert len(name) == 64


@pytest.mark.parametrize(
    "form",
    [
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "x", "schema": {"default": None}}},
        {"type": "json", "value": {"properties": {}}},
    ],
)
def test_a_format_in_a_known_form_stays(form: dict[str, Any]) -> None:
    assert canonical_format(form) == form


def test_a_format_of_a_generated_class_becomes_json() -> None:
    form = SchemaFormat(type="json_schema", json_schema={"name": "x", "schema": {}})
    payload = payload_of(ChatRequest(messages=[USER], response_format=form))
    assert payload.parameters["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "x", "schema": {}},
    }


def test_a_bare_json_schema_is_wrapped() -> None:
    schema = {"title": "Town", "type": "object", "properties": {"n": {"default": None}}}
    assert canonical_format(schema) == {
        "type": "json_schema",
        "json_schema": {"name": "Town", "schema": schema},
    }


class Folder(pydantic.BaseModel):
    folders: list[Folder]


@pytest.mark.parametrize(
    "schema",
    [
        Folder.model_json_schema(),
        {"properties": {"n": {"type": "integer"}}},
        {"anyOf": [{"type": "object"}, {"type": "array"}]},
    ],
    ids=["recursive", "without type", "union"],
)
def test_a_schema_that_names_no_type_is_wrapped(schema: dict[str, Any]) -> None:
    request = tasks.ChatCompletionRequest(messages=[USER], response_format=schema)
    sent_format = payload_of(request).parameters["response_format"]
    assert sent_format == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema},
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"grammar": "a+"}, {"grammar": "a+"}),
        (tasks.ChatCompletionInputResponseFormatText(), {"type": "text"}),
        (
            {"json_schema": {"name": "x"}, "odd": 1},
            {"type": "json_schema", "json_schema": {"name": "x"}, "odd": 1},
        ),
    ],
)
def test_a_format_of_no_known_form_gets_no_type(given: Any, expected: dict[str, Any]) -> None:
    request = tasks.ChatCompletionRequest(messages=[USER], response_format=given)
    assert payload_of(request).parameters["response_format"] == expected


# Answers with gaps

THOUGHT = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": ", well"}]},
    {"type": "text", "text": "Hi"},
]
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def whole(**message: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hi", **message}
    return {"choices": [{"index": 0, "message": message}]}


@pytest.mark.parametrize(
    ("given", "place", "expected"),
    [
        ({"choices": [{"message": {"content": "Hi"}}]}, "choices.0.message.role", "assistant"),
        ({"choices": [{"message": {"content": "Hi"}}]}, "choices.0.index", 0),
        ({"data": whole()}, "choices.0.message.content", "Hi"),
        (
            whole(content=[{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hi"}]),
            "choices.0.message.content",
            "Hi",
        ),
        (
            whole(tool_calls=[{"function": {"name": "f", "arguments": None}}]),
            "choices.0.message.tool_calls.0.function.arguments",
            "{}",
        ),
        (whole(tool_calls=[{**CALL, "id": None}]), "choices.0.message.tool_calls.0.id", "call_0"),
        (whole(tool_calls=[{**CALL, "id": 0}]), "choices.0.message.tool_calls.0.id", "0"),
        (whole(tool_calls=CALL), "choices.0.message.tool_calls.0.id", "1"),
        (
            whole(content=[{"type": "output_text", "text": "H"}, {"type": "text", "text": "i"}]),
            "choices.0.message.content",
            "Hi",
        ),
        (whole(content={"type": "text", "text": "Hi"}), "choices.0.message.content", "Hi"),
        (whole(content=[]), "choices.0.message.content", ""),
        (whole(content=THOUGHT), "choices.0.message.reasoning", "Hm, well"),
        (whole(content=THOUGHT), "choices.0.message.content", "Hi"),
        (whole() | {"created": 1750693921.5}, "created", 1750693921),
        (whole() | {"created": "2025-06-23T15:52:01Z"}, "created", None),
        (whole() | {"id": 7}, "id", "7"),
        ({"choices": [{**whole()["choices"][0], "logprobs": []}]}, "choices.0.logprobs", None),
        (whole() | {"usage": {}}, "usage", None),
        (
            whole() | {"usage": {"prompt_tokens": 2, "total_tokens": 5}},
            "usage.completion_tokens",
            3,
        ),
        (
            whole() | {"usage": {"prompt_tokens": 2, "completion_tokens": 3}},
            "usage.total_tokens",
            5,
        ),
    ],
)
def test_what_a_server_leaves_out_of_a_chat_is_filled_in(
    given: dict[str, Any], place: str, expected: object
) -> None:
    request = tasks.ChatCompletionRequest(messages=[USER])
    found: Any = decode(request, task_response(raw=json.dumps(given).encode()))
    for step in place.split("."):
        found = found[int(step)] if step.isdecimal() else found[step]
    assert found == expected


@pytest.mark.parametrize(
    "given",
    [{}, {"choices": "none"}, {"choices": [1]}, {"choices": [{"message": "Hi"}]}, [], "Hi", None],
)
def test_what_is_no_chat_is_not_made_one(given: object) -> None:
    request = tasks.ChatCompletionRequest(messages=[USER])
    with pytest.raises(ResultError, match="chat_completion expects ChatCompletionOutput") as caught:
        decode(request, task_response(raw=json.dumps(given).encode()))
    assert caught.value.value == given


def test_the_parts_of_a_message_are_not_compared_with_each_other() -> None:
    class Part(dict[str, str]):
        def __eq__(self, other: object) -> bool:
            raise AssertionError("thousands of parts would take minutes")

    parts = [Part(type=kind, text=kind[0]) for kind in ("thinking", "text", "thinking", "text")]
    message = fill_gaps({"choices": [{"message": {"content": parts}}]})["choices"][0]["message"]
    assert (message["content"], message["reasoning"]) == ("tt", "tt")


# Parsed answers


def answer(content: str | None, finish_reason: str = "stop", **members: Any) -> TaskResponse:
    message = {"role": "assistant", "content": content, **members}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return task_response(raw=json.dumps({"choices": [choice]}).encode(), where="together: org/chat")


REQUEST = ChatRequest(messages=[USER], response_format=Country)


@pytest.mark.parametrize(
    "content",
    ['{"capital": {"name": "Rome"}}', '```json\n{"capital": {"name": "Rome"}}\n```\n'],
    ids=["json", "fenced"],
)
def test_an_answer_is_parsed_as_an_instance(content: str) -> None:
    message: Any = decode(REQUEST, answer(content)).choices[0].message
    assert message.parsed == Country(capital=Town(name="Rome"))
    assert message.content == content
    assert sent(message) == [{"role": "assistant", "content": content}]


def test_beside_tool_calls_nothing_is_parsed() -> None:
    message: Any = decode(REQUEST, answer(None, tool_calls=[{"id": "1"}])).choices[0].message
    assert message.parsed is None


def test_without_a_model_class_nothing_is_parsed() -> None:
    message = decode(ChatRequest(messages=[USER]), answer("Hi")).choices[0].message
    assert not hasattr(message, "parsed")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer(None, refusal="I cannot."), "refused to give a Country: 'I cannot.'"),
        (answer('{"capital": {"na', "length"), "cut off at the token limit: raise max_tokens"),
        (answer('{"capital": {', "content_filter"), "content filter"),
        (answer("Rome"), "the answer 'Rome' is not a Country: Invalid JSON"),
        (answer('{"capital": {}}'), "capital.name: Field required"),
        (answer(None), "is not a Country"),
    ],
    ids=["refusal", "length", "filter", "text", "missing", "empty"],
)
def test_an_answer_that_cannot_be_parsed_says_why_and_keeps_the_answer(
    reply: TaskResponse, reason: str
) -> None:
    with pytest.raises(ResultError) as caught:
        decode(REQUEST, reply)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("together: org/chat: ")
    assert isinstance(caught.value.value, Output)
