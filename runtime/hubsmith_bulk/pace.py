"""`Pace`: when the next call of a run may begin."""

from __future__ import annotations

import time

from hubsmith_runtime import QueueFullError

from .concurrency import AdaptiveLimit, FixedLimit, Limiter, Rate
from .errors import ServerAwayError
from .failures import asked_to_wait
from .options import Settings
from .rows import Row

_PAUSE, _LONGEST_PAUSE = 0.05, 30.0  # Seconds.
_MOST_FAILURES = 3  # How often a row is sent again to a server that failed at it.
_MOST_REFUSALS = 20  # How often to one that refuses it, or breaks off, but not others meanwhile.
_FAILED, _TOO_MANY = 500, 429


class Pace:
    """Combines how many calls are made at the same time, how many a second, and pauses.

    Args:
        settings: The options of the run.
        source: Whom it calls, as messages name it.
    """

    def __init__(self, settings: Settings, source: str) -> None:
        number = settings.concurrency
        self.limiter: Limiter = (
            AdaptiveLimit(settings.max_concurrency) if number == "auto" else FixedLimit(number)
        )
        self._rate = Rate(settings.rate)
        self._patience, self._source = settings.patience, source
        self.successes = 0
        self._refused_since: float | None = None  # The first refusal since the last success.
        self._refusals = 0  # Events, since the last success.
        self._counted = float("-inf")  # When the last of these was.
        self._pause_until = 0.0

    @property
    def pause(self) -> float:
        """Seconds until a call may begin at all."""
        return max(0.0, self._pause_until - time.monotonic())

    def reserve(self) -> float:
        """Take the place of a call, and return in how many seconds it is due."""
        return self._rate.reserve()

    def succeeded(self, started: float, rank: int | None, under_way: int) -> None:
        """Note a call that the server carried out."""
        self.successes += 1
        self._refused_since, self._refusals = None, 0
        self.limiter.finished(started, rank, under_way)

    def gives_up(self, row: Row, error: Exception) -> bool:
        """Whether a row is refused again and again while others are not."""
        status = getattr(error, "status", None)
        if isinstance(error, QueueFullError) or status == _TOO_MANY:
            return False
        most = _MOST_FAILURES if status == _FAILED else _MOST_REFUSALS
        row.failures += status == _FAILED or self.successes > row.successes
        row.successes = self.successes
        return row.failures > most

    def busy(self, error: Exception, started: float, under_way: int) -> None:
        """Note a call that the server refused because it has too much to do; see `away`."""
        self.limiter.congested(started, under_way)
        self.away(error, started, under_way)

    def away(self, error: Exception, started: float, under_way: int) -> None:
        """Note a call that could not be made, and pause: longer each time, or as long as is asked.

        Raises:
            ServerAwayError: where nothing succeeded for too long, or would for as long.
        """
        now, asked = time.monotonic(), asked_to_wait(error)
        self._refused_since = self._refused_since or now
        if asked > self._patience:
            raise ServerAwayError(
                f"{self._source} is not to be asked for {duration(asked)}, longer than patience "
                f"allows: {error}",
                asked,
            )
        if now - self._refused_since > self._patience:
            raise ServerAwayError(
                f"{self._source} refused every call for {duration(self._patience)}: {error} Run it "
                "again later."
            )
        if started >= self._counted:  # Else it is of the same event.
            self._refusals, self._counted = self._refusals + 1, now
        pause = 0.0
        # A refusal beside calls that succeed needs a smaller limit, not a pause.
        if self._refusals > 1 or under_way <= 1:
            pause = min(_LONGEST_PAUSE, _PAUSE * 2.0 ** min(self._refusals, 20))
        self._pause_until = max(self._pause_until, now + max(asked, pause))


def duration(seconds: float) -> str:
    """Say how long that is, in hours, minutes and seconds."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
