"""From a request to its `Payload`, and from a `Reply` to the typed result."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar, cast

import pydantic

from .._errors import ResultError, shorten
from ._content import Content
from ._conversation import add_parsed, canonical_format, plain_messages
from ._gaps import filled
from ._media import array_of, image_of
from ._payload import Payload, Reply
from ._task import TaskRequest

R = TypeVar("R")

Shape: TypeAlias = Callable[[Any], Any]
"""Makes the declared form of another one; `None` where it does not apply."""


def payload_of(
    request: TaskRequest[Any],
    extra_body: Mapping[str, Any] | None = None,
    *,
    is_stream: bool = False,
) -> Payload:
    """Return what a request asks for, the same for every provider.

    Files stay `Content`, which the call reads or fetches where the provider needs their bytes.

    Args:
        request: The checked arguments.
        extra_body: What the caller adds to the body.
        is_stream: Whether a stream is asked for; also where the request says so.
    """
    task = type(request).__task__
    # Without the detour over `iter(request)`, which costs as much as the rest of this function.
    values = {name: value for name, value in vars(request).items() if value is not None}
    is_stream = bool(values.pop("stream", False)) or is_stream
    if task.parsed_by in values:
        values[task.parsed_by] = canonical_format(values[task.parsed_by])
    if task.name == "conversational":
        values["messages"] = plain_messages(values["messages"])
    if isinstance(task.inputs, str):
        inputs = _plain(values.pop(task.inputs, None))
    else:
        inputs = {
            wire: _plain(values.pop(name)) for wire, name in task.inputs.items() if name in values
        }
    fields = type(request).model_fields
    return Payload(
        task=task.name,
        inputs=inputs,
        parameters={fields[name].alias or name: _plain(value) for name, value in values.items()},
        extra=dict(extra_body or {}),
        is_stream=is_stream,
    )


def unread(request: TaskRequest[Any]) -> list[Content]:
    """Return the files whose `read` would wait for a disk.

    An event loop reads them in a thread, before the call:
    `for content in unread(request): await asyncio.to_thread(content.read)`.
    """
    files = (content for _, value in request for content in _files(value))
    return [content for content in files if content.is_local and not content.is_read]


def decode(request: TaskRequest[R], reply: Reply) -> R:
    """Return the typed result of a call.

    Raises:
        ResultError: when the answer is not of the declared form, nor of another known one.
        MissingDependencyError: when the result needs Pillow or numpy, which is not installed.
    """
    task = type(request).__task__
    result: Any
    match task.result:
        case "json":
            result = _validated(request, reply)
        case "array":
            result = _made(array_of, _value_of(reply), request, reply)
        case "image":
            result = _made(image_of, _media_of(reply, request), request, reply)
        case "bytes":
            result = _media_of(reply, request)
    if task.text_unless and not getattr(request, task.text_unless):
        result = getattr(result, "generated_text", result)
    if task.many_if:
        is_many = getattr(request, task.many_if) is not None
        if is_many != isinstance(result, list):
            result = [result] if is_many else _first_of(result, request, reply)
    if task.parsed_by:
        add_parsed(result, getattr(request, task.parsed_by), reply.where)
    return cast("R", result)


def _plain(value: Any) -> Any:
    """Return models as JSON objects without what is `None`; leave files as they are."""
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (dict, Mapping)):
        return {key: _plain(item) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[Any]", value)]
    return value


def _files(value: object) -> Iterator[Content]:
    if isinstance(value, Content):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[str, object]", value).values():
            yield from _files(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[object]", value):
            yield from _files(item)


# The answer


@functools.lru_cache(maxsize=128)
def _adapter(result: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(result)


def _validated(request: TaskRequest[Any], reply: Reply) -> Any:
    adapter = _adapter(type(request).__result__)
    try:
        if reply.raw is not None:
            return adapter.validate_json(reply.raw)
        return adapter.validate_python(reply.value)
    except pydantic.ValidationError as error:
        first = error
    value = _value_of(reply)
    for name in type(request).__task__.shapes:
        shaped = SHAPES[name](value)
        if shaped is not None:
            try:
                return adapter.validate_python(shaped)
            except pydantic.ValidationError as error:
                first = error
    detail = first.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in detail["loc"])
    raise _misfit(request, reply, (f"{place}: " if place else "") + detail["msg"]) from None


def _made(make: Callable[[Any], Any], value: Any, request: TaskRequest[Any], reply: Reply) -> Any:
    try:
        return make(value)
    except ValueError as error:
        raise _misfit(request, reply, str(error)) from None


def _first_of(results: list[Any], request: TaskRequest[Any], reply: Reply) -> Any:
    if not results:
        raise _misfit(request, reply, "the list is empty")
    return results[0]


def _media_of(reply: Reply, request: TaskRequest[Any]) -> bytes:
    if reply.content:
        return reply.content
    raise _misfit(request, reply, "the answer is empty" if reply.content == b"" else "no media")


def _value_of(reply: Reply) -> Any:
    if reply.value is None and reply.raw is not None:
        try:
            return json.loads(reply.raw)
        except (ValueError, RecursionError):
            return reply.raw.decode(errors="replace")
    return reply.value


def _misfit(request: TaskRequest[Any], reply: Reply, reason: str) -> ResultError:
    task = type(request).__task__
    value = reply.content if reply.content is not None else _value_of(reply)
    expected = (
        _name_of(type(request).__result__) if task.result == "json" else f"an {task.result}"
        if task.result in ("image", "array") else "bytes of audio or video"
    )  # fmt: skip
    where = reply.where or task.name
    kind = reply.headers.get("content-type")
    of_type = f" of type {kind}" if kind else ""
    error = ResultError(
        f"{where}: {task.method} expects {expected}, but the answer{of_type} is "
        f"{shorten(value, reply.secret)}: {reason}. The whole answer is in `.value`."
    )
    error.value = value
    return error


def _name_of(result: Any) -> str:
    if isinstance(result, type) and not getattr(result, "__args__", None):
        return result.__name__
    text = str(result)
    for module in {getattr(part, "__module__", "") for part in _parts(result)} - {""}:
        text = text.replace(f"{module}.", "")
    return text


def _parts(result: Any) -> Iterator[Any]:
    yield result
    for part in getattr(result, "__args__", ()):
        yield from _parts(part)


# Other forms that servers answer in. Each is applied only where the declared form does not fit.


def flattened(value: Any) -> Any:
    """`[[a, b], [c]]` is `[a, b, c]`."""
    if isinstance(value, list) and any(isinstance(item, list) for item in cast("list[Any]", value)):
        return [
            part
            for item in cast("list[Any]", value)
            for part in (cast("list[Any]", item) if isinstance(item, list) else [item])
        ]
    return None


def first(value: Any) -> Any:
    """`[a, ...]` is `a`, also within another list."""
    while isinstance(value, list):
        if not value:
            return None
        value = cast("list[Any]", value)[0]
        if not isinstance(value, list):
            return value
    return None


def listed(value: Any) -> Any:
    """An object `a` is `[a]`."""
    return [value] if isinstance(value, dict) else None


def labelled(value: Any) -> Any:
    """`{labels, scores}`, with or without `sequence`, is `[{label, score}, ...]`.

    In a list of one, too.
    """
    if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
        value = cast("list[Any]", value)[0]
    if not isinstance(value, dict):
        return None
    labels, scores = (cast("dict[str, Any]", value).get(key) for key in ("labels", "scores"))
    if not isinstance(labels, list) or not isinstance(scores, list):
        return None
    pairs = zip(cast("list[Any]", labels), cast("list[Any]", scores), strict=False)
    return [{"label": label, "score": score} for label, score in pairs]


def texted(value: Any) -> Any:
    """A bare text, a list of one, or a completion, is `{generated_text}`."""
    found = first(value) if isinstance(value, list) else value
    if isinstance(found, str):
        return {"generated_text": found}
    if not isinstance(found, dict):
        return None
    members = cast("dict[str, Any]", found)
    if "generated_text" in members:
        return members
    choice = first(members.get("choices"))
    text = cast("dict[str, Any]", choice).get("text") if isinstance(choice, dict) else None
    return {"generated_text": text} if isinstance(text, str) else None


def dropped(value: Any) -> Any:
    """The members of an answer that came inside `{"outputs"|"data"|"predictions"|"result": ...}`."""
    if isinstance(value, dict) and len(members := cast("dict[str, Any]", value)) == 1:
        key, inner = next(iter(members.items()))
        if key in ("outputs", "output", "data", "predictions", "result", "results"):
            return inner
    return None


SHAPES: Mapping[str, Shape] = {
    "flat": flattened,
    "first": first,
    "list": listed,
    "labels": labelled,
    "text": texted,
    "inner": dropped,
    "chat": filled,
}
"""By the name that a task's overlay calls them."""
