"""The vocabulary of everything that takes time: what a call may ask its driver to do.

A call is written once, as a generator without I/O. It yields one of these effects; the driver
performs it, blocking or with asyncio, and sends the result back or throws the error in:

    response: Response = yield Send(request)

Between two effects a call runs alone: the blocking driver holds a lock, asyncio has one thread. So
a call needs no lock of its own; what it knows may have changed after each effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

from .http import Body, HttpRequest

T = TypeVar("T")

FOREVER = float("inf")
_SLACK = 0.01  # A socket may wake a moment before the time that it was given is over.


class DeadlineExceeded(Exception):
    """The time of a call is over. Its text says of what, for the error that the caller gets."""

    def __str__(self) -> str:
        return super().__str__() or "No answer in time."


class Deadline:
    """The moment, of `time.monotonic`, at which a call must be over; infinity for none."""

    __slots__ = ("at",)

    def __init__(self, timeout: float | None) -> None:
        self.at = FOREVER if timeout is None else time.monotonic() + timeout

    def is_over(self, after: float = _SLACK) -> bool:
        """Whether the time is over, after so many seconds."""
        return time.monotonic() + after >= self.at

    def cap(self, seconds: float | None = None) -> float | None:
        """Return the shorter of some seconds and those that are left; `None` for no limit."""
        if self.at == FOREVER:
            return None if seconds == FOREVER else seconds
        limit = self.at - time.monotonic()
        if limit <= 0:
            raise DeadlineExceeded
        return limit if seconds is None else min(limit, seconds)

    def within(self, seconds: float) -> Deadline:
        """Return this deadline, or that in some seconds where it is earlier."""
        sooner = Deadline(seconds)
        return sooner if sooner.at < self.at else self


class Signal:
    """Something that others wait for. It counts its changes, so that none is missed."""

    __slots__ = ("changes", "waiting")

    def __init__(self) -> None:
        self.changes = 0
        self.waiting: list[Callable[[], object]] = []  # What wakes those who wait.

    def notify(self) -> None:
        self.changes += 1
        waiting, self.waiting = self.waiting, []
        for wake in waiting:
            wake()

    def forget(self, wake: Callable[[], object]) -> None:
        if wake in self.waiting:
            self.waiting.remove(wake)


class Send(NamedTuple):
    request: HttpRequest  # Gives a `Response`: the whole answer, whatever its status.


class Open(NamedTuple):
    request: HttpRequest  # Gives a `Body`: the content of the answer is unread.
    seconds: float = FOREVER  # Until all that comes before the content is there.


class Read(NamedTuple):
    body: Body  # Gives its next piece as `bytes`, or `None` at its end.
    seconds: float = FOREVER  # Until it is there.


class Close(NamedTuple):
    body: Body  # Read to its end or not; a caller that waits for a piece of it gets an error.
    is_read: bool = False  # By another call, which is only woken, and closes it.


class Sleep(NamedTuple):
    seconds: float  # A deadline that comes earlier ends the call at once.
    why: str = "a pause"  # For the log.


class Wait:
    """Wait until a signal changes; not at all where it changed since this was made."""

    __slots__ = ("change", "signal")

    def __init__(self, signal: Signal) -> None:
        self.signal, self.change = signal, signal.changes


class Run(NamedTuple):
    function: Callable[[], Any]  # Called outside the lock; gives what it returns.
    blocks: bool = True  # An event loop leaves it to a thread; not so a callback of the user.


class Spawn(NamedTuple):
    call: Effects[Any]  # Carried out in the background; gives nothing.
    timeout: float | None = None  # Closing waits a moment for a call that has one, and ends others.


Effect: TypeAlias = Send | Open | Read | Close | Sleep | Wait | Run | Spawn

Effects: TypeAlias = Generator[Effect, Any, T]
"""A call without I/O: it yields effects, is sent their results, and returns a `T`."""
