"""`Pace`: decides when the next call of a run may start."""

from __future__ import annotations

import time

from hubsmith_runtime import QueueFullError

from .concurrency import AdaptiveLimit, FixedLimit, Limiter, Rate
from .errors import ServerAwayError
from .failures import asked_to_wait
from .options import Settings
from .rows import Row

_PAUSE, _LONGEST_PAUSE = 0.05, 30.0  # Seconds.
_MOST_FAILURES = 3  # Retries of a row that the server answers with status 500.
_MOST_REFUSALS = 20  # Retries of a row that is refused or cut off while others succeed.
_FAILED, _TOO_MANY = 500, 429


class Pace:
    """Combines the limit on concurrent calls, the rate limit, and pauses after refusals.

    Args:
        settings: The options of the run.
        source: The name of the Space or model, as used in messages.
    """

    def __init__(self, settings: Settings, source: str) -> None:
        number = settings.concurrency
        self.limiter: Limiter = (
            AdaptiveLimit(settings.max_concurrency) if number == "auto" else FixedLimit(number)
        )
        self._rate = Rate(settings.rate)
        self._patience, self._source = settings.patience, source
        self.successes = 0
        self._refused_since: float | None = None  # First refusal since the last success.
        self._refusals = 0  # Since the last success; those of concurrent calls count once.
        self._counted = float("-inf")  # Time of the last counted refusal.
        self._pause_until = 0.0

    @property
    def pause(self) -> float:
        """Seconds until calls may start again."""
        return max(0.0, self._pause_until - time.monotonic())

    def reserve(self) -> float:
        """Reserve the start of a call under the rate limit; return the seconds until it."""
        return self._rate.reserve()

    def succeeded(self, started: float, rank: int | None, under_way: int) -> None:
        """Record a call that the server carried out."""
        self.successes += 1
        self._refused_since, self._refusals = None, 0
        self.limiter.finished(started, rank, under_way)

    def gives_up(self, row: Row, error: Exception) -> bool:
        """Whether to fail a row that has been refused too often while others succeeded."""
        status = getattr(error, "status", None)
        if isinstance(error, QueueFullError) or status == _TOO_MANY:
            return False
        most = _MOST_FAILURES if status == _FAILED else _MOST_REFUSALS
        row.failures += status == _FAILED or self.successes > row.successes
        row.successes = self.successes
        return row.failures > most

    def busy(self, error: Exception, started: float, under_way: int) -> None:
        """Record a call that the server refused because it is overloaded; see `away`."""
        self.limiter.congested(started, under_way)
        self.away(error, started, under_way)

    def away(self, error: Exception, started: float, under_way: int) -> None:
        """Record a call that could not be made, and pause: longer each time, or as the server asks.

        Raises:
            ServerAwayError: if nothing succeeded for `patience` seconds, or a longer wait is asked.
        """
        now, asked = time.monotonic(), asked_to_wait(error)
        self._refused_since = self._refused_since or now
        if asked > self._patience:
            raise ServerAwayError(
                f"{self._source} asked to wait {duration(asked)}, which is longer than patience "
                f"allows: {error}",
                asked,
            )
        if now - self._refused_since > self._patience:
            raise ServerAwayError(
                f"{self._source} refused every call for {duration(self._patience)}: {error} Run it "
                "again later."
            )
        if started >= self._counted:  # Else it was sent before the last counted refusal.
            self._refusals, self._counted = self._refusals + 1, now
        pause = 0.0
        # A refusal while other calls succeed calls for a lower limit, not for a pause.
        if self._refusals > 1 or under_way <= 1:
            pause = min(_LONGEST_PAUSE, _PAUSE * 2.0 ** min(self._refusals, 20))
        self._pause_until = max(self._pause_until, now + max(asked, pause))


def duration(seconds: float) -> str:
    """Format a duration, such as `2 h 5 min` or `1 min 30 s`."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
