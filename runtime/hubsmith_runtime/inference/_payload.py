"""What a call becomes on its way: `Payload`, then `Reply`.

A request becomes a `Payload`, the same for every provider. A provider's table turns that into HTTP,
and the answer into a `Reply`, the same for every provider again, which the task's result is read from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What is asked, the same for every provider.

    Attributes:
        task: The Hub's name of the task.
        inputs: A string, a `Content`, a list or an object of these; for chat the messages.
        parameters: By wire name, without those that are `None`.
        extra: What the caller adds to the body (`extra_body`); it goes before all else.
        is_stream: Whether a stream of events is asked for.
    """

    task: str
    inputs: Any
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_stream: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, the same for every provider.

    Attributes:
        value: Parsed JSON in the form of the Hub's own servers; `None` where the answer is media.
        content: The media: an image, audio or video; `None` where the answer is JSON.
        raw: The body of a JSON answer, so that it is parsed once only where nothing reshapes it.
        status: Of the answer that the result was taken from.
        headers: By lower-case name, of the same answer.
        where: Provider, model and task, for messages.
        secret: The key of the call, which no message shows even where the server repeats it.
    """

    value: Any = None
    content: bytes | None = field(default=None, repr=False)
    raw: bytes | None = field(default=None, repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    where: str = ""
    secret: str | None = field(default=None, repr=False)
