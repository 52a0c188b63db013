"""`Retries`: which failures are tried again, and after how long."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from dataclasses import dataclass

from ._answers import passing_error
from ._errors import (
    HubsmithError,
    InferenceTimeoutError,
    QueueFullError,
    SessionLostError,
    SpaceConnectionError,
    SpaceUnavailableError,
    ValidationError,
)
from ._http import Exchange, HttpRequest, Response

_DOUBLINGS = 60  # Beyond that a float overflows, and every limit is long reached.


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and how patiently a failed step is tried again.

    Broken connections and the answers 429, 502, 503 and 504 are, after a random time between zero
    and a limit that doubles with each attempt. A job is sent again only where the server cannot
    have taken it, unless `after_accepted` is set.

    Args:
        attempts: How often a step is tried in all; 1 for never again.
        base: Seconds that the first wait may last.
        longest: Seconds that any wait may last. A server that asks for more (`Retry-After`) is
            not asked again.
        after_accepted: Whether a blocking call also runs its job again when the server may have
            taken it, or took it, and the connection broke. The job may then run twice.
        queue_full: Whether a job that a full queue refused is sent again.
        on_retry: Called before each wait with the number of the attempt that failed, its error
            and the seconds until the next.

    Raises:
        ValidationError: when a number is out of bounds.
    """

    attempts: int = 3
    base: float = 0.5
    longest: float = 8.0
    after_accepted: bool = False
    queue_full: bool = False
    on_retry: Callable[[int, HubsmithError, float], object] | None = None

    def __post_init__(self) -> None:
        if self.attempts < 1 or not self.base >= 0 or not self.longest >= 0:
            raise ValidationError(
                f"retries: attempts must be at least 1, base and longest at least 0 s: {self}"
            )

    def may_repeat(self, error: HubsmithError, *, runs_job: bool = False) -> bool:
        """Whether a step that failed like this may be tried again, however often it was."""
        is_free = self.after_accepted or not runs_job
        match error:
            case QueueFullError():
                return self.queue_full
            case SessionLostError():
                return self.after_accepted
            case SpaceUnavailableError():
                return error.status in (429, 503) or (error.status in (502, 504) and is_free)
            case SpaceConnectionError():
                return is_free or not error.was_sent
            case _:
                return False

    def wait(
        self, attempt: int, error: HubsmithError, draw: float, *, runs_job: bool = False
    ) -> float | None:
        """Return the seconds until the next attempt, or `None` where there is none.

        Args:
            attempt: The number of the attempt that failed, from 1.
            error: What it failed with.
            draw: A random number between 0 and 1.
            runs_job: Whether the step makes a job run.
        """
        if attempt >= self.attempts or not self.may_repeat(error, runs_job=runs_job):
            return None
        asked = getattr(error, "retry_after", None) or 0.0
        if asked > self.longest:
            return None
        limit = min(self.longest, self.base * 2.0 ** min(attempt - 1, _DOUBLINGS))
        return max(asked, limit * draw)

    def next_wait(
        self, attempt: int, error: HubsmithError, *, runs_job: bool = False
    ) -> float | None:
        """Do the same with a random number, and tell the hook."""
        seconds = self.wait(attempt, error, random.random(), runs_job=runs_job)
        if seconds is not None and self.on_retry is not None:
            self.on_retry(attempt, error, seconds)
        return seconds


def attempted(
    request: HttpRequest, where: str
) -> Exchange[tuple[Response | None, HubsmithError | None]]:
    """Send a request once; return the answer, and the error where trying again may help."""
    try:
        response = yield request
    except (SpaceConnectionError, InferenceTimeoutError) as error:
        return None, error
    return response, passing_error(response, where)


def send(
    request: HttpRequest, retries: Retries, where: str, *, runs_job: bool = False
) -> Exchange[Response]:
    """Send a request as often as `retries` allows, and return the last answer."""
    attempt = 0
    while True:
        attempt += 1
        response, error = yield from attempted(request, where)
        wait = None
        if error is not None:
            wait = retries.next_wait(attempt, error, runs_job=runs_job)
        if wait is None:
            if response is not None:
                return response
            raise error or HubsmithError(where)
        request = dataclasses.replace(request, after=wait)
