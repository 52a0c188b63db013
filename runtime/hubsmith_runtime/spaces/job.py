"""`Job` and `AsyncJob`: a call that runs while its caller does other things."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .codec import updates_of
from .edits import Accumulator
from .events import Chunk, Completed, ComponentUpdate, Event, JobStatus, Partial
from .session import JobState

if TYPE_CHECKING:
    from typing_extensions import Self

    from .core import SpaceCore

R = TypeVar("R", covariant=True)

_log = logging.getLogger("hubsmith")


class JobEvents(Generic[R]):
    """The events of a job so far, typed and in order; each is taken once."""

    def __init__(self, job: JobState) -> None:
        self._job = job
        self._accumulator = Accumulator()
        self._taken = 0
        self._chunks = 0
        self.latest: list[Any] | None = None  # The outputs of the result taken last.

    def has_event(self) -> bool:
        """Whether there is an event to take, or there will be no more."""
        return self._job.outcome is not None or self._taken < len(self._job.events)

    def has_result(self) -> bool:
        """Whether there is a partial or final result to take, or there will be no more."""
        return self._job.outcome is not None or self._chunks < self._job.chunks

    def is_at_end(self) -> bool:
        return self._job.outcome is not None and self._taken == len(self._job.events)

    def take(self) -> Iterator[Event[R]]:
        """Iterate over the events since the last time."""
        while self._taken < len(self._job.events):
            raw = self._job.events[self._taken]
            self._taken += 1
            if isinstance(raw, Chunk):
                self._chunks += 1
                values = self._accumulator.add(raw.values, is_diff=raw.is_diff)
                if values is not None:
                    self.latest = values
                    yield Partial(value=self._job.decode(values))
            elif isinstance(raw, Completed):
                self.latest = raw.value
                yield Completed(value=self._job.result())
            else:
                yield raw

    def take_results(self) -> Iterator[R]:
        """Iterate over the partial results, or the final one if there was none before."""
        for event in self.take():
            # The first chunk of a job is never a diff, so it always is a partial result.
            if isinstance(event, Partial) or (isinstance(event, Completed) and self._is_only()):
                yield event.value

    def _is_only(self) -> bool:
        """Whether there is only a final result. A generator that yields nothing ends with nulls."""
        is_empty = not any(value is not None for value in self.latest or ())
        return not self._chunks and not (self._job.call.endpoint.is_generator and is_empty)


class BaseJob(Generic[R]):
    """The base class of `Job` and `AsyncJob`: what can be asked without waiting."""

    def __init__(self, core: SpaceCore, job: JobState, driver: Any) -> None:
        self._core = core
        self._job = job
        self._driver = driver
        self._outputs: list[R] = []
        self._output_events = JobEvents[R](job)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._job.call.where}: {self._job.stage}>"

    def status(self) -> JobStatus:
        """Return the state of the job, without waiting."""
        return self._job.status()

    def done(self) -> bool:
        """Whether the job has ended: finished, failed or cancelled."""
        return self._job.is_over()

    def outputs(self) -> list[R]:
        """Return the partial results so far, or else the final one, without waiting."""
        self._outputs.extend(self._output_events.take_results())
        return list(self._outputs)

    def updates(self) -> tuple[ComponentUpdate | None, ...]:
        """Return what the last of the `outputs()` changes in its components besides their values.

        There is one entry per output, `None` if only its value changes; `()` before the first.
        """
        self.outputs()
        latest = self._output_events.latest
        return () if latest is None else updates_of(self._job.call.endpoint, latest)

    def add_done_callback(self, callback: Callable[[Self], object]) -> None:
        """Call `callback(job)` when the job ends, in a background thread or in the event loop.

        It may make calls of the same client. If the job has already ended, it is called at once.
        """
        call = functools.partial(_call_with, callback, self)
        self._job.callbacks.append(call)
        if self._job.outcome is not None:
            # Another thread may be ending the job: the one that removes the callback calls it.
            with contextlib.suppress(ValueError):
                self._job.callbacks.remove(call)
                call()

    def _next(self, is_met: Callable[[], bool]) -> Any:
        return self._driver.run(self._core.wait_until(self._job, is_met), self._core.timeout)


class Job(BaseJob[R]):
    """A running call. Iterate over it for typed partial results.

    A job without partial results yields its result once. One that fails or is cancelled raises the
    error of `result()` after the partial results so far.
    """

    def result(self, timeout: float | None = None) -> R:
        """Wait for the final result.

        Args:
            timeout: Seconds to wait; unlimited by default.

        Raises:
            InferenceTimeoutError: when it does not arrive in time; the job keeps running.
            AppError: when the Space's code failed.
            JobCancelledError: when the job was cancelled.
            SessionLostError: when the connection broke.
            ResultError: when the answer does not match the declared type.
        """
        return self._driver.run(self._core.result(self._job, cancels=False), timeout)

    def cancel(self) -> bool:
        """Cancel the job. Code in the Space that does not yield may still run to completion.

        Returns:
            `False` if the job had already ended.
        """
        return self._driver.run(self._core.cancel(self._job), self._core.timeout)

    def events(self) -> Iterator[Event[R]]:
        """Iterate over all events of the job, up to the one that ends it."""
        events = JobEvents[R](self._job)
        while not events.is_at_end():
            self._next(events.has_event)
            yield from events.take()

    def __iter__(self) -> Iterator[R]:
        events = JobEvents[R](self._job)
        while not events.is_at_end():
            self._next(events.has_result)
            yield from events.take_results()
        self._job.values()  # Raises if the job has none: the results are incomplete.


class AsyncJob(BaseJob[R]):
    """A running call; see `Job`. Iterate over it with `async for`.

    When the task that awaits `result()` is cancelled, so is the job.
    """

    def __await__(self) -> Generator[Any, None, Self]:
        return self
        yield  # Awaiting a job returns the job, so that a superfluous `await` is harmless.

    async def result(self, timeout: float | None = None) -> R:
        """Wait for the final result; see `Job.result` for the errors."""
        return await self._driver.run(self._core.result(self._job, cancels=True), timeout)

    async def cancel(self) -> bool:
        """Cancel the job; `False` if it had already ended."""
        return await self._driver.run(self._core.cancel(self._job), self._core.timeout)

    async def events(self) -> AsyncIterator[Event[R]]:
        """Iterate over all events of the job, up to the one that ends it."""
        events = JobEvents[R](self._job)
        while not events.is_at_end():
            await self._next(events.has_event)
            for event in events.take():
                yield event

    async def __aiter__(self) -> AsyncIterator[R]:
        events = JobEvents[R](self._job)
        while not events.is_at_end():
            await self._next(events.has_result)
            for result in events.take_results():
                yield result
        self._job.values()  # Raises if the job has none: the results are incomplete.


def _call_with(callback: Callable[[Any], object], job: BaseJob[Any]) -> None:
    try:
        callback(job)
    except Exception:  # It has no caller to raise it to.
        _log.exception("A done callback of %r failed", job)
