"""`merge_chunks`: a streamed message, whole again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import pydantic

from ._conversation import member, parsed_content
from ._task import TaskOutput


class MergedFunction(TaskOutput):
    """The function that a tool call names.

    Attributes:
        name: Of the function.
        arguments: JSON as text; an object where the server sends one.
    """

    name: str = ""
    arguments: str | dict[str, Any] = ""


class MergedToolCall(TaskOutput):
    """A tool call, whole.

    Attributes:
        id: What the answer to it must name.
        type: `function`.
        function: What is to be called.
    """

    id: str = ""
    type: str = "function"
    function: MergedFunction = pydantic.Field(default_factory=MergedFunction)


class MergedMessage(TaskOutput):
    """A streamed message, whole. It can be sent back in the next call's messages.

    Attributes:
        role: `assistant`, unless the server says otherwise.
        content: The text; `None` where there is none.
        reasoning: The model's thoughts, where the server gives them.
        tool_calls: By their index; `None` where there are none.
        finish_reason: Why it ended, such as `stop`, `length` or `tool_calls`; `None` where the
            stream did not say. It is not sent back.
        usage: Tokens used, where the server tells. It is not sent back.
        parsed: The content as an instance of the model class given to `merge_chunks`.
    """

    role: str = "assistant"
    content: str | None = None
    reasoning: str | None = None
    tool_calls: list[MergedToolCall] | None = None
    finish_reason: str | None = pydantic.Field(default=None, exclude=True)
    usage: Any = pydantic.Field(default=None, exclude=True)
    parsed: Any = pydantic.Field(default=None, exclude=True)


def merge_chunks(
    chunks: Iterable[Any],
    *,
    index: int = 0,
    response_format: type[pydantic.BaseModel] | None = None,
) -> MergedMessage:
    """Put the chunks of a streamed chat together.

    Args:
        chunks: `ChatCompletionStreamOutput`s, or the same as dicts.
        index: Which of the choices, where several were asked for.
        response_format: A model class that the content is parsed by, into `.parsed`.

    Returns:
        The message, with the parts of each tool call merged by their index.

    Raises:
        ResultError: when the content is not of `response_format`.
    """
    texts: dict[str, list[str]] = {"content": [], "reasoning": []}
    calls: dict[Any, MergedToolCall] = {}
    merged = MergedMessage()
    for chunk in chunks:
        merged.usage = member(chunk, "usage") or merged.usage
        for choice in member(chunk, "choices") or ():
            if (member(choice, "index") or 0) != index:
                continue
            merged.finish_reason = member(choice, "finish_reason") or merged.finish_reason
            delta = member(choice, "delta")
            merged.role = member(delta, "role") or merged.role
            for name, parts in texts.items():
                if name == "reasoning":
                    part = member(delta, name) or member(delta, "reasoning_content")
                else:
                    part = member(delta, name)
                if isinstance(part, str):
                    parts.append(part)
            for part in member(delta, "tool_calls") or ():
                _merge_call(calls, part)
    merged.content = "".join(texts["content"]) if texts["content"] else None
    merged.reasoning = "".join(texts["reasoning"]) or None
    merged.tool_calls = list(calls.values()) or None
    if calls and not merged.content:
        merged.content = None  # Servers begin with an empty text before they call a tool.
    if response_format is not None:
        merged.parsed = parsed_content(merged, merged.finish_reason, response_format)
    return merged


def _merge_call(calls: dict[Any, MergedToolCall], part: Any) -> None:
    identity = member(part, "id")
    place = member(part, "index")
    if place is None:  # Without an index, a new id begins a new call.
        known = next((key for key, call in calls.items() if call.id == identity), None)
        last = next(reversed(calls), None)
        place = known if known is not None else last if not identity else len(calls)
        place = 0 if place is None else place
    call = calls.setdefault(place, MergedToolCall())
    call.id = identity or call.id
    call.type = member(part, "type") or call.type
    function, arguments = call.function, member(member(part, "function"), "arguments")
    name = member(member(part, "function"), "name")
    if name and name != function.name:
        function.name += name
    if isinstance(arguments, str):
        before = function.arguments
        function.arguments = (before if isinstance(before, str) else json.dumps(before)) + arguments
    elif isinstance(arguments, Mapping):
        before = function.arguments if isinstance(function.arguments, dict) else {}
        function.arguments = {**before, **cast("Mapping[str, Any]", arguments)}
