"""`Job`: one call that goes on while its caller does other things."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from ._channel import Channel
from ._diff import Accumulator
from ._events import Chunk, Completed, Event, Partial, RawEvent
from ._job_state import JobState
from ._status import JobStatus

R = TypeVar("R", covariant=True)

_log = logging.getLogger("hubsmith")


class TypedEvents(Generic[R]):
    """Turns the raw events of a job into typed ones, in order."""

    def __init__(self, decode: Callable[[list[Any]], R]) -> None:
        self._decode = decode
        self._accumulator = Accumulator()
        self.taken = 0

    def take(self, state: JobState, result: Callable[[], R]) -> Iterator[Event[R]]:
        """Iterate over the events that came since the last time."""
        while self.taken < len(state.events):
            raw: RawEvent = state.events[self.taken]
            self.taken += 1
            if isinstance(raw, Chunk):
                values = self._accumulator.add(raw.values, is_diff=raw.is_diff)
                if values is not None:
                    yield Partial(value=self._decode(values))
            elif isinstance(raw, Completed):
                yield Completed(value=result())
            else:
                yield raw


class Job(Generic[R]):
    """A call under way. Iterate it for typed partial results.

    Iteration ends with the job, also with one that failed: `result()` then raises. A job that
    gives no partial results yields its result once.
    """

    def __init__(self, channel: Channel, state: JobState, decode: Callable[[list[Any]], R]) -> None:
        self._channel = channel
        self._state = state
        self._decode = decode
        self._results: list[R] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._state.where}: {self._state.status().stage}>"

    def result(self, timeout: float | None = None) -> R:
        """Wait for the final result.

        Args:
            timeout: Seconds; without end by default.

        Raises:
            InferenceTimeoutError: when it is not there in time; the job goes on.
            AppError: when the Space's code failed.
            JobCancelledError: when the job was cancelled.
            SessionLostError: when the connection broke.
            ResultError: when the answer does not fit the declared type.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        self._channel.wait_in_thread(self.done, self._state, deadline)
        if not self._results:
            self._results.append(self._decode(self._state.values()))
        return self._results[0]

    def status(self) -> JobStatus:
        """Return where the job stands, without waiting."""
        return self._state.status()

    def done(self) -> bool:
        """Whether the job is at its end: finished, failed or cancelled."""
        return self._state.outcome is not None

    def cancel(self) -> bool:
        """Cancel the job. Space code that does not yield may still run to its end there.

        Returns:
            `False` when the job was at its end already.
        """
        return self._channel.cancel(self._state)

    def events(self) -> Iterator[Event[R]]:
        """Iterate over everything that happens to the job, from its beginning to its end."""
        typed = TypedEvents(self._decode)
        while True:
            self._channel.wait_in_thread(
                lambda: self.done() or typed.taken < len(self._state.events), self._state, None
            )
            yield from typed.take(self._state, self.result)
            if self.done() and typed.taken == len(self._state.events):
                return

    def __iter__(self) -> Iterator[R]:
        has_partial = False
        for event in self.events():
            if isinstance(event, Partial):
                has_partial = True
                yield event.value
            elif isinstance(event, Completed) and not has_partial:
                yield event.value

    def add_done_callback(self, callback: Callable[[Job[R]], object]) -> None:
        """Call `callback(job)` at the job's end, in the thread that learns of it."""
        self._channel.add_callback(self._state, lambda: call_safely(callback, self))


def call_safely(callback: Callable[[Any], object], job: object) -> None:
    """Call a user's callback; its errors are logged, for they have no caller."""
    try:
        callback(job)
    except Exception:
        _log.exception("A done callback of %r failed", job)
