"""The forms of a call that are the same for every provider: `Payload` and `TaskResponse`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pydantic

from ..files import File
from ..http import Response
from ..reading import as_list, as_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a call sends; `extra` is what the caller adds to the body, overriding all else."""

    task: str  # The Hub's name.
    inputs: Any = field(repr=False)  # Text, a `File`, a list or object of these; messages.
    # By wire name, without those that are `None`.
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    is_stream: bool = False

    def all_parameters(self) -> dict[str, Any]:
        """Return the parameters that are not `None`, as a copy that may be changed."""
        given = {**self.parameters, **self.extra, "stream": None}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResponse:
    """What a call returns: JSON in the form of the Hub's own servers, or media."""

    value: Any = field(default=None, repr=False)  # Parsed JSON.
    content: bytes | None = field(default=None, repr=False)  # An image, audio or video.
    raw: bytes | None = field(default=None, repr=False)  # Unparsed JSON that needs no conversion.
    response: Response  # The source of the result; for media behind a URL, their download.
    where: object = ""  # The `Target`, for messages: provider, model and task.


def files_in(value: object) -> list[File]:
    if isinstance(value, File):
        return [value]
    if isinstance(value, pydantic.BaseModel):
        value = vars(value)
    members = as_list(value) or as_object(value).values()
    return [file for one in members if not isinstance(one, str) for file in files_in(one)]


# Forms of a file, or of downloaded media, within JSON; other values are returned unchanged.


def base64_of(value: object) -> object:
    """Return a file, or bytes, as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.base64() if isinstance(value, File) else value


def url_of(value: object, default_mime: str) -> object:
    """Return a file as its own URL, or as a data URL."""
    return value.as_url(default_mime) if isinstance(value, File) else value


def text_of(value: object) -> object:
    """Return bytes as text."""
    return value.decode() if isinstance(value, bytes) else value
