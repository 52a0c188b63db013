"""`merge_chunks`: the chunks of a streamed chat become one message."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pydantic

from ..reading import as_object, as_text
from .chat import parsed_content
from .task import TaskOutput


class MergedFunction(TaskOutput):
    """The function that a tool call names.

    Its `arguments` are JSON as text; an object where the server sends one.
    """

    name: str = ""
    arguments: str | dict[str, Any] = ""


class MergedToolCall(TaskOutput):
    """A tool call, whole. The answer to it must name its `id`."""

    id: str = ""
    type: str = "function"
    function: MergedFunction = pydantic.Field(default_factory=MergedFunction)


class MergedMessage(TaskOutput):
    """A streamed message, whole. It can be sent back in the next call's messages."""

    role: str = "assistant"
    content: str | None = None
    reasoning: str | None = None  # The model's thoughts, where the server gives them.
    tool_calls: list[MergedToolCall] | None = None  # By their index.
    # These are not sent back: why it ended, the tokens used, the instance of the model class.
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
        chunks: Chunks of a stream (`ChatCompletionStreamOutput`), or the same as dicts.
        index: Which of the choices, where several were asked for.
        response_format: A model class that the content is parsed by, into `.parsed`.

    Returns:
        The message, with the parts of each tool call merged by their index.

    Raises:
        ResultError: when the content is not of `response_format`.
    """
    contents, thoughts = list[Any](), list[str]()
    calls: dict[Any, MergedToolCall] = {}
    merged = MergedMessage()
    for chunk in chunks:
        merged.usage = chunk.get("usage") or merged.usage
        for choice in chunk.get("choices") or ():
            if (choice.get("index") or 0) != index:
                continue
            delta: Any = choice.get("delta") or {}
            merged.finish_reason = choice.get("finish_reason") or merged.finish_reason
            merged.role = delta.get("role") or merged.role
            contents.append(delta.get("content"))
            thoughts.append(as_text(delta.get("reasoning") or delta.get("reasoning_content")))
            for part in delta.get("tool_calls") or ():
                _merge_call(calls, part)
    texts = [text for text in contents if isinstance(text, str)]
    # Servers begin with an empty text before they call a tool.
    merged.content = "".join(texts) or (None if calls or not texts else "")
    merged.reasoning = "".join(thoughts) or None
    merged.tool_calls = list(calls.values()) or None
    if response_format is not None:
        masked = getattr(chunks, "masked", str)  # A stream knows what its client has sent.
        merged.parsed = parsed_content(merged, merged.finish_reason, response_format, masked)
    return merged


def _merge_call(calls: dict[Any, MergedToolCall], part: Any) -> None:
    identity, place = part.get("id"), part.get("index")
    said: Any = part.get("function") or {}
    if place is None:  # Without an index, a new id begins a new call.
        known = [key for key, call in calls.items() if not identity or call.id == identity]
        place = known[-1] if known else len(calls)
    call = calls.setdefault(place, MergedToolCall())
    call.id = identity or call.id
    call.type = part.get("type") or call.type
    function, name, arguments = call.function, said.get("name"), said.get("arguments")
    if name and name != function.name:
        function.name += name
    before = function.arguments
    if isinstance(arguments, str):
        function.arguments = (before if isinstance(before, str) else json.dumps(before)) + arguments
    elif members := as_object(arguments):
        function.arguments = {**as_object(before), **members}
