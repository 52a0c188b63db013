"""The queue of a mock: jobs whose messages fall due as time goes by. No job has a thread."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ._book import Script
from ._json import JsonObject

_HEARTBEAT = 15.0
_GLANCE = 0.25  # How long a caller who hung up may go unnoticed.
_MOST_JOBS = 1000


class QueueFull(Exception):
    """Too many jobs wait to be fetched."""


@dataclass(slots=True, kw_only=True)
class Job:
    """A job and the messages that are still to come, each with the moment it is due."""

    event_id: str
    session: str
    messages: deque[tuple[float, JsonObject]]

    def stop(self) -> None:
        """Cancel it: the caller hears of an end in good order without a result."""
        ended: JsonObject = {"msg": "process_completed", "event_id": self.event_id}
        self.messages = deque([(0.0, {**ended, "output": {}, "success": True})])


Gone = Callable[[], bool]
"""Whether the caller hung up."""


class Queue:
    """The jobs of all sessions."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def add(self, session: str, script: Script, *, is_pushed: bool) -> str:
        """Take a job, and return its event id. Without a session it is its own.

        Raises:
            QueueFull: when too many jobs were never fetched.
        """
        event_id = secrets.token_hex(16)
        messages = deque(timeline(event_id, script, is_pushed=is_pushed))
        with self._changed:
            if len(self._jobs) >= _MOST_JOBS:
                raise QueueFull
            self._jobs[event_id] = Job(
                event_id=event_id, session=session or event_id, messages=messages
            )
            self._changed.notify_all()
        return event_id

    def cancel(self, event_id: str) -> None:
        """Cancel a job; one that is unknown or done is left alone, as a Space does."""
        with self._changed:
            if event_id in self._jobs:
                self._jobs[event_id].stop()
                self._changed.notify_all()

    def drop(self, event_id: str) -> None:
        """Forget a job."""
        with self._changed:
            self._jobs.pop(event_id, None)

    def close(self) -> None:
        """End every stream."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def of_session(self, session: str, is_gone: Gone) -> Iterator[JsonObject]:
        """Yield the messages of a session's jobs until none is left."""
        return self._follow(lambda job: job.session == session, is_gone)

    def of_event(self, event_id: str, is_gone: Gone) -> Iterator[JsonObject]:
        """Yield the messages of one job."""
        return self._follow(lambda job: job.event_id == event_id, is_gone)

    def pause(self, is_gone: Gone) -> Iterator[None]:
        """Yield once per heartbeat until the caller hangs up."""
        while True:
            yield
            deadline = time.monotonic() + _HEARTBEAT
            with self._changed:
                while (left := deadline - time.monotonic()) > 0:
                    if self._is_closed or is_gone():
                        return
                    self._changed.wait(min(left, _GLANCE))

    def _follow(self, chosen: Callable[[Job], bool], is_gone: Gone) -> Iterator[JsonObject]:
        heartbeat = time.monotonic() + _HEARTBEAT
        has_told = False
        while True:
            with self._changed:
                jobs = [job for job in self._jobs.values() if chosen(job)]
                if self._is_closed or not jobs:
                    break
                job = min(jobs, key=lambda one: one.messages[0][0])
                due, message = job.messages[0]
                now = time.monotonic()
                if due <= now:
                    job.messages.popleft()
                    if not job.messages:
                        del self._jobs[job.event_id]
                elif now >= heartbeat:
                    message, heartbeat = {"msg": "heartbeat", "event_id": None}, now + _HEARTBEAT
                elif is_gone():
                    # A Space ends the jobs of a session whose stream is dropped.
                    for one in jobs:
                        del self._jobs[one.event_id]
                    return
                else:
                    self._changed.wait(min(due - now, heartbeat - now, _GLANCE))
                    continue
            has_told = True
            yield message
        if self._is_closed:
            yield _lost("Server stopped unexpectedly.", is_unknown=False)
        elif not has_told:  # There was no job, or it ended with another stream of the session.
            yield _lost("404: Not Found", is_unknown=True)


def timeline(
    event_id: str, script: Script, *, is_pushed: bool
) -> Iterator[tuple[float, JsonObject]]:
    """Yield the messages of a job with the moment that each is due; their values are whole."""
    answer = script.answer
    due = time.monotonic()

    def message(kind: str, **entries: object) -> tuple[float, JsonObject]:
        return due, {"msg": kind, "event_id": event_id, **entries}

    yield message("estimation", rank=0, queue_size=1, rank_eta=None)
    yield message("process_starts", eta=None)
    for text in answer.logs:
        yield message("log", log=text, level="info", duration=10, visible=True, title="Info")
    for share in answer.progress:
        due += answer.delay
        bar = {"index": None, "length": None, "unit": "steps", "progress": share, "desc": None}
        yield message("progress", progress_data=[bar])
    for values in script.partials:
        due += answer.delay
        kind = "process_streaming" if is_pushed else "process_generating"
        output = output_of(values, is_generating=True)
        yield message(kind, output=output, success=True, time_limit=None)
    due += answer.delay
    if answer.error is None:
        output = output_of(script.final, is_generating=False)
        yield message("process_completed", output=output, success=True, title=None)
    else:
        output = {"error": answer.error, "duration": 10, "visible": True, "title": answer.title}
        yield message("process_completed", output=output, success=False, title=answer.title)


def output_of(values: list[object], *, is_generating: bool) -> JsonObject:
    """Return the `output` of a message."""
    return {
        "data": values,
        "is_generating": is_generating,
        "duration": 0.0,
        "average_duration": 0.0,
        "render_config": None,
        "changed_state_ids": [],
    }


def _lost(words: str, *, is_unknown: bool) -> JsonObject:
    return {
        "msg": "unexpected_error",
        "event_id": None,
        "message": words,
        "success": False,
        "session_not_found": is_unknown,
    }
