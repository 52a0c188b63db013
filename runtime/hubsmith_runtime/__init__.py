# ruff: noqa: F403, F405  # every error and event is public: they are imported as a whole
"""The runtime of generated clients: everything public, imported when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._async_client import AsyncClient
    from ._async_job import AsyncJob
    from ._async_space import AsyncJobs, AsyncSpace
    from ._client import Client
    from ._duplicate import duplicate_space
    from ._endpoint import Endpoint, Model, Request
    from ._errors import *
    from ._events import *
    from ._files import File, FileInput, handle_file
    from ._job import Job
    from ._retries import Retries
    from ._search import SpaceSummary, asearch_spaces, search_spaces
    from ._space import Jobs, Space
    from ._zerogpu import ip_token_headers

# By module; what stands in none of these lines is an error.
_HOMES = {
    "_async_client": ("AsyncClient",),
    "_async_job": ("AsyncJob",),
    "_async_space": ("AsyncJobs", "AsyncSpace"),
    "_client": ("Client",),
    "_duplicate": ("duplicate_space",),
    "_endpoint": ("Endpoint", "Model", "Request"),
    "_events": (
        "Cancelled", "Completed", "Event", "Failed", "JobStatus", "Log", "LogLine", "Partial",
        "Progress", "ProgressUnit", "Queued", "Stage", "Started",
    ),
    "_files": ("File", "FileInput", "handle_file"),
    "_job": ("Job",),
    "_retries": ("Retries",),
    "_search": ("SpaceSummary", "asearch_spaces", "search_spaces"),
    "_space": ("Jobs", "Space"),
    "_zerogpu": ("ip_token_headers",),
}  # fmt: skip

__all__ = [
    "AppError", "ArgumentError", "AsyncClient", "AsyncJob", "AsyncJobs", "AsyncSpace",
    "AuthenticationError", "BadRequestError", "Cancelled", "Client", "Completed",
    "ConnectionTimeoutError", "DownloadError", "Endpoint", "EndpointNotFoundError", "Event",
    "Failed", "File", "FileError", "FileInput", "FileTooLargeError", "GenerationError",
    "HubsmithError", "IncompleteGenerationError", "IncompleteStreamError",
    "InferenceAuthenticationError", "InferenceError", "InferenceTimeoutError", "Job",
    "JobCancelledError", "JobStatus", "Jobs", "Log", "LogLine", "MissingDependencyError",
    "Model", "ModelNotFoundError", "OverloadedError", "Partial", "Progress", "ProgressUnit",
    "QueueFullError", "Queued", "RateLimitError", "Request", "ResultError", "Retries",
    "ServerStoppedError", "SessionLostError", "SessionNotFoundError", "Space",
    "SpaceChangedError", "SpaceConnectionError", "SpaceSummary", "SpaceUnavailableError",
    "SpaceValidationError", "SpecError", "Stage", "Started", "TextGenerationError",
    "TextGenerationValidationError", "UnknownError", "UnsupportedVersionError", "UploadError",
    "ValidationError", "ZeroGPUDurationError", "ZeroGPUQuotaError", "ZeroGPUTimeoutError",
    "asearch_spaces", "duplicate_space", "handle_file", "ip_token_headers", "search_spaces",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "_errors")
    value = globals()[name] = getattr(importlib.import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
