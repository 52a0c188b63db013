"""The body of a request, made from a payload as a provider's table says."""

from __future__ import annotations

import json
import mimetypes
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .._errors import ValidationError
from ._content import Content
from ._payload import Payload
from ._provider import Operation
from ._template import MissingValueError, fill

_JSON = "application/json"


def encode_body(
    operation: Operation,
    payload: Payload,
    scope: Mapping[str, Any],
    where: object,
    *,
    is_plain: bool = False,
) -> tuple[bytes, str | None]:
    """Return the content of a request, and its type where it is known.

    Args:
        operation: How it is made.
        payload: What is asked.
        scope: What the templates may name, beside what the payload has.
        where: Who is asked, for messages.
        is_plain: Whether JSON schemas are sent as OpenAI has them, whatever the operation says.

    Raises:
        ValidationError: when something is missing or cannot be sent.
    """
    parameters = _mapped(operation, payload)
    if operation.form == "binary" and not parameters:
        if not isinstance(payload.inputs, Content):
            raise ValidationError(f"{where}: the input must be a file.")
        content = payload.inputs.read()
        return content, payload.inputs.mime_type  # Read first: it may tell its type.
    scope = {
        **scope,
        "inputs": payload.inputs,
        "messages": _messages(payload.inputs),
        "parameters": parameters,
        "is_stream": payload.is_stream,
        "stream": payload.is_stream or None,
    }
    try:
        fields: dict[str, Any] = fill(operation.body, scope)
        if not is_plain and (schema := _schema(parameters)):
            fields.update(fill(operation.json_schema, {**scope, **schema}))
    except MissingValueError as missing:
        raise ValidationError(f"{where}: {str(missing).split('.')[-1]} is needed.") from None
    try:
        if operation.form == "multipart":
            return _multipart(fields)
        text = _json(fields)
        return text.encode(), _JSON
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationError(f"{where}: a value cannot be sent as JSON: {error}.") from None


def _mapped(operation: Operation, payload: Payload) -> dict[str, Any]:
    """Return the parameters under the provider's names; the payload is left as it is."""
    mapped: dict[str, Any] = _pruned({**payload.parameters, **payload.extra})
    mapped.pop("stream", None)
    for name in operation.flatten:
        if isinstance(mapped.get(name), dict):
            mapped.update(mapped.pop(name))
    for name, new in operation.rename.items():
        if name in mapped:
            value = mapped.pop(name)
            mapped.setdefault(new, value)
    for name in operation.drop:
        mapped.pop(name, None)
    for new, names in operation.join.items():
        if all(name in mapped for name in names):
            mapped[new] = "x".join(str(mapped.pop(name)) for name in names)
    for new, names in operation.group.items():
        if all(name in mapped for name in names):
            mapped[new] = {name: mapped.pop(name) for name in names}
    return mapped


def _pruned(value: Any) -> Any:
    """Copy a value without the members of objects that are `None`."""
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, Mapping)):
        entries = cast("Mapping[str, Any]", value)
        return {key: _pruned(entry) for key, entry in entries.items() if entry is not None}
    if isinstance(value, (list, tuple)):
        return [_pruned(item) for item in cast("Sequence[Any]", value)]
    return value


def _messages(inputs: Any) -> Any:
    """Copy a chat; an assistant's message that only calls tools keeps its `content` of `null`."""
    if not isinstance(inputs, (list, tuple)):
        return inputs
    messages: list[Any] = []
    for message in cast("Sequence[Any]", inputs):
        copy = _pruned(message)
        if isinstance(message, (dict, Mapping)) and "content" in message:
            copy.setdefault("content", None)
        messages.append(copy)
    return messages


def _schema(parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the JSON schema that an answer must follow, with what stands around it."""
    wanted = parameters.get("response_format")
    if not isinstance(wanted, dict):
        return None
    entries = cast("dict[str, Any]", wanted)
    outer = entries.get("json_schema")
    if entries.get("type") != "json_schema" or not isinstance(outer, dict):
        return None
    schema = cast("dict[str, Any]", outer).get("schema")
    return None if schema is None else {"json_schema": outer, "schema": schema}


def _json(value: Any) -> str:
    return json.dumps(
        value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
    )


def _plain(value: object) -> Any:
    if isinstance(value, Content):
        return value.base64()
    if hasattr(value, "tolist"):  # A number or an array of numpy.
        return cast("Any", value).tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _multipart(fields: Mapping[str, Any]) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    parts: list[bytes] = []
    for name, value in fields.items():
        label = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'--{boundary}\r\ncontent-disposition: form-data; name="{label}"'
        if isinstance(value, Content):
            content, kind = value.read(), value.mime_type
            # Servers tell the format from the name's ending.
            ending = mimetypes.guess_extension(kind or "") or ".wav"
            family = (kind or "audio").partition("/")[0]
            head += f'; filename="{family}{ending}"\r\ncontent-type: '
            head += kind or "application/octet-stream"
        else:
            content = (value if isinstance(value, str) else _json(value)).encode()
        parts.append(f"{head}\r\n\r\n".encode() + content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
