"""How many calls are made at the same time: a fixed number, or what the server turns out to take."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

FIRST = 4
"""How many calls a run with `concurrency="auto"` begins with."""

_GAIN = 1.05  # How much faster another limit must be to take the place of the one before.
_LEAP = 1.25  # How much faster it is where a look at it is enough.
_LOSS = 0.9  # How much slower it is where a look at it is enough.
_PAIRS, _PAIRS_DOWN = 3, 5  # How often a higher or lower limit is tried where it is not.
_LEAST_IN_WINDOW = 16
_SHORTEST_WINDOW = 0.3  # Seconds. Less says little about a rate.
_LONGEST_REST = 32  # Windows between two tries of another limit.
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


class _Trial:
    """Two limits in turns, which of them is faster: rates differ from one second to the next."""

    def __init__(self, kept: int, tried: int, rate: float) -> None:
        self.kept, self.tried = kept, tried
        self._kept_rate = rate
        self._ratios: list[float] = []  # Of a window with the one, and the window before.
        # A step by an eighth cannot make it faster by more than that.
        self._gain = 1 + min(_GAIN - 1, 0.3 * abs(tried / kept - 1))
        self._pairs = _PAIRS if tried > kept else _PAIRS_DOWN

    def note(self, limit: int, rate: float) -> int | None:
        """Note a window of one of the two, and return the better one, once that is known."""
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
        """Return the one whose turn is next."""
        return self.kept if limit == self.tried else self.tried


class AdaptiveLimit:
    """Additive increase, multiplicative decrease.

    The limit doubles at first. Later another one, higher or lower, is tried in turns with it, and
    taken where it gives more results a second; the tries come less and less often where it does not.
    Once a call was refused, the steps are small. A refusal takes a third of the limit away, once for
    all refusals of calls that were under way then; after a round without another it is back at one
    less than what was refused, which is then left alone for a while. Jobs that all wait for others
    in the server's queue show that more of them would be of no use.

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
        self._is_careful = False  # Whether there ever was a refusal.
        self._trial: _Trial | None = None
        self._goes_up = True  # Whether the next trial is of a higher limit.
        self._rest, self._next_rest = 0, 1
        self.steps: deque[tuple[float, int]] = deque([(clock(), self.limit)], maxlen=_STEPS_KEPT)
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
        self._rest_longer(is_longer=self._trial is not None)
        self._is_doubling, self._is_careful, self._trial = False, True, None
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
            # Something else holds the run up: its input, or its reader.
            return self._begin_window()
        if self._lowest_rank >= 1:
            # Every job of it waited for two others, at least. Where these are more than this run
            # sends, they are of other users, and sending less would only leave them the server.
            self._is_doubling, self._trial = False, None
            is_own = self._lowest_rank < self.limit
            return self._set(self.limit - self.limit // 4 if is_own else self.limit)
        if self._trial is not None:
            return self._go_on(self._trial, rate)
        if self._rest > 0:
            self._rest -= 1
            return self._begin_window()
        if self._refused is not None and self.limit >= self._refused - 1:
            self._refused, self._goes_up = None, True  # That was a while ago.
        return self._try(rate)

    def _rest_longer(self, *, is_longer: bool = True) -> None:
        """Try nothing for some windows, each time for more of them."""
        self._rest = self._next_rest if is_longer else 1
        self._next_rest = min(3 * self._rest, _LONGEST_REST)

    def _try(self, rate: float) -> None:
        """Begin to try another limit, after a window of this one."""
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
            # At first every window is a step.
            return self._try(rate) if self._is_doubling else None
        self._is_doubling = False
        self._goes_up = not self._goes_up
        self._rest_longer()
        return self._set(better)


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
