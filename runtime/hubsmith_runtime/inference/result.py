"""Converts a request to its `Payload`, and a `TaskResponse` to the typed result."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import pydantic

from ..errors import HubsmithError, ResultError, first_problem, shorten
from ..http import parsed
from ..reading import as_object
from .chat import add_parsed, canonical_format, fill_gaps, plain_messages
from .failures import failure
from .hub import CHAT
from .media import array_of, image_of, parsed_array
from .payload import Payload, TaskResponse
from .provider import Target
from .task import TaskRequest, adapter_of

R = TypeVar("R")

_EXPECTED = {"image": "an image", "array": "an array", "bytes": "bytes of audio or video"}
_WRAPPERS = {"outputs", "output", "data", "predictions", "result", "results"}


def payload_of(
    request: TaskRequest[Any],
    extra_body: Mapping[str, Any] | None = None,
    is_stream: bool = False,
) -> Payload:
    """Return the payload of a request with the caller's `extra_body`, the same for every provider.

    A stream is requested by `is_stream`, or by the request itself.
    """
    task, fields = request.__task__, type(request).model_fields
    # Not `iter(request)`, which takes as long as the rest of this function.
    values = {name: value for name, value in vars(request).items() if value is not None}
    is_stream = bool(values.pop("stream", False)) or is_stream
    if task.parsed_by in values:
        values[task.parsed_by] = canonical_format(values[task.parsed_by])
    if not isinstance(task.inputs, str):
        names = task.inputs.items()
        inputs = {wire: _plain(values.pop(name)) for wire, name in names if name in values}
    elif task.name == CHAT:
        inputs = plain_messages(values.pop(task.inputs))
    else:
        inputs = _plain(values.pop(task.inputs, None))
    parameters = {fields[name].alias or name: _plain(value) for name, value in values.items()}
    extra = dict(extra_body or {})
    return Payload(
        task=task.name, inputs=inputs, parameters=parameters, extra=extra, is_stream=is_stream
    )


def _plain(value: Any) -> Any:
    """Return models as JSON objects without `None`; other values, such as files, are unchanged."""
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    return value


def decode(request: TaskRequest[R], response: TaskResponse) -> R:
    """Return the typed result of a call.

    Raises:
        ResultError: when the answer matches neither the declared type nor another known form.
        MissingDependencyError: when the result needs Pillow or numpy, which is not installed.
    """
    task = request.__task__
    result: Any = response.content
    try:
        if task.result == "json":
            result = _validated(request, response)
        elif task.result == "array":
            result = parsed_array(response.raw) if response.raw else array_of(response.value)
        elif not result:
            raise ValueError("no media" if result is None else "the answer is empty")
        elif task.result == "image":
            result = image_of(result)
        if task.text_unless and not getattr(request, task.text_unless):
            result = getattr(result, "generated_text", result)
        is_many = bool(task.many_if) and getattr(request, task.many_if) is not None
        if task.many_if and is_many != isinstance(result, list):
            if result == []:
                raise ValueError("the list is empty")
            result = [result] if is_many else result[0]
    except ValueError as problem:
        raise _misfit(request, response, first_problem(problem)) from None
    if task.parsed_by and getattr(request, task.parsed_by) is not None:
        form, masked = getattr(request, task.parsed_by), response.response.masked
        add_parsed(result, form, response.where, masked)
    return result


def _validated(request: TaskRequest[Any], response: TaskResponse) -> Any:
    adapter = adapter_of(request.__result__)
    try:
        if response.raw is not None:
            return adapter.validator.validate_json(response.raw)  # Faster than by the adapter.
        return adapter.validate_python(response.value)
    except pydantic.ValidationError as error:
        problem = first_problem(error)  # Not the error itself: it contains the whole answer.
    value = _value_of(response)
    for name in request.__task__.shapes:
        shaped = reshape(name, value)
        if shaped is not None:
            try:
                return adapter.validate_python(shaped)
            except pydantic.ValidationError as error:
                problem = first_problem(error)
    raise ValueError(problem)


def _value_of(response: TaskResponse) -> Any:
    if response.raw is None:
        return response.value
    try:
        return parsed(response.raw)
    except ValueError:
        return response.raw.decode(errors="replace")


def _misfit(request: TaskRequest[Any], response: TaskResponse, reason: str) -> HubsmithError:
    task, where = request.__task__, response.where
    expected = _EXPECTED.get(task.result) or inspect.formatannotation(request.__result__)
    expected = re.sub(r"[^\[\]|, ]*\.", "", expected)  # Without the modules of the classes.
    value = response.content if response.content is not None else _value_of(response)
    if as_object(value).get("error") and isinstance(where, Target):  # Despite the status.
        return failure(response.response, where.callee)
    kind = response.response.headers.get("content-type")
    of_type = f" of type {kind}" if kind else ""
    return ResultError(
        f"{where or task.name}: {task.method} expects {expected}, but the answer{of_type} "
        f"is {shorten(value, response.response.masked)}: {reason}. The whole answer is in `.value`.",
        value,
    )


def reshape(form: str, value: Any) -> Any:
    """Convert an answer from another form, named in an overlay, to the declared one.

    It is used only if the answer does not match the declared form; `None` if it is neither.
    """
    match form, value:
        case "chat", _:
            return fill_gaps(value)
        case "first", [[*inner], *_]:
            return reshape(form, inner)
        case "first" | "text", [item, *_]:
            return item if form == "first" else reshape(form, item)
        case "flat", [*items] if any(isinstance(item, list) for item in items):
            nested = [
                cast("list[Any]", item) if isinstance(item, list) else [item] for item in items
            ]
            return [part for parts in nested for part in parts]
        case "list", dict():
            return [value]
        case "labels", {"labels": [*labels], "scores": [*scores]}:  # Perhaps with a `sequence`.
            pairs = zip(labels, scores, strict=False)
            return [{"label": label, "score": score} for label, score in pairs]
        case "labels", [{"labels": _} as item]:
            return reshape(form, item)
        case "text", {"generated_text": _}:
            return value
        case "text", str(text) | {"choices": [{"text": str(text)}, *_]}:
            return {"generated_text": text}
        case "inner", {**members} if len(members) == 1 and members.keys() <= _WRAPPERS:
            return next(iter(members.values()))
        case _:
            return None
