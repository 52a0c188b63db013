# ruff: noqa: F403, F405  # every error and event is public: they are imported as a whole
"""The runtime of generated clients: everything public, imported when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._async_job import AsyncJob
    from ._async_space import AsyncJobs, AsyncSpace
    from ._endpoint import Endpoint, Model, Request
    from ._errors import *
    from ._events import *
    from ._files import File, FileInput, handle_file
    from ._job import Job
    from ._space import Jobs, Space

# By module; what stands in none of these lines is an error.
_HOMES = {
    "_async_job": ("AsyncJob",),
    "_async_space": ("AsyncJobs", "AsyncSpace"),
    "_endpoint": ("Endpoint", "Model", "Request"),
    "_events": (
        "Cancelled", "Completed", "Event", "Failed", "JobStatus", "Log", "LogLine", "Partial",
        "Progress", "ProgressUnit", "Queued", "Stage", "Started",
    ),
    "_files": ("File", "FileInput", "handle_file"),
    "_job": ("Job",),
    "_space": ("Jobs", "Space"),
}  # fmt: skip

__all__ = [
    "AppError", "AsyncJob", "AsyncJobs", "AsyncSpace", "AuthenticationError", "Cancelled",
    "Completed", "DownloadError", "Endpoint", "EndpointNotFoundError", "Event", "Failed", "File",
    "FileError", "FileInput", "FileTooLargeError", "HubsmithError", "InferenceTimeoutError",
    "Job", "JobCancelledError", "JobStatus", "Jobs", "Log", "LogLine", "Model", "Partial",
    "Progress", "ProgressUnit", "QueueFullError", "Queued", "Request", "ResultError",
    "ServerStoppedError", "SessionLostError", "SessionNotFoundError", "Space",
    "SpaceChangedError", "SpaceConnectionError", "SpaceUnavailableError", "SpaceValidationError",
    "SpecError", "Stage", "Started", "UnsupportedVersionError", "UploadError", "ValidationError",
    "ZeroGPUQuotaError", "ZeroGPUTimeoutError", "handle_file",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "_errors")
    value = globals()[name] = getattr(importlib.import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
