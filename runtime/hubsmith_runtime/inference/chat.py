"""Chats: encodes messages and answer formats, and fills gaps in answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, cast

import pydantic

from ..errors import ResultError, ValidationError, a_type, first_problem, shorten
from ..reading import as_list, as_number, as_object, as_text, as_words
from .task import TaskOutput

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_ABOUT = ("id", "model", "object", "system_fingerprint")
_NOT_SENT = {"parsed", "finish_reason", "usage"}  # What the client adds to an answer's message.
_FENCE = re.compile(r"\s*```\w*\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_THOUGHTS = ("thinking", "reasoning")  # Parts of a content that belong to no answer.
_SCHEMA = {"properties", "$defs", "$ref", "anyOf", "allOf", "oneOf"}  # Beside no type, or another.
_PARTS = ("items", "anyOf", "allOf", "oneOf", "prefixItems")  # Where a JSON schema contains others.
_CUT_OFF = {
    "length": "it was cut off at the token limit: raise max_tokens",
    "max_tokens": "it was cut off at the token limit: raise max_tokens",
    "content_filter": "the server's content filter cut it off",
}


def plain_messages(messages: Iterable[pydantic.BaseModel]) -> list[dict[str, Any]]:
    """Return the messages of a chat as JSON objects; there must be at least one.

    A `content` that was given as `None` is kept, such as beside tool calls; other members that are
    `None` are omitted. Arguments of tool calls become text, as servers expect.
    """
    plain: list[dict[str, Any]] = []
    for message in messages:
        one = {name: value for name, value in vars(message).items() if value is not None}
        is_text = {*map(type, one.values())} == {str}  # Usually, and faster without a serializer.
        if message.model_extra or not is_text:
            one = message.model_dump(by_alias=True, exclude_none=True, exclude=_NOT_SENT)
        if "content" in message.model_fields_set:
            one.setdefault("content", None)
        for call in as_list(one.get("tool_calls")):
            function = as_object(as_object(call).get("function"))
            if isinstance(function.get("arguments"), dict):
                function["arguments"] = json.dumps(function["arguments"], default=str)
        plain.append(one)
    if not plain:
        raise ValidationError(
            "chat_completion: messages: the list is empty. Give at least one, such as "
            '{"role": "user", "content": "..."}.'
        )
    return plain


def canonical_format(response_format: Any) -> Any:
    """Return a response format in OpenAI's form.

    A model class becomes its JSON schema. A bare JSON schema is wrapped. Others are unchanged.
    """
    described: dict[str, Any] = {}
    if isinstance(response_format, type):
        model = cast("type[pydantic.BaseModel]", response_format)
        title, schema = model.__name__, model.model_json_schema()
        described["strict"] = _close_objects(schema)
    else:
        if isinstance(response_format, pydantic.BaseModel):
            unknown = response_format.model_extra or {}
            if unknown and unknown.keys() == response_format.model_fields_set:
                response_format = unknown  # A dict, only taken for a format by its lack of a type.
        schema = as_object(response_format)
        title, kind = str(schema.get("title") or "answer"), schema.get("type")
        if kind not in ("object", "array") and not schema.keys() & _SCHEMA:
            return response_format
    described["name"] = re.sub(r"[^\w-]", "_", title, flags=re.ASCII)[:64]
    return {"type": "json_schema", "json_schema": {**described, "schema": schema}}


def _close_objects(schema: Any) -> bool:
    """Disallow extra members in every object, for strict servers; `False` if one has them."""
    node = as_object(schema)
    parts = [*as_list(schema), *(node[key] for key in _PARTS if key in node)]
    for key in ("properties", "$defs"):
        parts += as_object(node.get(key)).values()
    is_strict = min(map(_close_objects, parts), default=True)  # An `all` without short-circuit.
    if node.get("type") == "object" or "properties" in node:
        if node.setdefault("additionalProperties", False) is not False:
            return False
        # Members with a default are required, too: strict servers accept no others.
        node["required"] = list(node.get("properties", {}))
    return is_strict


def add_parsed(
    output: Any, response_format: object, where: object, masked: Callable[[str], str]
) -> None:
    """Set `.parsed` of each message of an answer, if the format is a model class."""
    if isinstance(response_format, type) and issubclass(response_format, pydantic.BaseModel):
        for choice in output.choices:
            message, about = choice.message, (choice.finish_reason, response_format, masked)
            message.parsed = parsed_content(message, *about, where, output)


def parsed_content(
    message: TaskOutput,
    reason: str | None,
    form: type[Any],
    masked: Callable[[str], str],
    where: object = "",
    answer: Any = None,
) -> Any:
    """Return a message's content as an instance of a model class; `None` if it has tool calls.

    Raises:
        ResultError: when the model refused, was cut off, or returned something else.
    """
    content, name = message.get("content"), a_type(form)
    if refusal := message.get("refusal"):
        problem = f"the model refused to give {name}: {shorten(refusal, masked)}"
    elif not content and message.get("tool_calls"):
        return None
    else:
        fenced = _FENCE.fullmatch(text := as_text(content))
        try:
            return form.model_validate_json(fenced[1] if fenced else text)
        except pydantic.ValidationError as error:
            why = _CUT_OFF.get(reason or "") or first_problem(error)
            problem = f"the answer {shorten(content, masked)} is not {name}: {why}"
    at = f"{where}: " if where else ""
    raise ResultError(f"{at}{problem}. The message is in `.value`.", answer or message)


def fill_gaps(answer: Any) -> Any:
    """Return a chat's answer, or a chunk of one, with its gaps filled; `None` for anything else.

    A missing index becomes the position in the list, a missing role `assistant`, and missing
    arguments of a call `{}`; a missing token count follows from the others. Text in parts is
    joined; that of reasoning is the `reasoning`. Ids of another type, and times with fractions of a
    second (SambaNova), are converted.
    """
    members = as_object(answer)
    if "choices" not in members or (members.get("error") and not members["choices"]):
        return None
    try:
        choices = [_fill_choice(at, one) for at, one in enumerate(answer["choices"] or ())]
        about: dict[str, Any] = {one: str(answer[one]) for one in _ABOUT if answer.get(one)}
        about["created"] = int(as_number(answer.get("created")) or 0) or None
        usage = _fill_usage(as_object(answer.get("usage")))
        return {**answer, **about, "choices": choices, "usage": usage}
    except (AttributeError, TypeError, ValueError):
        return None


def as_chunk(document: Any) -> Any:
    """Return a whole chat answer as the only chunk of a stream; `None` for anything else."""
    answer = fill_gaps(document)
    if answer is None or any("message" not in one for one in answer["choices"]):
        return None
    for choice in answer["choices"]:
        choice["delta"] = choice["message"]
        for at, call in enumerate(choice["delta"]["tool_calls"] or ()):
            call.setdefault("index", at)
    return answer


def _fill_choice(at: int, choice: dict[str, Any]) -> dict[str, Any]:
    name = "message" if "message" in choice else "delta"
    message: dict[str, Any] = {**(choice.get(name) or {})}
    content = message.get("content")
    if type(content) in (list, dict):
        parts = [as_object(part) for part in as_list(content) or [content]]
        thoughts = [part for part in parts if part.get("type") in _THOUGHTS]
        texts = [part for part in parts if part.get("type") not in _THOUGHTS]
        message["content"] = "".join(map(_text_of, texts))
        message["reasoning"] = message.get("reasoning") or "".join(map(_text_of, thoughts)) or None
    found = message.get("tool_calls")  # One object in streams of text-generation-inference.
    calls: list[Any] = [found] if as_object(found) else as_list(found)
    calls = [{**call, "id": as_words(call.get("id")) or None} for call in calls]
    if name == "message":
        calls = [_fill_call(at, call) for at, call in enumerate(calls)]
        message["role"] = message.get("role") or "assistant"
    message["tool_calls"] = calls or None
    index = choice.get("index")
    logprobs = as_object(choice.get("logprobs")) or None  # Together streams a plain number.
    index = at if index is None else index
    return {**choice, "index": index, "logprobs": logprobs, name: message}


def _text_of(part: dict[str, Any]) -> str:
    """Return the text of a part of a message; a part with reasoning may have parts itself."""
    said = part.get("text") or part.get("thinking") or part.get("summary")
    return as_text(said) or "".join(as_text(as_object(one).get("text")) for one in as_list(said))


def _fill_call(at: int, call: dict[str, Any]) -> dict[str, Any]:
    function = as_object(call.get("function"))
    if function.get("arguments") is None:
        function = {**function, "arguments": "{}"}
    # The answer to a call must refer to its id.
    return {**call, "id": call["id"] or f"call_{at}", "function": function}


def _fill_usage(usage: dict[str, Any]) -> dict[str, Any] | None:
    asked, answered, total = map(usage.get, _COUNTS)
    answered = answered if answered is not None else max((total or 0) - (asked or 0), 0)
    asked = asked if asked is not None else max((total or 0) - answered, 0)
    total = total if total is not None else asked + answered
    return {**usage, **dict(zip(_COUNTS, (asked, answered, total), strict=True))} if usage else None
