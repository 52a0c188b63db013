"""Limits on concurrent calls, fixed or adapted to the server, and on calls started per second."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

FIRST = 4
"""The initial limit of `concurrency="auto"`."""

_GAIN = 1.05  # The factor in throughput at which a new limit replaces the current one.
_LEAP = 1.25  # At this factor a higher limit is accepted at once.
_LOSS = 0.9  # Below this factor a new limit is rejected at once.
_PAIRS, _PAIRS_DOWN = 3, 5  # Windows needed otherwise, for a higher and for a lower limit.
_LEAST_IN_WINDOW = 16
_SHORTEST_WINDOW = 0.3  # Seconds; a rate measured over less is unreliable.
_LONGEST_REST = 32  # Windows between two trials.
_STEPS_KEPT = 10_000


class Limiter(Protocol):
    """Decides how many calls may be in progress."""

    @property
    def limit(self) -> int:
        """The current maximum of concurrent calls."""
        ...

    def finished(self, started: float, rank: int | None, under_way: int) -> None:
        """Record a call that ended; `rank` is how many jobs were queued ahead of it."""
        ...

    def congested(self, started: float, under_way: int) -> None:
        """Record a call that the server refused because it is overloaded."""
        ...


class FixedLimit:
    """A limit that never changes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def finished(self, started: float, rank: int | None, under_way: int) -> None:
        pass

    def congested(self, started: float, under_way: int) -> None:
        pass


class _Trial:
    """Compares two limits by alternating between them, because rates vary over time."""

    def __init__(self, kept: int, tried: int, rate: float) -> None:
        self.kept, self.tried = kept, tried
        self._kept_rate = rate
        self._ratios: list[float] = []  # Rate with `tried` to rate with `kept`.
        # A small step can gain little: raising the limit by an eighth gains an eighth at most.
        self._gain = 1 + min(_GAIN - 1, 0.3 * abs(tried / kept - 1))
        self._pairs = _PAIRS if tried > kept else _PAIRS_DOWN

    def note(self, limit: int, rate: float) -> int | None:
        """Record the rate of a window; return the better limit once it is known."""
        if limit == self.kept:
            self._kept_rate = rate
            return None
        self._ratios.append(rate / self._kept_rate)
        ratio = statistics.median(self._ratios)
        if ratio < _LOSS:
            return self.kept
        if self.tried > self.kept and ratio >= _LEAP:
            return self.tried
        if len(self._ratios) < self._pairs:
            return None
        return self.tried if ratio >= self._gain else self.kept

    def other(self, limit: int) -> int:
        """Return the limit for the next window."""
        return self.kept if limit == self.tried else self.tried


