"""Chats: messages and answer formats as they are sent, and `.parsed` of what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import pydantic

from .._errors import ResultError, ValidationError, shorten

_NAME_LENGTH = 64
_NOT_SENT = {"parsed", "finish_reason", "usage"}  # What a message of an answer has beside itself.
_FENCE = re.compile(r"\s*```\w*\s*\n(.*?)\n?\s*```\s*", re.DOTALL)


def plain_messages(messages: Iterable[pydantic.BaseModel]) -> list[dict[str, Any]]:
    """Return the messages of a chat as JSON objects.

    A `content` that was given as `None` stays, as beside tool calls; other members that are `None`
    are left out. Arguments of tool calls become text, as servers want them.

    Raises:
        ValidationError: when there are none.
    """
    plain = [_plain_message(message) for message in messages]
    if not plain:
        raise ValidationError(
            "chat_completion: messages: the list is empty. Give at least one, such as "
            '{"role": "user", "content": "..."}.'
        )
    return plain


def _plain_message(message: pydantic.BaseModel) -> dict[str, Any]:
    plain = message.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_NOT_SENT)
    if "content" in message.model_fields_set and member(message, "content") is None:
        plain["content"] = None
    for call in plain.get("tool_calls") or ():
        function = member(call, "function")
        if isinstance(function, dict) and isinstance(member(function, "arguments"), dict):
            function["arguments"] = json.dumps(function["arguments"])
    return plain


def canonical_format(response_format: Any) -> Any:
    """Return OpenAI's form of what the answer shall look like.

    A model class becomes its JSON schema. A bare JSON schema is wrapped. Other objects stay.
    """
    if isinstance(response_format, type):
        return _class_format(cast("type[pydantic.BaseModel]", response_format))
    if isinstance(response_format, pydantic.BaseModel):
        return response_format.model_dump(mode="json", by_alias=True, exclude_none=True)
    given = dict(cast("Mapping[str, Any]", response_format))
    if given.keys() & {"properties", "$defs"} or given.get("type") in ("object", "array"):
        return _schema_format(str(given.get("title") or "answer"), given, None)
    return given


def _class_format(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    is_strict = _make_strict(schema)
    return _schema_format(model.__name__, schema, is_strict)


def _schema_format(name: str, schema: dict[str, Any], is_strict: bool | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": re.sub(r"[^\w-]", "_", name, flags=re.ASCII)[:_NAME_LENGTH],
        "schema": schema,
    }
    if is_strict is not None:
        described["strict"] = is_strict
    return {"type": "json_schema", "json_schema": described}


def _make_strict(schema: Any) -> bool:
    """Close every object, as strict servers want it; `False` where one must stay open."""
    is_strict = True  # `min` is an `all` that leaves none out.
    if isinstance(schema, list):
        return min(map(_make_strict, cast("list[Any]", schema)), default=True)
    if not isinstance(schema, dict):
        return True
    node = cast("dict[str, Any]", schema)
    for key in ("properties", "$defs"):
        members = cast("dict[str, Any]", node.get(key, {}))
        is_strict = min(map(_make_strict, members.values()), default=True) and is_strict
    for key in ("items", "anyOf", "allOf", "oneOf", "prefixItems"):
        is_strict = _make_strict(node.get(key)) and is_strict
    if node.get("type") == "object" or "properties" in node:
        if node.setdefault("additionalProperties", False) is not False:
            return False
        # A member with a default is asked for all the same: strict servers know no other.
        node["required"] = list(node.get("properties", {}))
    return is_strict


# What comes back


def add_parsed(output: Any, response_format: object, where: str = "") -> None:
    """Give each message of an answer `.parsed`, where the format is a model class.

    Raises:
        ResultError: when a message is not of the format; its `.value` is the whole answer.
    """
    if not (isinstance(response_format, type) and issubclass(response_format, pydantic.BaseModel)):
        return
    for choice in member(output, "choices") or ():
        message, reason = member(choice, "message"), member(choice, "finish_reason")
        try:
            message.parsed = parsed_content(message, reason, response_format, where)
        except ResultError as error:
            error.value = output
            raise


def parsed_content(
    message: Any,
    finish_reason: str | None,
    response_format: type[pydantic.BaseModel],
    where: str = "",
) -> pydantic.BaseModel | None:
    """Return a message's content as an instance of a model class; `None` beside tool calls.

    Raises:
        ResultError: when the model refused, was cut off, or wrote something else.
    """
    content, name = member(message, "content"), response_format.__name__
    at = f"{where}: " if where else ""
    if refusal := member(message, "refusal"):
        raise _unparsed(f"{at}the model refused to give a {name}: {shorten(refusal)}.", message)
    if not content and member(message, "tool_calls"):
        return None
    text = content if isinstance(content, str) else ""
    if fenced := _FENCE.fullmatch(text):
        text = fenced[1]
    try:
        return response_format.model_validate_json(text)
    except pydantic.ValidationError as error:
        detail = error.errors(include_url=False, include_context=False)[0]
    if finish_reason in ("length", "max_tokens"):
        reason = "it was cut off at the limit of tokens: raise max_tokens"
    elif finish_reason == "content_filter":
        reason = "the server's content filter cut it off"
    else:
        place = ".".join(str(part) for part in detail["loc"])
        reason = (f"{place}: " if place else "") + detail["msg"]
    raise _unparsed(f"{at}the answer {shorten(content)} is not a {name}: {reason}.", message)


def _unparsed(reason: str, message: Any) -> ResultError:
    error = ResultError(f"{reason} The message is in `.value`.")
    error.value = message
    return error


def member(value: Any, name: str) -> Any:
    """Return a member of a mapping or of a model; `None` without it."""
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).get(name)
    return getattr(value, name, None)
