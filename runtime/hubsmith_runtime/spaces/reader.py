"""`EventReader`: who reads the event stream of a session, and when.

It is not read until a caller waits for a job. A blocking call without a timeout reads it in its own
thread and passes on the events of other calls; when it returns, another waiting thread takes over.
With a timeout, and with asyncio, one background reader serves all calls: to give up in the middle
of a read would break the stream, and with it every job of the session.

A stream is never closed between calls, because the server would take that as the end of every job
of the session, and may notice late. The next call reads what is left of it.
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
        """Wait until a condition on a job is met, reading events `in_place` if nobody else does."""
        session = job.session
        while not is_met():
            if session.is_read or not session.pending:
                yield Wait(job.changed)
            elif in_place:
                yield from self._read_until(session, is_met)
            else:
                yield from self.watch(session)

    def watch(self, session: Session) -> Effects[None]:
        """Make sure that events are read in the background while there are pending jobs."""
        if not session.is_read and session.pending:
            session.is_read = True
            yield Spawn(self._read_until(session, lambda: not session.pending))

    def stop(self, session: Session) -> Effects[None]:
        if session.is_read and session.body is not None:
            yield Close(session.body, is_read=True)  # The reader notices, and drops it.
        else:
            yield from _drop(session)

    def call_back(self, session: Session) -> Effects[None]:
        """Run the callbacks of ended jobs in the background, where they may make calls."""
        if session.callbacks:
            callbacks, session.callbacks = session.callbacks, []
            yield Spawn(_called(callbacks), _CALLBACK_SECONDS)

    def _read_until(self, session: Session, is_met: Callable[[], bool]) -> Effects[None]:
        """Read the event stream as its only reader, then pass the role on."""
        session.is_read = True
        try:
            while not is_met() and not session.is_closed:
                yield from self._read_some(session)
        except BaseException:
            # Interrupted during a read, by Ctrl+C or the end of the event loop. The server ends
            # every job of a session whose stream is closed.
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
            waiting[0].changed.notify()  # So that it takes over.

    def _read_some(self, session: Session) -> Effects[None]:
        piece: bytes | None = None
        failure: HubsmithError | None = None
        began = time.monotonic()
        try:
            body = session.body or (yield from self._open(session))
            piece = yield Read(body)
        except HubsmithError as error:
            failure = error
        # Gradio's server closes a connection 5 s after the last answer on it ended, and this stream
        # may have ended long ago: a request sent on its connection would be lost.
        is_fresh = began - session.read_at < _FRESH_SECONDS
        session.read_at = time.monotonic()
        if session.feed(piece, failure):
            if is_fresh and piece is not None and session.body is not None:
                # Once read to its end, the connection can be reused.
                with contextlib.suppress(HubsmithError):
                    yield Read(session.body)
            yield from _drop(session)
        yield from self.call_back(session)

    def _open(self, session: Session) -> Effects[Body]:
        """Open the event stream, after a pause if the last ones ended without the end of a job."""
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
