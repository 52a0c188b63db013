"""`EventReader`: who reads the event stream of a session, and when.

Nobody reads it until someone waits for a job. A blocking call without a limit reads in its own
thread and hands the events of others on; when it leaves, another waiting thread takes over. Where
there is a limit, and with asyncio, one reader in the background serves all: to leave in the middle
of a read would break the stream, and with it every job of the session.

A stream is never closed between calls, because the server takes that for the end of every job
of the session and may notice late. What is left of it is read by the next call.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

from ..effects import Close, Effects, Read, Run, Sleep, Spawn, Wait
from ..errors import ConnectionFailedError, HubsmithError
from ..http import Body
from .connector import Connector
from .messages import lost_error
from .session import JobState, Session

_CALLBACK_SECONDS = 5.0
_FRESH_SECONDS = 2.0


class EventReader:
    """Reads the event streams of a Space's sessions."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def wait(
        self, job: JobState, is_met: Callable[[], bool], *, in_place: bool = False
    ) -> Effects[None]:
        """Wait for something about a job, reading its events `in_place` if nobody else does."""
        session = job.session
        while not is_met():
            if session.is_read or not session.pending:
                yield Wait(job.changed)
            elif in_place:
                yield from self._read_until(session, is_met)
            else:
                yield from self.watch(session)

    def watch(self, session: Session) -> Effects[None]:
        """See to it that events are read in the background while there are jobs."""
        if not session.is_read and session.pending:
            session.is_read = True
            yield Spawn(self._read_until(session, lambda: not session.pending))

    def stop(self, session: Session) -> Effects[None]:
        if session.is_read and session.body is not None:
            yield Close(session.body, is_read=True)  # Whoever reads it notices, and drops it.
        else:
            yield from _drop(session)

    def call_back(self, session: Session) -> Effects[None]:
        """Call those who asked to be called at the end of a job, where they may make calls."""
        if session.callbacks:
            callbacks, session.callbacks = session.callbacks, []
            yield Spawn(_called(callbacks), _CALLBACK_SECONDS)

    def _read_until(self, session: Session, is_met: Callable[[], bool]) -> Effects[None]:
        """Read the event stream as the one reader, then pass that on."""
        session.is_read = True
        try:
            while not is_met() and not session.is_closed:
                yield from self._read_some(session)
        except BaseException:
            # Interrupted inside a read, by Ctrl-C or a loop that ends. The server ends every job
            # of a session whose stream is closed.
            session.is_read = False
            session.lose(lambda where: lost_error(where, None))
            yield from _drop(session)
            raise
        session.is_read = False
        if session.is_closed:
            yield from _drop(session)
        elif any(job.keeps_events for job in session.pending.values()):
            yield from self.watch(session)
        elif waiting := [job for job in session.pending.values() if job.changed.waiting]:
            waiting[0].changed.notify()  # So that it reads on.

    def _read_some(self, session: Session) -> Effects[None]:
        piece: bytes | None = None
        failure: HubsmithError | None = None
        began = time.monotonic()
        try:
            body = session.body or (yield from self._open(session))
            piece = yield Read(body)
        except HubsmithError as error:
            failure = error
        # Gradio's server closes a connection 5 s after the last answer on it ended, and what was left
        # over of this one may have ended long ago: what is sent then would be lost.
        is_fresh = began - session.read_at < _FRESH_SECONDS
        session.read_at = time.monotonic()
        if session.feed(piece, failure):
            if is_fresh and piece is not None and session.body is not None:
                # Read to its end, the connection can carry the next request.
                with contextlib.suppress(HubsmithError):
                    yield Read(session.body)
            yield from _drop(session)
        yield from self.call_back(session)

    def _open(self, session: Session) -> Effects[Body]:
        """Open the event stream, with a pause where the last ones brought the end of no job."""
        retries, name = self._connector.retries, self._connector.source.name
        if session.fruitless > retries.attempts:
            raise ConnectionFailedError(f"{name}: the event stream ended several times in a row.")
        if session.fruitless:
            wait = min(retries.longest, retries.base * session.fruitless)
            yield Sleep(wait, f"{name}: the event stream ended")
        connection = yield from self._connector.connect()
        body = yield from connection.open_events(session.hash)
        session.open(body)
        return body


def _drop(session: Session) -> Effects[None]:
    body, session.body = session.body, None
    if body is not None:
        yield Close(body)


def _called(callbacks: Sequence[Callable[[], None]]) -> Effects[None]:
    for callback in callbacks:
        yield Run(callback, blocks=False)
