"""A call of one task at one provider, from its request to its `TaskResponse`."""

from __future__ import annotations

import functools
import json
import mimetypes
import secrets
import time
from collections.abc import Mapping
from typing import Any, cast

from ..effects import DeadlineExceeded, Effects, Run
from ..errors import ValidationError
from ..files import File
from ..http import HttpRequest, Response
from ..reading import as_object
from ..retries import Retries
from .failures import send_checked
from .hub import CHAT, is_hub_token
from .payload import Payload, TaskResponse, files_in
from .polling import OnProgress, wait_for_job
from .provider import Target as Target
from .response import MissingValueError, read_response


def call(
    target: Target,
    payload: Payload,
    headers: Mapping[str, str],
    retries: Retries,
    on_progress: OnProgress | None = None,
) -> Effects[TaskResponse]:
    """Make a call, wait for its job if it has one, and download the media.

    Raises:
        ValidationError: when the provider cannot be called like this; nothing was sent.
        InferenceError: when the provider answers with an error, or the job fails.
        InferenceTimeoutError: when the job takes longer than the limit for any job.
        ResultError: when a required value is missing in the answer.
    """
    began, operation = time.monotonic(), target.operation
    # Files of a conversation are already in its messages, as text.
    files = () if payload.task == CHAT else files_in(payload.inputs)
    try:
        for file in files:
            if file.url is None or not operation.takes_urls:
                yield from file.load()
    except DeadlineExceeded:
        raise DeadlineExceeded(f"{target}: no answer in time.") from None
    build = functools.partial(prepare, target, payload, headers)
    # Encoding large files takes a while, and must not hold a lock or block an event loop.
    request: HttpRequest = (yield Run(build)) if files else build()
    poll, callee = operation.poll if target.url is None else None, target.callee
    is_job = poll is not None
    response = yield from send_checked(request, callee, retries, on_progress, runs_job=is_job)
    if poll is not None:
        known = {name: value for name, value in request.headers.items() if name != "content-type"}

        def ask(url: str) -> Effects[Response]:
            question = HttpRequest(method="GET", url=url, headers=known)
            return send_checked(question, callee, retries)

        job = wait_for_job(target, poll, response, ask, began, on_progress)
        response = yield from job
    return (yield from read_response(target, response, retries))


def prepare(target: Target, payload: Payload, headers: Mapping[str, str]) -> HttpRequest:
    """Return the request of a call; the caller's `headers`, in lower case, override all others.

    Files whose content is sent must have been loaded; `call` does that itself.

    Raises:
        ValidationError: when the provider cannot be called like this.
    """
    if problem := _problem(target, payload):
        raise ValidationError(f"{target}: {problem}")
    try:
        content, kind = _encoded(target, payload)
    except MissingValueError as missing:
        raise ValidationError(f"{target}: {missing} is needed.") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationError(f"{target}: a value cannot be sent as JSON: {error}.") from None
    known = {**target.headers, **({"content-type": kind} if kind else {}), **headers}
    if kind and target.operation.is_form:
        known["content-type"] = kind  # It names the form's boundary.
    return HttpRequest(method="POST", url=target.endpoint, headers=known, content=content)


def _problem(target: Target, payload: Payload) -> str:
    """Return why a provider cannot be called like this; empty if it can."""
    provider, key, operation = target.provider, target.key, target.operation
    name = provider.name
    if operation.needs_inputs and payload.inputs is None:
        return "inputs is needed."
    if target.url is not None:
        return ""
    if operation.needs_url:
        return (
            f"{name} does not support this. Pass the URL of a model server that does as model=, "
            "or choose another provider."
        )
    if not target.model:
        return "model is needed."
    if ".." in target.model.split("/"):
        return f"{target.model!r} is not a model id."
    if target.is_routed and not provider.is_routed:
        return (
            f"{name} cannot be reached through the Hub with a Hub token. Pass a key of {name} as "
            "api_key=, or choose another provider."
        )
    if not target.is_routed and key is not None and is_hub_token(key):
        return f"a Hub token must not be sent to {name} itself."
    if not target.is_routed and not provider.url:
        return f"{name} accepts only Hub tokens."
    if key is None and provider.needs_key:
        return "a key is needed. Pass token= or api_key=, set HF_TOKEN, or run `hf auth login`."
    return ""


def _encoded(target: Target, payload: Payload) -> tuple[bytes, str | None]:
    """Return the body as bytes, and its MIME type if known."""
    body = target.operation.body(target, payload)
    members = as_object(body)
    if members is not body:
        if isinstance(body, File):
            return body.read(), body.mime_type
        raise MissingValueError("a file as input")
    # Inputs are sent unchanged, except for messages.
    kept = None if payload.task == CHAT else payload.inputs
    if target.operation.is_form:
        return _form(_without_none(members, kept))
    text = _json({name: value for name, value in members.items() if value is not None})
    if "null" in text:  # Checking every value is slow, and rarely needed.
        text = _json(_without_none(members, kept))
    return text.encode(), "application/json"


def _without_none(value: Any, kept: object) -> Any:
    """Copy JSON without `None`, except in `kept`, and in the `content` of messages."""
    if isinstance(value, str) or value is kept:
        return value
    if isinstance(value, (dict, Mapping)):
        members = cast("Mapping[str, Any]", value)
        empty = "content" if "role" in members else ""
        found = {name: one for name, one in members.items() if one is not None or name == empty}
        return {name: _without_none(one, kept) for name, one in found.items()}
    if isinstance(value, (list, tuple)):
        return [_without_none(one, kept) for one in cast("list[Any]", value)]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, File):
        return value.base64()
    if hasattr(value, "tolist"):  # A NumPy scalar or array.
        return value.tolist()
    kind = type(value).__name__
    raise TypeError(f"{kind} has no JSON form; a file is sent there as base64, or as a data URL")


_json = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
).encode


def _form(fields: Mapping[str, object]) -> tuple[bytes, str]:
    boundary, parts = secrets.token_hex(16), list[bytes]()
    for name, value in fields.items():
        label = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'--{boundary}\r\ncontent-disposition: form-data; name="{label}"'
        if isinstance(value, File):
            content, kind = value.read(), value.mime_type
            # Servers tell the format by the file's extension.
            ending = mimetypes.guess_extension(kind or "") or ".wav"
            head += f'; filename="{(kind or "audio").partition("/")[0]}{ending}"'
            head += f"\r\ncontent-type: {kind or 'application/octet-stream'}"
        else:
            content = (value if isinstance(value, str) else _json(value)).encode()
        parts.append(b"%s\r\n\r\n%s\r\n" % (head.encode(), content))
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
