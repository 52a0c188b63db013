# ruff: noqa: F403  # every error and event is public
"""The runtime of generated clients. Each public name is imported on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arrays import TableLike as TableLike
    from .errors import *
    from .files import File as File, FileInput as FileInput, handle_file as handle_file
    from .model import (
        ListInput as ListInput,
        Model as Model,
        ObjectInput as ObjectInput,
        Real as Real,
    )
    from .retries import Retries as Retries
    from .spaces.codec import Endpoint as Endpoint, Request as Request
    from .spaces.events import *
    from .spaces.job import AsyncJob as AsyncJob, Job as Job
    from .spaces.source import ip_token_headers as ip_token_headers
    from .spaces.space import (
        AsyncJobs as AsyncJobs,
        AsyncSpace as AsyncSpace,
        Jobs as Jobs,
        Space as Space,
    )

# Not vendored:
if TYPE_CHECKING:
    from .spaces.client import AsyncClient as AsyncClient, Client as Client
    from .spaces.hub import (
        SpaceSummary as SpaceSummary,
        asearch_spaces as asearch_spaces,
        duplicate_space as duplicate_space,
        search_spaces as search_spaces,
    )
# End.

# The public names of each module.
_NAMES = {
    "arrays": "TableLike",
    "errors": """
        AppError ArgumentError AuthenticationError ConnectionFailedError ConnectionTimeoutError
        DownloadError EndpointNotFoundError FileError FileTooLargeError HubsmithError
        InferenceTimeoutError JobCancelledError MissingDependencyError MissingFileError
        QueueFullError ResultError ServerStoppedError SessionLostError SessionNotFoundError
        SpaceChangedError SpaceUnavailableError SpaceValidationError SpecError
        UnsupportedVersionError UploadError ValidationError ZeroGPUDurationError ZeroGPUQuotaError
        ZeroGPUTimeoutError
    """,
    "files": "File FileInput handle_file",
    "model": "Real ListInput Model ObjectInput",
    "retries": "Retries",
    "spaces.codec": "Endpoint Request",
    "spaces.events": """
        SKIPPED Cancelled Completed ComponentUpdate Event Failed JobStatus Log LogLine Partial
        Progress ProgressUnit Queued Skipped Stage Started
    """,
    "spaces.job": "AsyncJob Job",
    "spaces.space": "AsyncJobs AsyncSpace Jobs Space",
    "spaces.source": "ip_token_headers",
    # Not vendored:
    "spaces.client": "AsyncClient Client",
    "spaces.hub": "SpaceSummary asearch_spaces duplicate_space search_spaces",
    # End.
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
