"""Waking a Space: sleeping, building and starting ones are waited for, broken ones are told."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass

from ._answers import read_stage
from ._errors import SpaceUnavailableError
from ._http import Exchange, HttpRequest, Response
from ._retries import Retries, attempted, send
from ._source import Source

_RUNNING = "RUNNING"
_WAITED_FOR = (
    "SLEEPING", "STOPPED", "BUILDING", "APP_STARTING", "RUNNING_BUILDING", "RUNNING_APP_STARTING",
)  # fmt: skip
_BROKEN = {
    "PAUSED": "its owner paused it, and only they can start it again",
    "RUNTIME_ERROR": "its code failed",
    "BUILD_ERROR": "it could not be built",
    "CONFIG_ERROR": "its README holds an error",
    "NO_APP_FILE": "it has no app file",
    "DELETING": "it is being deleted",
}
_FIRST_POLL, _LONGEST_POLL, _GROWTH = 1.0, 5.0, 1.5
WAKE_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """How long a Space is waited for, and who is told its stages."""

    timeout: float = WAKE_SECONDS
    on_stage: Callable[[str], object] | None = None

    def report(self, stage: str) -> None:
        """Tell a new stage."""
        if self.on_stage is not None:
            self.on_stage(stage)


def meet(
    request: HttpRequest,
    source: Source,
    retries: Retries,
    wake: Wake,
    clock: Callable[[], float] = time.monotonic,
) -> Exchange[Response]:
    """Send a Space its first request, as often as it takes to wake it.

    The Hub is asked for the stage only where the Space does not answer as a running one.

    Raises:
        SpaceUnavailableError: when it is paused or broken, or does not start in time.
    """
    where = f"{source.name}: {request.url.rpartition('/')[2]}"
    if source.root is not None:
        return (yield from send(request, retries, where))
    deadline, last, attempt, polls = clock() + wake.timeout, "", 0, 0
    while True:
        response, error = yield from attempted(request, where)
        is_there = response is not None and _is_app(response)
        if response is not None and is_there and error is None:
            if last not in ("", _RUNNING):
                wake.report(_RUNNING)
            return response
        stage = "" if is_there else (yield from _ask_stage(source, retries))
        if stage and stage != last:
            wake.report(stage)
        last = stage or last
        if stage in _BROKEN:
            raise _unavailable(source, stage, f"is in the invalid state {stage}: {_BROKEN[stage]}")
        # A Space that has just started may need a moment until its address leads to it.
        if stage in _WAITED_FOR or (stage == _RUNNING and polls and error is not None):
            wait: float | None = min(_LONGEST_POLL, _FIRST_POLL * _GROWTH ** min(polls, 9))
            polls += 1
            if clock() + wait > deadline:
                late = f"did not start within {wake.timeout:g} s and is {stage} now"
                raise _unavailable(source, stage, f"{late}: raise wake_timeout=, or try later")
        else:
            attempt += 1
            wait = None if error is None else retries.next_wait(attempt, error)
        if wait is None:
            if response is not None:
                return response
            raise error or SpaceUnavailableError(where)
        request = dataclasses.replace(request, after=wait)


def _ask_stage(source: Source, retries: Retries) -> Exchange[str]:
    asked = HttpRequest("GET", source.runtime_url, {})
    return read_stage((yield from send(asked, retries, f"{source.name}: runtime")))


def _is_app(response: Response) -> bool:
    """Whether the app answered, be it with a refusal, and not what stands in front of it."""
    if response.status in (502, 503, 504):
        return False
    return response.json() is not None or not (response.status < 300 or response.status == 404)


def _unavailable(source: Source, stage: str, what: str) -> SpaceUnavailableError:
    error = SpaceUnavailableError(f"{source.name} {what}. See {source.page_url} for more.")
    error.stage = stage
    return error
