"""The state of one job and of one session, without I/O.

A session multiplexes the events of many jobs over one stream. `JobState` follows one job,
`Session` hands each message to the job it belongs to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..effects import Signal
from ..errors import HubsmithError, JobCancelledError, ResultError
from ..http import Body
from ..reading import as_words
from ..sse import EventDecoder
from ..transport import Origins
from . import events as kinds, messages
from .codec import Call
from .messages import Message

_RUNNING = ("running", "iterating")
_CANCELLED_KEPT = 100  # A server may end a cancelled job late, but not after this many others.
_LONGEST_LOG = 10_000
_UNREPORTED_SECONDS = 600.0


@dataclass(slots=True, kw_only=True, eq=False)
class JobState:
    """The state of one job."""

    call: Call
    session: Session
    sends_diffs: bool  # Whether later partial results are sent as edits.
    keeps_events: bool  # Whether events are kept, for a caller who iterates.
    event_id: str = ""  # Empty until the server has accepted the job.
    is_abandoned: bool = False  # Whether its caller left before that.
    is_reported: bool = False  # Whether a message of the stream was about it.
    unreported_since: float | None = None  # When the stream first sent something else.
    events: list[kinds.RawEvent] = field(default_factory=list[kinds.RawEvent])
    chunks: int = 0  # The number of partial results so far.
    callbacks: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    outcome: kinds.Outcome | None = None
    stage: kinds.Stage = "joining"
    changed: Signal = field(default_factory=Signal)
    _queued: kinds.Queued = field(default_factory=kinds.Queued)
    _eta: float | None = None
    _progress: tuple[kinds.ProgressUnit, ...] = ()
    _log: list[kinds.LogLine] = field(default_factory=list[kinds.LogLine])
    _results: list[Any] = field(default_factory=list[Any])

    def receive(self, message: Message) -> None:
        self.is_reported, is_diff = True, self.sends_diffs and self.chunks > 0
        event = messages.read_event(message, self.call.where, is_diff=is_diff)
        if event is not None:
            self.apply(event)

    def apply(self, event: kinds.RawEvent) -> None:
        """Update the state by an event. Events after the end of a job are ignored."""
        if self.outcome is not None:
            return
        match event:
            case kinds.Queued():
                self.stage, self._queued, self._eta = "queued", event, event.eta
            case kinds.Started():
                self.stage, self._eta = "running", event.eta
            case kinds.Progress():
                self._progress = event.units
            case kinds.Log():
                if len(self._log) < _LONGEST_LOG:
                    self._log.append(event.line)
            case kinds.Chunk():
                self.stage, self.chunks = "iterating", self.chunks + 1
            case kinds.Completed():
                self.stage, self.outcome = "finished", event
            case kinds.Failed():
                self.session.origins.mask(event.error)  # status() shows it before it is raised.
                self.stage, self.outcome = "failed", event
            case kinds.Cancelled():
                self.stage, self.outcome = "cancelled", event
        if self.keeps_events:
            self.events.append(event)
        self.changed.notify()

    def is_over(self) -> bool:
        return self.outcome is not None

    def status(self) -> kinds.JobStatus:
        queued = self._queued if self.stage == "queued" else kinds.Queued()
        return kinds.JobStatus(
            stage=self.stage,
            rank=queued.rank,
            queue_size=queued.queue_size,
            eta=self._eta if self.outcome is None else None,
            progress=self._progress,
            log=tuple(self._log),
            error=str(self.outcome.error) if isinstance(self.outcome, kinds.Failed) else None,
        )

    def values(self) -> list[Any]:
        """Return the outputs of a finished job, or raise the error that it ended with."""
        match self.outcome:
            case kinds.Completed(value=values):
                return values
            case kinds.Failed(error=error):
                raise error.with_traceback(None)
            case _:
                raise JobCancelledError(
                    f"{self.call.where}: the job was cancelled, so it has no result."
                )

    def result(self) -> Any:
        """Return the result of a finished job, decoded once, or raise the error it ended with."""
        if not self._results:
            self._results.append(self.decode(self.values()))
        return self._results[0]

    def decode(self, values: list[Any]) -> Any:
        """Decode a final or partial result from the values that the server sent."""
        try:
            return self.call.decode(values)
        except RecursionError:
            words = f"{self.call.where}: the answer is nested too deeply. It is in `.value`."
            raise ResultError(words, values) from None


class Session:
    """The jobs that share one session hash, which the client chooses, and one event stream."""

    def __init__(
        self,
        session_hash: str,
        *,
        announces_close: bool = True,
        origins: Origins | None = None,
    ) -> None:
        self.hash = session_hash
        self.origins = origins or Origins()
        self.pending: dict[str, JobState] = {}  # By event id.
        self.body: Body | None = None  # The event stream, while one is open.
        self.is_read = False  # Whether it has a reader; there is at most one.
        self.read_at = 0.0  # When it was last read.
        self.is_closed = False
        self.fruitless = 0  # Consecutive streams that ended without the end of a job.
        self.callbacks: list[Callable[[], None]] = []  # Of jobs that have ended.
        self._decoder = EventDecoder()
        self._announces_close = announces_close
        self._may_end = True  # Whether no job is lost if the stream ends.
        self.joining: set[JobState] = set()  # Being sent: unknown event ids may be theirs.
        self._early: dict[str, list[Message]] = {}
        self._cancelled: dict[str, list[JobState]] = {}  # With the jobs it may stop, too.

    def end_join(self, job: JobState, answer: str | HubsmithError) -> None:
        """Record the job's event id, or the error with which the server rejected it."""
        self.joining.discard(job)
        if isinstance(answer, str):
            job.event_id = answer
            self.pending[answer] = job
            for message in self._early.pop(answer, ()):
                job.receive(message)
            self._settle(job)
            job.changed.notify()
        else:
            job.apply(kinds.Failed(error=answer))
        if not self.joining:
            self._early.clear()

    def open(self, body: Body) -> None:
        self.body, self._decoder, self._may_end = body, EventDecoder(), False
        self.read_at = time.monotonic()
        self.fruitless += 1

    def feed(self, piece: bytes | None, error: HubsmithError | None = None) -> bool:
        """Process a piece of the stream, or `None` at its end; return whether it has ended."""
        if piece is None:
            # A stream left over from an earlier call, or one that ended with a job as in old
            # versions, has lost no job: a new one takes over.
            if self.body is None or not self._may_end:
                self.lose(lambda where: messages.lost_error(where, error))
                for job in list(self.joining):  # Its events may have gone to the broken stream.
                    lost = messages.lost_error(job.call.where, error)
                    self.end(job, kinds.Failed(error=lost))
            return True
        received = list(map(messages.parse_message, self._decoder.feed(piece)))
        if not any(message.get("event_id") for message in received):  # A heartbeat, or less.
            self._lose_unreported()
        return any(list(map(self.receive, received)))  # A list, so that all are received.

    def _lose_unreported(self) -> None:
        """End jobs that no message is about: Gradio sends their place in the queue at once."""
        now = time.monotonic()
        for job in list(self.pending.values()):
            if not job.is_reported:
                since = job.unreported_since = job.unreported_since or now
                if now - since > _UNREPORTED_SECONDS:
                    self.end(job, kinds.Failed(error=messages.unreported_error(job.call.where)))

    def receive(self, message: Message) -> bool:
        """Pass a message to its job, and return whether the stream ends with it."""
        kind, event_id = message.get("msg"), message.get("event_id")
        if kind == "close_stream" or (kind == "unexpected_error" and event_id is None):
            # Up to Gradio 5.29, a job that is cancelled in the queue runs nevertheless, and then
            # breaks the stream, with its id as the reason. Other jobs continue in a new stream.
            reason = as_words(message.get("message")).strip("'")
            if kind == "unexpected_error" and reason not in self._cancelled:
                self.lose(partial(messages.session_error, message))
            return True
        if not isinstance(event_id, str):
            if kind == "process_completed":
                # It may have been the end of any job, which would be waited for in vain.
                self.lose(messages.unreadable_error)
            return False
        job = self.pending.get(event_id)
        if kind == "process_completed":
            # Old servers end the stream with the last job, even a cancelled one, without notice.
            self._may_end = not self._announces_close
            if event_id in self._cancelled:
                self._end_those_stopped_with(event_id)
        elif job is not None:
            self._may_end = False
        if job is not None:
            job.receive(message)
            self._settle(job)
        elif self.joining:
            self._early.setdefault(event_id, []).append(message)
        return False

    def begin_cancel(self, job: JobState) -> int:
        """Record that a job is being cancelled, and return the index of the function to stop.

        The server stops all running jobs of that function, but reports only one. With -1, it only
        takes the job from the queue, so that the others keep running.
        """
        others = [
            other
            for other in (*self.pending.values(), *self.joining)
            if other is not job and other.call.endpoint == job.call.endpoint
        ]
        is_named = not others or job.stage in _RUNNING
        stopped = [other for other in others if is_named and other.stage in _RUNNING]
        self._cancelled[job.event_id] = stopped
        if len(self._cancelled) > _CANCELLED_KEPT:
            del self._cancelled[next(iter(self._cancelled))]
        return job.call.endpoint.fn_index if is_named else -1

    def _end_those_stopped_with(self, cancelled: str) -> None:
        others, self._cancelled[cancelled] = self._cancelled[cancelled], []
        for job in others:
            if job.event_id not in self._cancelled:
                words = (
                    f"{job.call.where}: the Space stopped this job together with one of the same "
                    "endpoint that was cancelled. To cancel one job alone, give it its own client."
                )
                self.end(job, kinds.Failed(error=JobCancelledError(words)))

    def lose(self, error_of: Callable[[str], HubsmithError]) -> None:
        self.fruitless = 0
        for job in list(self.pending.values()):
            self.end(job, kinds.Failed(error=error_of(job.call.where)))

    def close(self) -> None:
        """End every job because the client is closed, including those that are being sent."""
        self.is_closed = True
        self.lose(messages.closed_error)
        for job in list(self.joining):
            if not job.is_abandoned:  # Else it is cancelled once it is accepted.
                self.end_join(job, messages.closed_error(job.call.where))

    def end(self, job: JobState, event: kinds.RawEvent) -> None:
        """End a job with an event that does not come from the server."""
        job.apply(event)
        self._settle(job)

    def _settle(self, job: JobState) -> None:
        """Remove a job that has ended from the pending ones."""
        if job.outcome is not None and self.pending.pop(job.event_id, None) is not None:
            self.fruitless = 0
            while job.callbacks:  # Another thread may be removing one.
                self.callbacks.append(job.callbacks.pop(0))
        if not self.pending:
            self._may_end = True
