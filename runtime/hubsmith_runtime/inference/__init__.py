# ruff: noqa: F403  # every error is public
"""The inference runtime of generated task clients. Each public name is imported on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import InferenceApi as InferenceApi
    from .client import (
        AsyncInferenceBase as AsyncInferenceBase,
        InferenceBase as InferenceBase,
    )
    from .errors import *
    from .media import Array as Array, Base64Bytes as Base64Bytes, Image as Image
    from .merge import (
        MergedFunction as MergedFunction,
        MergedMessage as MergedMessage,
        MergedToolCall as MergedToolCall,
        merge_chunks as merge_chunks,
    )
    from .options import CallOptions as CallOptions
    from .polling import InferenceProgress as InferenceProgress, OnProgress as OnProgress
    from .provider import Provider as Provider
    from .raw import (
        AsyncRawCalls as AsyncRawCalls,
        RawCalls as RawCalls,
        RawResponse as RawResponse,
    )
    from .stream import AsyncStream as AsyncStream, Stream as Stream
    from .task import (
        ContentInput as ContentInput,
        ImageInput as ImageInput,
        ListInput as ListInput,
        ObjectInput as ObjectInput,
        Real as Real,
        Task as Task,
        TaskObject as TaskObject,
        TaskOutput as TaskOutput,
        TaskRequest as TaskRequest,
    )

# The public names of each module.
_NAMES = {
    "api": "InferenceApi",
    "client": "AsyncInferenceBase InferenceBase",
    "errors": """
        BadRequestError GenerationError IncompleteGenerationError IncompleteStreamError
        InferenceAuthenticationError InferenceError ModelNotFoundError OverloadedError
        PaymentRequiredError RateLimitError TextGenerationError TextGenerationValidationError
        UnknownError
    """,
    "media": "Array Base64Bytes Image",
    "merge": "MergedFunction MergedMessage MergedToolCall merge_chunks",
    "options": "CallOptions",
    "polling": "InferenceProgress OnProgress",
    "provider": "Provider",
    "raw": "AsyncRawCalls RawCalls RawResponse",
    "stream": "AsyncStream Stream",
    "task": """
        ContentInput Real ImageInput ListInput ObjectInput Task TaskObject TaskOutput
        TaskRequest
    """,
}
HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}
"""The module of each public name."""

__all__ = sorted(HOMES)  # pyright: ignore[reportUnsupportedDunderAll]  # it sees the imports above


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f".{HOMES[name]}", __name__)
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
