"""`merge_chunks`: merges the chunks of a streamed chat into one message."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pydantic

from ..http import parsed
from ..reading import as_object, as_text
from .chat import parsed_content
from .task import TaskOutput

_GROWING = {"audio", "images", "annotations", "reasoning_details"}


class MergedFunction(TaskOutput):
    """The function of a tool call.

    Its `arguments` are JSON text, or an object if the server sends one.
    """

    name: str = ""
    arguments: str | dict[str, Any] = ""


class MergedToolCall(TaskOutput):
    """A complete tool call. The answer to it must refer to its `id`."""

    id: str = ""
    type: str = "function"
    function: MergedFunction = pydantic.Field(default_factory=MergedFunction)


class MergedMessage(TaskOutput):
    """A complete streamed message. It can be sent back in the next call's messages."""

    role: str = "assistant"
    content: str | None = None
    reasoning: str | None = None  # The model's reasoning, if the server sends it.
    refusal: str | None = None  # Why the model refuses to answer.
    tool_calls: list[MergedToolCall] | None = None  # Merged by index.
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
    """Merge the chunks of a streamed chat into one message.

    Args:
        chunks: Chunks of a stream (`ChatCompletionStreamOutput`), or the same as dicts.
        index: The index of the choice, if several were requested.
        response_format: A model class to parse the content with, into `.parsed`.

    Returns:
        The message, with the parts of each tool call merged by their index. It also has the
        `audio`, `images`, `annotations` and `reasoning_details` that the server sent.

    Raises:
        ResultError: when the content does not match `response_format`.
    """
    contents, thoughts, refusals = list[Any](), list[str](), list[str]()
    calls, grown = list[Any](), dict[str, Any]()
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
            thought = delta.get("reasoning") or delta.get("reasoning_content")
            refusals.append(as_text(delta.get("refusal")))
            if extra := getattr(delta, "model_extra", delta):  # Of a model, or a dict.
                thought = thought or extra.get("thinking")
                grown = _joined(grown, {name: extra[name] for name in _GROWING & extra.keys()})
            thoughts.append(as_text(thought))
            calls += delta.get("tool_calls") or ()
    texts = [text for text in contents if isinstance(text, str)]
    # Servers start with an empty text before they call a tool.
    merged.content = "".join(texts) or (None if calls or not texts else "")
    merged.reasoning, merged.refusal = "".join(thoughts) or None, "".join(refusals) or None
    merged.tool_calls = _merged_calls(calls) or None
    for name, value in grown.items():
        setattr(merged, name, value)
    if response_format is not None:
        masked = getattr(chunks, "masked", str)  # A stream knows its client's secrets.
        merged.parsed = parsed_content(merged, merged.finish_reason, response_format, masked)
    return merged


def _joined(before: Any, more: Any) -> Any:
    """Append a part of a value to its parts before: texts, lists and the members of objects."""
    if members := as_object(more):
        known = as_object(before)
        grown = {name: _joined(known.get(name), one) for name, one in members.items()}
        return {**known, **grown, **({"id": members["id"]} if "id" in members else {})}
    if type(before) is type(more) and isinstance(more, (str, list)):
        return before + more
    return before if more is None else more


def _merged_calls(parts: Iterable[Any]) -> list[MergedToolCall]:
    calls, latest = list[MergedToolCall](), dict[Any, MergedToolCall]()
    for part in parts:
        identity, place = part.get("id"), part.get("index")
        said: Any = part.get("function") or {}
        name, arguments = said.get("name"), said.get("arguments")
        call = latest.get(place)
        if place is None:  # Without an index, a new id begins a new call.
            known = [call for call in calls if not identity or call.id == identity]
            call = known[-1] if known else None
        if call is None or (name and (identity or arguments) and _is_whole(call, identity)):
            calls.append(call := MergedToolCall())
        latest[place] = call
        call.id = identity or call.id
        call.type = part.get("type") or call.type
        function, before = call.function, call.function.arguments
        if name and name != function.name:
            function.name += name
        if isinstance(arguments, str):
            text = before if isinstance(before, str) else json.dumps(before)
            function.arguments = text + arguments
        elif members := as_object(arguments):
            function.arguments = {**as_object(before), **members}
    for at, call in enumerate(calls):  # As in an answer that is not streamed.
        call.id, call.function.arguments = call.id or f"call_{at}", call.function.arguments or "{}"
    return calls


def _is_whole(call: MergedToolCall, identity: str | None) -> bool:
    """Whether a part that has a name, and perhaps an id, begins another call than the latest.

    Some servers send every call whole, with the same index or without one.
    """
    arguments = call.function.arguments
    if call.id and (identity or call.id) == call.id:
        return False
    if not arguments:
        return bool(call.id)
    try:
        return not isinstance(arguments, str) or parsed(arguments.encode()) is not None
    except ValueError:
        return False