class AdaptiveLimit:
    """Additive increase, multiplicative decrease.

    The limit doubles at first. Later it alternates with a higher or lower one, which replaces it if
    throughput improves; otherwise the wait before the next trial grows. After the first refusal,
    steps are small. A refusal lowers the limit by a third; further refusals of calls that were
    already in progress are ignored. After a round without refusals, the limit returns to one less
    than the number of calls that was refused, and stays there for a while. If all jobs wait for
    others in the server's queue, the limit is lowered: more calls would gain nothing.

    Args:
        largest: The maximum of the limit.
        clock: Returns the time in seconds.
    """

    def __init__(self, largest: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._largest = largest
        self.limit = min(FIRST, largest)
        self._is_doubling = True
        self._decreased = float("-inf")  # When the limit was last decreased.
        self._refused: int | None = None  # The number of concurrent calls last refused.
        self._is_careful = False  # Whether any call was ever refused.
        self._trial: _Trial | None = None
        self._goes_up = True  # Whether the next trial raises the limit.
        self._rest, self._next_rest = 0, 1
        self.steps: deque[tuple[float, int]] = deque([(clock(), self.limit)], maxlen=_STEPS_KEPT)
        """Changes of the limit: the time and the new value."""
        self._begin_window()

    def _begin_window(self) -> None:
        self._since, self._first, self._count = self._clock(), 0.0, 0
        self._was_full, self._lowest_rank = False, float("inf")

    def _set(self, limit: int) -> None:
        limit = max(1, min(limit, self._largest))
        if limit != self.limit:
            self.limit = limit
            self.steps.append((self._clock(), limit))
        self._begin_window()

    def congested(self, started: float, under_way: int) -> None:
        if started < self._decreased:
            return  # It was sent before the last decrease, which covers it.
        self._refused = max(2, under_way)
        self._decreased = self._clock()
        self._rest_longer(is_longer=self._trial is not None)
        self._is_doubling, self._is_careful, self._trial = False, True, None
        self._set(under_way * 2 // 3)

    def finished(self, started: float, rank: int | None, under_way: int) -> None:
        if started < self._since:
            return  # It was sent in an earlier window, with another limit.
        now = self._clock()
        if self._count == 0:
            self._first = now  # The rate is measured from the first result to the last.
        self._count += 1
        self._was_full |= under_way >= self.limit
        self._lowest_rank = min(self._lowest_rank, rank or 0)
        seconds = now - self._first
        if self._refused is not None and self._count >= self.limit < self._refused - 1:
            self._set(self._refused - 1)  # A round passed without refusals.
        elif seconds >= _SHORTEST_WINDOW and self._count > max(_LEAST_IN_WINDOW, 2 * self.limit):
            self._judge((self._count - 1) / seconds)

    def _judge(self, rate: float) -> None:
        """Evaluate a window that has ended, and choose the limit of the next one."""
        if not self._was_full:
            # The limit was not reached: the input or the consumer of results is slower.
            return self._begin_window()
        if self._lowest_rank >= 1:
            # Every job in the window waited for at least two others, one running and one queued. If
            # they outnumber this run's own, they are other users', and sending less gains nothing.
            self._is_doubling, self._trial = False, None
            is_own = self._lowest_rank < self.limit
            return self._set(self.limit - self.limit // 4 if is_own else self.limit)
        if self._trial is not None:
            return self._go_on(self._trial, rate)
        if self._rest > 0:
            self._rest -= 1
            return self._begin_window()
        if self._refused is not None and self.limit >= self._refused - 1:
            self._refused, self._goes_up = None, True  # Forget a refusal that is old by now.
        return self._try(rate)

    def _rest_longer(self, *, is_longer: bool = True) -> None:
        """Start no trial for some windows, for three times as many each time."""
        self._rest = self._next_rest if is_longer else 1
        self._next_rest = min(3 * self._rest, _LONGEST_REST)

    def _try(self, rate: float) -> None:
        """Start a trial of another limit; `rate` is that of the current one."""
        step = max(1, self.limit // 8) if self._is_careful else self.limit
        down = self.limit // 8 if self._is_careful else self.limit // 3
        other = self.limit + step if self._goes_up else self.limit - down
        other = max(1, min(other, self._largest))
        if other == self.limit:
            self._goes_up = not self._goes_up
            return self._begin_window()
        self._trial = _Trial(self.limit, other, rate)
        return self._set(other)

    def _go_on(self, trial: _Trial, rate: float) -> None:
        better = trial.note(self.limit, rate)
        if better is None:
            return self._set(trial.other(self.limit))
        self._trial = None
        if better == trial.tried:
            self._next_rest = 1
            self._set(better)
            # While doubling, every window is followed by a step.
            return self._try(rate) if self._is_doubling else None
        self._is_doubling = False
        self._goes_up = not self._goes_up
        self._rest_longer()
        return self._set(better)


class Rate:
    """Spaces out the starts of calls to limit how many begin per second."""

    def __init__(
        self, per_second: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._next = 0.0

    def reserve(self) -> float:
        """Reserve the next slot, and return the seconds until it."""
        if not self._interval:
            return 0.0
        now = self._clock()
        due = max(self._next, now)
        self._next = due + self._interval
        return due - now
