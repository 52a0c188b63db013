"""Effects: the operations that a call may ask its driver to perform.

A call is written once, as a generator without I/O. It yields one of these effects; the driver
performs it, blocking or with asyncio, and sends the result back or throws the error in:

    response: Response = yield Send(request)

Between two effects a call runs alone: the blocking driver holds a lock, asyncio has one thread. So
a call needs no lock of its own, but any shared state may have changed after an effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

from .http import Body, HttpRequest

T = TypeVar("T")

FOREVER = float("inf")
_SLACK = 0.01  # A socket may time out slightly early.


class DeadlineExceeded(Exception):
    """The deadline of a call has passed. Its text says what was late, for the caller's error."""

    def __str__(self) -> str:
        return super().__str__() or "No answer in time."


class Deadline:
    """The time, on the `time.monotonic` clock, by which a call must end; infinity for none."""

    __slots__ = ("at",)

    def __init__(self, timeout: float | None) -> None:
        self.at = FOREVER if timeout is None else time.monotonic() + timeout

    def is_over(self, after: float = _SLACK) -> bool:
        """Whether the deadline will have passed `after` seconds from now."""
        return time.monotonic() + after >= self.at

    def cap(self, seconds: float | None = None) -> float | None:
        """Return `seconds` or the time left, whichever is shorter; `None` for no limit."""
        if self.at == FOREVER:
            return None if seconds == FOREVER else seconds
        limit = self.at - time.monotonic()
        if limit <= 0:
            raise DeadlineExceeded
        return limit if seconds is None else min(limit, seconds)

    def within(self, seconds: float) -> Deadline:
        """Return this deadline or one `seconds` from now, whichever is earlier."""
        sooner = Deadline(seconds)
        return sooner if sooner.at < self.at else self


class Signal:
    """A condition that calls wait for. It counts its changes, so that none is missed."""

    __slots__ = ("changes", "waiting")

    def __init__(self) -> None:
        self.changes = 0
        self.waiting: list[Callable[[], object]] = []  # Callbacks that wake the waiters.

    def notify(self) -> None:
        self.changes += 1
        waiting, self.waiting = self.waiting, []
        for wake in waiting:
            wake()

    def forget(self, wake: Callable[[], object]) -> None:
        if wake in self.waiting:
            self.waiting.remove(wake)


class Send(NamedTuple):
    request: HttpRequest  # Returns a `Response`: the whole answer, whatever its status.


class Open(NamedTuple):
    request: HttpRequest  # Returns a `Body`: the answer with its content unread.
    seconds: float = FOREVER  # Limit until the status and the headers have arrived.


class Read(NamedTuple):
    body: Body  # Returns its next piece as `bytes`, or `None` at its end.
    seconds: float = FOREVER  # Limit until the piece has arrived.


class Close(NamedTuple):
    body: Body  # Read to its end or not; a call that waits for its next piece gets an error.
    is_read: bool = False  # Whether another call reads it: it is woken, and closes the body itself.


class Sleep(NamedTuple):
    seconds: float  # If the deadline is earlier, the call ends at once.
    why: str = "a pause"  # For the log.


class Wait:
    """Wait until a signal changes; return at once if it has since this object was created."""

    __slots__ = ("change", "signal")

    def __init__(self, signal: Signal) -> None:
        self.signal, self.change = signal, signal.changes


class Run(NamedTuple):
    function: Callable[[], Any]  # Called outside the lock; its result is returned.
    blocks: bool = True  # Whether asyncio runs it in a thread; `False` for a user's callback.


class Spawn(NamedTuple):
    call: Effects[Any]  # Carried out in the background; returns nothing.
    timeout: float | None = None  # With one, closing waits briefly for it; else it is cancelled.


Effect: TypeAlias = Send | Open | Read | Close | Sleep | Wait | Run | Spawn

Effects: TypeAlias = Generator[Effect, Any, T]
"""A call without I/O: it yields effects, is sent their results, and returns a `T`."""
