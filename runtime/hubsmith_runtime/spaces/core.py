"""`SpaceCore`: everything that makes up a call of a Space, without I/O.

Sending a job, waiting for it, cancelling and closing are generators of effects, which the driver of
`Space` or `AsyncSpace` performs.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .. import errors
from ..effects import DeadlineExceeded, Effects, Run, Spawn, Wait
from ..errors import HubsmithError
from ..retries import Again, repeated
from .connection import Connection, Preparation
from .connector import Connector
from .events import Cancelled
from .messages import closed_error
from .reader import EventReader
from .session import JobState, Session

BACKGROUND_SECONDS = 5.0
"""How long work in the background, such as cancelling a job, may take when its caller has left."""

_JOIN_SECONDS = 600.0
_ADVICE = "Raise timeout=, or use jobs to wait as long as you like."


@dataclass(slots=True, kw_only=True, eq=False)
class SpaceCore:
    """The calls of one Space."""

    connector: Connector
    timeout: float | None  # Seconds that a call may take.
    reads_in_place: bool  # Whether calls read the event stream; else a background reader does.
    session_hash: str = field(default_factory=lambda: secrets.token_hex(8))
    _reader: EventReader = field(init=False)
    _is_closed: bool = False
    _session: Session | None = None
    _retired: list[Session] = field(default_factory=list[Session])

    def __post_init__(self) -> None:
        self._reader = EventReader(self.connector)

    @property
    def name(self) -> str:
        return self.connector.source.name

    def call(self, prepare: Preparation) -> Effects[Any]:
        with _in_time(self.name, self.timeout, _ADVICE):
            step = partial(self._call_once, prepare)
            return (yield from repeated(step, self.connector.retries, self._classify, self.name))

    def _call_once(self, prepare: Preparation) -> Effects[Any]:
        job = yield from self._submit(prepare, keeps_events=False)
        with _in_time(job.call.where, self.timeout, f"The job is cancelled. {_ADVICE}"):
            try:
                yield from self._reader.wait(job, job.is_over, in_place=self.reads_in_place)
            except BaseException:
                yield Spawn(self._cancel_quietly(job), BACKGROUND_SECONDS)
                raise
        return (yield Run(job.result, blocks=False))

    def _classify(self, error: HubsmithError) -> Again | None:
        is_lost = isinstance(error, errors.SessionLostError)
        return Again() if is_lost and self.connector.retries.after_accepted else None

    def submit(self, prepare: Preparation) -> Effects[JobState]:
        """Make a call, return once the Space has accepted it, and read its events from then on."""
        with _in_time(self.name, self.timeout, "The Space did not accept the job."):
            job = yield from self._submit(prepare, keeps_events=True)
        yield from self._reader.watch(job.session)
        return job

    def _submit(self, prepare: Preparation, *, keeps_events: bool) -> Effects[JobState]:
        try:
            return (yield from self._submit_once(prepare, keeps_events=keeps_events))
        except errors.SpaceUnavailableError as error:
            # It fell asleep, or it was rebuilt and has another address now.
            passing = (404,) if self.connector.source.root is not None else (404, 503)
            if self.connector.connection is None or error.status not in passing:
                raise
        self.connector.connection = None
        return (yield from self._submit_once(prepare, keeps_events=keeps_events))

    def _submit_once(self, prepare: Preparation, *, keeps_events: bool) -> Effects[JobState]:
        connection = yield from self.connector.connect()
        call = yield from prepare(connection)
        yield from connection.upload(call)
        if self._is_closed:
            raise HubsmithError(f"{connection.name}: the client is closed. Make a new one.")
        session = self._session = self._session or Session(
            self.session_hash,
            announces_close=connection.live.announces_close,
            origins=self.connector.origins,
        )
        diffs = connection.live.sends_diffs
        job = JobState(call=call, session=session, sends_diffs=diffs, keeps_events=keeps_events)
        session.joining.add(job)
        for idle in [one for one in self._retired if not one.pending and not one.joining]:
            yield Spawn(self._retire(idle), BACKGROUND_SECONDS)
        join = self._join(connection, job)
        if self.reads_in_place:
            yield from join
        else:
            # It continues if the caller leaves, so that an accepted job can be cancelled.
            yield Spawn(join, (self.timeout or _JOIN_SECONDS) + BACKGROUND_SECONDS)
            try:
                while not job.event_id and job.outcome is None:
                    yield Wait(job.changed)
            except BaseException:
                job.is_abandoned = True
                raise
        if not job.event_id:
            job.values()  # Raises the reason.
        return job

    def _join(self, connection: Connection, job: JobState) -> Effects[None]:
        call, source = job.call, self.connector.source
        headers = {**source.visitor_headers(call.headers), **call.headers}
        words = f"{call.where}: sending the job was interrupted."
        answer: str | HubsmithError = errors.ConnectionFailedError(words)
        try:
            answer = yield from connection.join(call, job.session.hash, headers)
        except HubsmithError as error:
            answer = closed_error(call.where) if self._is_closed else error
        finally:
            job.session.end_join(job, answer)
        if job.is_abandoned and job.event_id:
            yield from self._cancel_quietly(job)
        if self._is_closed:
            job.session.lose(closed_error)

    def result(self, job: JobState, *, cancels: bool) -> Effects[Any]:
        """Wait for a job's result; with `cancels`, cancelling the wait cancels the job."""
        with _in_time(job.call.where, None, "The job keeps running: wait longer or cancel it."):
            try:
                yield from self._reader.wait(job, job.is_over)
            except BaseException as error:
                if cancels and not isinstance(error, DeadlineExceeded):
                    yield Spawn(self._cancel_quietly(job), BACKGROUND_SECONDS)
                raise
        return (yield Run(job.result, blocks=False))

    def wait_until(self, job: JobState, is_met: Callable[[], bool]) -> Effects[None]:
        """Wait until a condition on a job is met, within the client's timeout."""
        advice = "The job keeps running: iterate again, cancel it, or raise timeout=."
        with _in_time(job.call.where, self.timeout, advice):
            yield from self._reader.wait(job, is_met)

    def cancel(self, job: JobState) -> Effects[bool]:
        """Cancel a job; `False` if it had already ended."""
        if job.outcome is not None:
            return False
        yield from self._cancel(job)
        return job.stage == "cancelled"

    def _cancel(self, job: JobState) -> Effects[None]:
        connection = yield from self.connector.connect()
        function = job.session.begin_cancel(job)
        with _in_time(job.call.where, self.timeout, "The job may keep running: cancel it again."):
            yield from connection.cancel(job.call, job.session.hash, job.event_id, function)
        yield from self._end(job)

    def _cancel_quietly(self, job: JobState) -> Effects[None]:
        try:
            # If the client is closed at once, the job has ended here before this begins.
            if job.outcome is None or job.session.is_closed:
                yield from self._cancel(job)
        except (HubsmithError, DeadlineExceeded):
            yield from self._end(job)  # Reconnecting took too long, or the Space is gone.

    def _end(self, job: JobState) -> Effects[None]:
        job.session.end(job, Cancelled())
        yield from self._reader.call_back(job.session)

    def reset_session(self) -> list[Effects[None]]:
        """Begin a new session, and return the calls that end old sessions without pending jobs."""
        self.session_hash = secrets.token_hex(8)
        if self._session is not None:
            self._retired.append(self._session)
            self._session = None
        return [self._retire(one) for one in self._retired if not one.pending and not one.joining]

    def _retire(self, session: Session) -> Effects[None]:
        if session in self._retired:
            self._retired.remove(session)
            yield from self._leave(session)

    def close(self) -> Effects[None]:
        """Refuse further calls, end pending jobs, and tell the Space that its sessions are over."""
        self._is_closed = True
        self.reset_session()
        sessions, self._retired = self._retired, []
        for session in sessions:
            session.close()
            yield from self._reader.call_back(session)
        for session in sessions:
            yield from self._leave(session)

    def _leave(self, session: Session) -> Effects[None]:
        yield from self._reader.stop(session)
        if self.connector.connection is not None:
            yield from self.connector.connection.forget(session.hash)


@contextlib.contextmanager
def _in_time(where: str, timeout: float | None, advice: str) -> Generator[None]:
    """Turn a missed deadline into an error that says what was late, and what to do."""
    try:
        yield
    except DeadlineExceeded:
        limit = "in time" if timeout is None else f"within {timeout:g} s"
        raise errors.InferenceTimeoutError(f"{where}: no answer {limit}. {advice}") from None
