"""`Job`: one call that goes on while its caller does other things."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from ._channel import Channel
from ._diff import Accumulator
from ._events import Chunk, Completed, Event, JobStatus, Partial
from ._job_state import JobState

R = TypeVar("R", covariant=True)
C = TypeVar("C")

_log = logging.getLogger("hubsmith")


class BaseJob(Generic[C, R]):
    """What can be told of a job without waiting, and its result once it is there."""

    def __init__(self, channel: C, state: JobState, decode: Callable[[list[Any]], R]) -> None:
        self._channel = channel
        self._state = state
        self._decode = decode
        self._results: list[R] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._state.where}: {self._state.status().stage}>"

    def status(self) -> JobStatus:
        """Return where the job stands, without waiting."""
        return self._state.status()

    def done(self) -> bool:
        """Whether the job is at its end: finished, failed or cancelled."""
        return self._state.outcome is not None

    def outputs(self) -> list[R]:
        """Return the partial results so far, without waiting; the result where there is only that."""
        reader = self._reader()
        return [value for event in reader.take() for value in reader.results(event)]

    def _final(self) -> R:
        if not self._results:
            self._results.append(self._decode(self._state.values()))
        return self._results[0]

    def _call_back(self, callback: Callable[[Any], object]) -> None:
        try:
            callback(self)
        except Exception:  # It has no caller.
            _log.exception("A done callback of %r failed", self)

    def _reader(self) -> EventReader[R]:
        return EventReader(self._state, self._decode, self._final)


class EventReader(Generic[R]):
    """Turns the raw events of a job into typed ones, in order."""

    def __init__(
        self, state: JobState, decode: Callable[[list[Any]], R], result: Callable[[], R]
    ) -> None:
        self._state = state
        self._decode = decode
        self._result = result
        self._accumulator = Accumulator()
        self._taken = 0
        self._has_partial = False

    def has_news(self) -> bool:
        """Whether there is something to take, or nothing more will come."""
        return self._state.outcome is not None or self._taken < len(self._state.events)

    def is_at_end(self) -> bool:
        """Whether everything was taken."""
        return self._state.outcome is not None and self._taken == len(self._state.events)

    def take(self) -> Iterator[Event[R]]:
        """Iterate over the events that came since the last time."""
        while self._taken < len(self._state.events):
            raw = self._state.events[self._taken]
            self._taken += 1
            if isinstance(raw, Chunk):
                values = self._accumulator.add(raw.values, is_diff=raw.is_diff)
                if values is not None:
                    self._has_partial = True
                    yield Partial(value=self._decode(values))
            elif isinstance(raw, Completed):
                yield Completed(value=self._result())
            else:
                yield raw

    def results(self, event: Event[R]) -> Iterator[R]:
        """Give the value of a partial result, or of the final one where there was none before."""
        if isinstance(event, Partial) or (isinstance(event, Completed) and not self._has_partial):
            yield event.value


class Job(BaseJob[Channel, R]):
    """A call under way. Iterate it for typed partial results.

    Iteration ends with the job, also with one that failed: `result()` then raises. A job that
    gives no partial results yields its result once.
    """

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
        return self._final()

    def cancel(self) -> bool:
        """Cancel the job. Space code that does not yield may still run to its end there.

        Returns:
            `False` when the job was at its end already.
        """
        return self._channel.cancel(self._state)

    def events(self) -> Iterator[Event[R]]:
        """Iterate over everything that happens to the job, from its beginning to its end."""
        yield from self._read(self._reader())

    def __iter__(self) -> Iterator[R]:
        reader = self._reader()
        for event in self._read(reader):
            yield from reader.results(event)

    def add_done_callback(self, callback: Callable[[Job[R]], object]) -> None:
        """Call `callback(job)` at the job's end, in the thread that learns of it."""
        self._channel.add_callback(self._state, lambda: self._call_back(callback))

    def _read(self, reader: EventReader[R]) -> Iterator[Event[R]]:
        while not reader.is_at_end():
            self._channel.wait_in_thread(reader.has_news, self._state, None)
            yield from reader.take()
