"""What a failed call means for its run: whose fault it is, and whether the row is sent again."""

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

`busy`: the server has too much to do, and did not take it. `away`: it could not be asked. `lost`: the
call may have run, and its answer was lost. `row`: its own fault. `run`: every other would fail, too.
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
    """A call failed. `may_have_run` is false where it cannot have reached the server's code."""

    def __init__(self, error: Exception, *, may_have_run: bool) -> None:
        super().__init__(str(error))
        self.error, self.may_have_run = error, may_have_run


def verdict_of(failed: CallError) -> Verdict:
    """Say what a failed call means."""
    error = failed.error
    status = getattr(error, "status", None)
    if isinstance(error, QueueFullError) or (status in _BUSY and isinstance(error, HubsmithError)):
        return "busy"
    if isinstance(error, _FOR_ALL) or status == _NO_CREDIT:
        return "run"
    if isinstance(error, JobCancelledError | SessionLostError):
        return "lost"
    if isinstance(error, SpaceUnavailableError) and status not in _GATEWAY:
        # It is being built, or has a status that says so: the next connection waits for it.
        return "away"
    if isinstance(error, ConnectionFailedError) or status in _GATEWAY:
        return "lost" if failed.may_have_run else "away"
    return "row"


def asked_to_wait(error: BaseException) -> float:
    """Return for how many seconds the server does not want to be asked; 0 where it does not say."""
    return float(getattr(error, "retry_after", None) or 0.0)
