"""How many calls are made at the same time: a fixed number, or what the server turns out to take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

FIRST = 4
"""How many calls a run with `concurrency="auto"` begins with."""

_GAIN = 1.05  # How much faster a window must be for its limit to be kept.
_LEAST_IN_WINDOW = 16
_SHORTEST_WINDOW = 0.25  # Seconds. Less says little about a rate.
_LONGEST_REST = 32  # Windows between two tries of a higher limit.
_STEPS_KEPT = 10_000


class Limiter(Protocol):
    """Decides how many calls may be under way."""

    @property
    def limit(self) -> int:
        """The most calls at the same time, as of now."""
        ...

    def finished(self, started: float, rank: int | None, under_way: int) -> None:
        """Note a call that came to its end; `rank` is how many jobs its own waited for at first."""
        ...

    def congested(self, started: float, under_way: int) -> None:
        """Note a call that the server refused because it has too much to do."""
        ...


class FixedLimit:
    """Always the same number of calls."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def finished(self, started: float, rank: int | None, under_way: int) -> None:
        pass

    def congested(self, started: float, under_way: int) -> None:
        pass


class AdaptiveLimit:
    """Additive increase, multiplicative decrease.

    The limit doubles at first. It grows by one later, as long as more calls at once give more
    results a second, and rests for longer and longer where they do not. A refusal takes a third of
    it away, once for all refusals of calls that were under way then; after a round without another it
    is back at one less than what was refused, which is then left alone for a while. Jobs that
    all wait for others in the server's queue show that more of them would be of no use.

    Args:
        largest: The limit never grows beyond this.
        clock: Gives the time in seconds.
    """

    def __init__(self, largest: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._largest = largest
        self.limit = min(FIRST, largest)
        self._is_doubling = True
        self._decreased = float("-inf")  # When the limit was last decreased.
        self._refused: int | None = None  # How many calls at once were too many.
        self._base: tuple[int, float] | None = None  # The limit that is compared with, its rate.
        self._rest, self._next_rest = 0, 1
        self.steps: deque[tuple[float, int]] = deque(maxlen=_STEPS_KEPT)
        """When the limit changed, and to what."""
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
            return  # It was sent before the last decrease: the same event.
        self._refused = max(2, under_way)
        self._decreased = self._clock()
        self._is_doubling, self._base = False, None
        self._rest = 1
        self._set(under_way * 2 // 3)

    def finished(self, started: float, rank: int | None, under_way: int) -> None:
        if started < self._since:
            return  # It belongs to the window before: it ran beside another number of calls.
        now = self._clock()
        if self._count == 0:
            self._first = now  # The rate is that between the first result and the last.
        self._count += 1
        self._was_full |= under_way >= self.limit
        self._lowest_rank = min(self._lowest_rank, rank or 0)
        seconds = now - self._first
        if self._refused is not None and self._count >= self.limit < self._refused - 1:
            self._set(self._refused - 1)  # A round without a refusal: that one is over.
        elif seconds >= _SHORTEST_WINDOW and self._count > max(_LEAST_IN_WINDOW, 2 * self.limit):
            self._judge((self._count - 1) / seconds)

    def _judge(self, rate: float) -> None:
        """Look at a window that is over, and decide on the next one."""
        if not self._was_full:
            return (
                self._begin_window()
            )  # Something else holds the run up: its input, or its reader.
        if self._lowest_rank >= 1:
            # Every job of it waited for two others, at least. Where these are more than this run
            # sends, they are of other users, and sending less would only leave them the server.
            self._is_doubling, self._base = False, None
            is_own = self._lowest_rank < self.limit
            return self._set(self.limit - self.limit // 4 if is_own else self.limit)
        before, self._base = self._base, (self.limit, rate)
        if before is not None and self.limit > before[0] and rate < before[1] * _GAIN:
            # More at once was not faster.
            self._is_doubling, self._base = False, before
            self._rest, self._next_rest = self._next_rest, min(2 * self._next_rest, _LONGEST_REST)
            return self._set(before[0])
        if self._is_doubling:
            return self._set(2 * self.limit)
        if self._rest > 0:
            self._rest -= 1
            return self._begin_window()
        if self._refused is not None and self.limit >= self._refused - 1:
            self._rest, self._next_rest = self._next_rest, min(2 * self._next_rest, _LONGEST_REST)
            self._refused = None if self._rest < _LONGEST_REST else self._refused
        return self._set(self.limit + max(1, self.limit // 8))


class Rate:
    """Spaces calls out, so that no more than so many begin in a second."""

    def __init__(
        self, per_second: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._next = 0.0

    def reserve(self) -> float:
        """Take the next place, and return in how many seconds it is."""
        if not self._interval:
            return 0.0
        now = self._clock()
        due = max(self._next, now)
        self._next = due + self._interval
        return due - now
