"""Inference: what generated task clients stand on, imported when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._arguments import ContentInput, ListInput, ObjectInput, TaskObject
    from ._async_client import AsyncInferenceBase
    from ._chat import MergedFunction, MergedMessage, MergedToolCall, merge_chunks
    from ._client import InferenceBase
    from ._content import Content
    from ._legacy import InferenceApi
    from ._media import Array, Base64Bytes, Image
    from ._poll import InferenceProgress, OnProgress
    from ._provider import Provider
    from ._raw import AsyncRawCalls, RawCalls, RawResponse
    from ._stream import AsyncStream, Stream
    from ._task import Task, TaskOutput, TaskRequest

_HOMES = {
    "_arguments": ("ContentInput", "ListInput", "ObjectInput", "TaskObject"),
    "_async_client": ("AsyncInferenceBase",),
    "_chat": ("MergedFunction", "MergedMessage", "MergedToolCall", "merge_chunks"),
    "_client": ("InferenceBase",),
    "_content": ("Content",),
    "_legacy": ("InferenceApi",),
    "_media": ("Array", "Base64Bytes", "Image"),
    "_poll": ("InferenceProgress", "OnProgress"),
    "_provider": ("Provider",),
    "_raw": ("AsyncRawCalls", "RawCalls", "RawResponse"),
    "_stream": ("AsyncStream", "Stream"),
    "_task": ("Task", "TaskOutput", "TaskRequest"),
}

__all__ = [
    "Array", "AsyncInferenceBase", "AsyncRawCalls", "AsyncStream", "Base64Bytes", "Content",
    "ContentInput", "Image", "InferenceApi", "InferenceBase", "InferenceProgress", "ListInput", "MergedFunction",
    "MergedMessage", "MergedToolCall", "ObjectInput", "OnProgress", "Provider",
    "RawCalls", "RawResponse", "Stream", "Task", "TaskObject", "TaskOutput", "TaskRequest",
    "merge_chunks",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next(home for home, names in _HOMES.items() if name in names)
    value = globals()[name] = getattr(importlib.import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
