"""Classifies failed calls: whether to slow down, repeat the row, fail the row or end the run."""

from __future__ import annotations

from typing import Literal, TypeAlias

from hubsmith_runtime import (
    AuthenticationError,
    ConnectionFailedError,
    EndpointNotFoundError,
    HubsmithError,
    JobCancelledError,
    QueueFullError,
    SessionLostError,
    SpaceChangedError,
    SpaceUnavailableError,
    UnsupportedVersionError,
    ZeroGPUQuotaError,
)

Verdict: TypeAlias = Literal["busy", "away", "lost", "row", "run"]
"""Why a call failed.

`busy`: the server is overloaded and refused it. `away`: the server was not available. `lost`: the
call may have run, but its answer was lost. `row`: only this row fails. `run`: all rows would fail.
"""

_BUSY = (429, 503)
_GATEWAY = (500, 502, 504)
_FOR_ALL = (
    AuthenticationError,
    EndpointNotFoundError,
    SpaceChangedError,
    UnsupportedVersionError,
    ZeroGPUQuotaError,
)
_NO_CREDIT = 402


class CallError(Exception):
    """A call failed. `may_have_run` is false if it did not run, or can safely run twice."""

    def __init__(self, error: Exception, *, may_have_run: bool) -> None:
        super().__init__(str(error))
        self.error, self.may_have_run = error, may_have_run


def verdict_of(failed: CallError) -> Verdict:
    """Classify a failed call."""
    error = failed.error
    status = getattr(error, "status", None)
    if isinstance(error, QueueFullError) or (status in _BUSY and isinstance(error, HubsmithError)):
        return "busy"
    if isinstance(error, _FOR_ALL) or status == _NO_CREDIT:
        return "run"
    if isinstance(error, JobCancelledError | SessionLostError):
        return "lost"
    if isinstance(error, SpaceUnavailableError) and status not in _GATEWAY:
        # It is starting, or its status says that it is not up: the next connection waits for it.
        return "away"
    if isinstance(error, ConnectionFailedError) or status in _GATEWAY:
        return "lost" if failed.may_have_run else "away"
    return "row"


def asked_to_wait(error: BaseException) -> float:
    """Return the seconds that the server asked to wait, 0 if it did not."""
    return float(getattr(error, "retry_after", None) or 0.0)
