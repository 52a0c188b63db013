"""The runtime of generated clients: everything public, imported when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._async_job import (
        AsyncJob,
    )
    from ._async_space import (
        AsyncJobs,
        AsyncSpace,
    )
    from ._endpoint import (
        Endpoint,
        Model,
        Request,
    )
    from ._errors import (
        AppError,
        AuthenticationError,
        DownloadError,
        EndpointNotFoundError,
        FileError,
        FileTooLargeError,
        HubsmithError,
        InferenceTimeoutError,
        JobCancelledError,
        QueueFullError,
        ResultError,
        ServerStoppedError,
        SessionLostError,
        SessionNotFoundError,
        SpaceChangedError,
        SpaceConnectionError,
        SpaceUnavailableError,
        SpaceValidationError,
        SpecError,
        UnsupportedVersionError,
        UploadError,
        ValidationError,
        ZeroGPUQuotaError,
        ZeroGPUTimeoutError,
    )
    from ._events import (
        Cancelled,
        Completed,
        Event,
        Failed,
        Log,
        Partial,
        Progress,
        Queued,
        Started,
    )
    from ._files import (
        File,
        FileInput,
        handle_file,
    )
    from ._job import (
        Job,
    )
    from ._space import (
        Jobs,
        Space,
    )
    from ._status import (
        JobStatus,
        LogLine,
        ProgressUnit,
        Stage,
    )

_HOMES = {
    "AppError": "_errors",
    "AsyncJob": "_async_job",
    "AsyncJobs": "_async_space",
    "AsyncSpace": "_async_space",
    "AuthenticationError": "_errors",
    "Cancelled": "_events",
    "Completed": "_events",
    "DownloadError": "_errors",
    "Endpoint": "_endpoint",
    "EndpointNotFoundError": "_errors",
    "Event": "_events",
    "Failed": "_events",
    "File": "_files",
    "FileError": "_errors",
    "FileInput": "_files",
    "FileTooLargeError": "_errors",
    "HubsmithError": "_errors",
    "InferenceTimeoutError": "_errors",
    "Job": "_job",
    "JobCancelledError": "_errors",
    "JobStatus": "_status",
    "Jobs": "_space",
    "Log": "_events",
    "LogLine": "_status",
    "Model": "_endpoint",
    "Partial": "_events",
    "Progress": "_events",
    "ProgressUnit": "_status",
    "QueueFullError": "_errors",
    "Queued": "_events",
    "Request": "_endpoint",
    "ResultError": "_errors",
    "ServerStoppedError": "_errors",
    "SessionLostError": "_errors",
    "SessionNotFoundError": "_errors",
    "Space": "_space",
    "SpaceChangedError": "_errors",
    "SpaceConnectionError": "_errors",
    "SpaceUnavailableError": "_errors",
    "SpaceValidationError": "_errors",
    "SpecError": "_errors",
    "Stage": "_status",
    "Started": "_events",
    "UnsupportedVersionError": "_errors",
    "UploadError": "_errors",
    "ValidationError": "_errors",
    "ZeroGPUQuotaError": "_errors",
    "ZeroGPUTimeoutError": "_errors",
    "handle_file": "_files",
}

__all__ = [
    "AppError",
    "AsyncJob",
    "AsyncJobs",
    "AsyncSpace",
    "AuthenticationError",
    "Cancelled",
    "Completed",
    "DownloadError",
    "Endpoint",
    "EndpointNotFoundError",
    "Event",
    "Failed",
    "File",
    "FileError",
    "FileInput",
    "FileTooLargeError",
    "HubsmithError",
    "InferenceTimeoutError",
    "Job",
    "JobCancelledError",
    "JobStatus",
    "Jobs",
    "Log",
    "LogLine",
    "Model",
    "Partial",
    "Progress",
    "ProgressUnit",
    "QueueFullError",
    "Queued",
    "Request",
    "ResultError",
    "ServerStoppedError",
    "SessionLostError",
    "SessionNotFoundError",
    "Space",
    "SpaceChangedError",
    "SpaceConnectionError",
    "SpaceUnavailableError",
    "SpaceValidationError",
    "SpecError",
    "Stage",
    "Started",
    "UnsupportedVersionError",
    "UploadError",
    "ValidationError",
    "ZeroGPUQuotaError",
    "ZeroGPUTimeoutError",
    "handle_file",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
