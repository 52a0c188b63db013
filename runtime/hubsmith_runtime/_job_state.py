"""The state of one job and of one session, without I/O.

A session multiplexes the events of many jobs over one stream. `JobState` follows one job,
`Session` hands each message to the job it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ._errors import HubsmithError, JobCancelledError
from ._events import (
    Cancelled,
    Chunk,
    Completed,
    Failed,
    JobStatus,
    Log,
    LogLine,
    Progress,
    ProgressUnit,
    Queued,
    RawEvent,
    Stage,
    Started,
)
from ._messages import (
    Message,
    lost_error,
    parse_message,
    read_event,
    session_error,
    stopped_with_another,
)

Outcome: TypeAlias = "Completed[list[Any]] | Failed | Cancelled"


@dataclass(slots=True, kw_only=True)
class JobState:
    """What is known of one job."""

    where: str  # Space and endpoint, for error texts.
    fn_index: int
    sends_diffs: bool  # Whether later partial results come as edits.
    keeps_events: bool  # Whether events are kept, for a caller who iterates.
    event_id: str = ""
    events: list[RawEvent] = field(default_factory=list[RawEvent])
    callbacks: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    outcome: Outcome | None = None
    _stage: Stage = "joining"
    _queued: Queued = field(default_factory=Queued)
    _eta: float | None = None
    _progress: tuple[ProgressUnit, ...] = ()
    _log: tuple[LogLine, ...] = ()
    _has_chunk: bool = False

    def receive(self, message: Message) -> None:
        """Take a message from the server."""
        event = read_event(message, self.where, is_diff=self.sends_diffs and self._has_chunk)
        if event is not None:
            self.happen(event)

    def happen(self, event: RawEvent) -> None:
        """Take an event. What happens after the end of a job is ignored."""
        if self.outcome is not None:
            return
        match event:
            case Queued():
                self._stage, self._queued, self._eta = "queued", event, event.eta
            case Started():
                self._stage, self._eta = "running", event.eta
            case Progress():
                self._progress = event.units
            case Log():
                self._log = (*self._log, event.line)
            case Chunk():
                self._stage, self._has_chunk = "iterating", True
            case Completed():
                self._stage, self.outcome = "finished", event
            case Failed():
                self._stage, self.outcome = "failed", event
            case Cancelled():
                self._stage, self.outcome = "cancelled", event
        if self.keeps_events:
            self.events.append(event)

    @property
    def is_running(self) -> bool:
        """Whether the Space has begun and not ended it."""
        return self._stage in ("running", "iterating")

    @property
    def is_cancelled(self) -> bool:
        """Whether the job ended by being cancelled."""
        return isinstance(self.outcome, Cancelled)

    def status(self) -> JobStatus:
        """Return where the job stands."""
        waits = self._stage == "queued"
        return JobStatus(
            stage=self._stage,
            rank=self._queued.rank if waits else None,
            queue_size=self._queued.queue_size if waits else None,
            eta=self._eta if self.outcome is None else None,
            progress=self._progress,
            log=self._log,
            error=str(self.outcome.error) if isinstance(self.outcome, Failed) else None,
        )

    def values(self) -> list[Any]:
        """Return the outputs of a finished job, or raise why there are none."""
        match self.outcome:
            case Completed(value=values):
                return values
            case Failed(error=error):
                raise error.with_traceback(None)
            case _:
                raise JobCancelledError(f"{self.where}: the job was cancelled, it has no result.")


class Session:
    """The jobs that share one session hash, which the client chooses, and one event stream."""

    def __init__(self, session_hash: str, *, announces_close: bool = True) -> None:
        self.hash = session_hash
        self.pending: dict[str, JobState] = {}  # Jobs that are not at their end, by event id.
        self._announces_close = announces_close
        self._is_open = False
        self._may_end = True
        self._joining = 0
        self._early: dict[str, list[Message]] = {}
        self._finished: list[JobState] = []
        self._cancelled: dict[str, list[JobState]] = {}  # With the jobs that may die of it.

    @property
    def is_idle(self) -> bool:
        """Whether no job is under way or about to be."""
        return not self.pending and not self._joining

    def begin_join(self) -> None:
        """Note that a job is being sent: events of unknown jobs may be its events."""
        self._joining += 1

    def end_join(self, event_id: str | None, state: JobState) -> None:
        """Note the answer: the job's event id, or `None` where it was refused."""
        self._joining -= 1
        if event_id is not None:
            state.event_id = event_id
            self.pending[event_id] = state
            for message in self._early.pop(event_id, ()):
                self._deliver(state, message)
        if not self._joining:
            self._early.clear()

    def open(self) -> None:
        """Note that the event stream was opened."""
        self._is_open, self._may_end = True, False

    def feed(self, payload: bytes | None, error: HubsmithError | None = None) -> bool:
        """Take the data of one event, or `None` and why the stream ended; say if it is over."""
        if payload is None:
            # A stream that was left over from an earlier call, or that ended with a job as it
            # does in old versions, has taken nothing along: a new one goes on.
            if not (self._is_open and self._may_end):
                self.lose(lambda where: lost_error(where, error))
            self._is_open = False  # Where the next one cannot be opened, the jobs are lost.
            return True
        message = parse_message(payload)
        return message is not None and self.receive(message)

    def receive(self, message: Message) -> bool:
        """Hand a message to its job, and say whether the stream ends with it."""
        kind, event_id = message.get("msg"), message.get("event_id")
        if kind == "close_stream" or (kind == "unexpected_error" and event_id is None):
            # Up to 5.29 a job that was cancelled in the queue runs all the same, and its second end
            # breaks the stream with its id for a reason. The other jobs go on in a new one.
            if kind == "unexpected_error" and str(message.get("message")).strip("'") not in (
                self._cancelled
            ):
                self.lose(lambda where: session_error(message, where))
            self._is_open = False
            return True
        if not isinstance(event_id, str):
            return False
        state = self.pending.get(event_id)
        if kind == "process_completed":
            # Old servers end the stream with the last job, a cancelled one too, and do not say so.
            self._may_end = not self._announces_close
            for other in self._cancelled.get(event_id, ()):
                if other.event_id not in self._cancelled:
                    self.end(other, Failed(error=stopped_with_another(other.where)))
        elif state is not None:
            self._may_end = False
        if state is not None:
            self._deliver(state, message)
        elif self._joining:
            self._early.setdefault(event_id, []).append(message)
        return False

    def begin_cancel(self, state: JobState) -> None:
        """Note that a job is being cancelled.

        The server stops every running job of the same endpoint with it, and reports one only.
        """
        self._cancelled[state.event_id] = [
            other
            for other in self.pending.values()
            if other is not state and other.fn_index == state.fn_index and other.is_running
        ]

    def lose(self, error_of: Callable[[str], HubsmithError]) -> None:
        """Fail every pending job, and forget the stream."""
        self._is_open = False
        for state in list(self.pending.values()):
            self.end(state, Failed(error=error_of(state.where)))

    def end(self, state: JobState, event: RawEvent) -> None:
        """End one job by an event that does not come from the server."""
        state.happen(event)
        self._settle(state)

    def take_finished(self) -> list[Callable[[], None]]:
        """Return, once, the callbacks of jobs that came to their end."""
        finished, self._finished = self._finished, []
        return [callback for state in finished for callback in state.callbacks]

    def _deliver(self, state: JobState, message: Message) -> None:
        state.receive(message)
        self._settle(state)

    def _settle(self, state: JobState) -> None:
        if state.outcome is not None and self.pending.pop(state.event_id, None) is not None:
            self._finished.append(state)
        if not self.pending:
            self._may_end = True
