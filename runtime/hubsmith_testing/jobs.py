"""The queue of a mock: jobs with messages that become due over time. Jobs have no threads."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .answers import Answer
from .json import JsonObject

_HEARTBEAT = 15.0
_POLL = 0.25  # Seconds until a disconnected caller is noticed.


@dataclass(slots=True, kw_only=True)
class Job:
    """A job and its remaining messages, each with the time at which it is due."""

    event_id: str
    session: str
    messages: deque[tuple[float, JsonObject]]


class Queue:
    """The jobs of all sessions. A `key` is a session or the event id of a job."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def add(self, session: str, answer: Answer, *, is_pushed: bool) -> str:
        """Add a job, and return its event id. `session` is empty if the call has none."""
        event_id = secrets.token_hex(16)
        messages = deque(timeline(event_id, answer, is_pushed))
        with self._changed:
            self._jobs[event_id] = Job(event_id=event_id, session=session, messages=messages)
            self._changed.notify_all()
        return event_id

    def cancel(self, event_id: str) -> None:
        """Cancel a job. Ignore one that is unknown or done, as a Space does."""
        # The caller gets a regular end without a result.
        end: JsonObject = {"msg": "process_completed", "output": {}, "success": True}
        with self._changed:
            if job := self._jobs.get(event_id):
                job.messages = deque([(0.0, {**end, "event_id": event_id})])
                self._changed.notify_all()

    def drop(self, key: str) -> None:
        """Remove jobs."""
        with self._changed:
            for job in self._jobs_of(key):
                del self._jobs[job.event_id]

    def close(self) -> None:
        """End every stream."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def heartbeats(self) -> Iterator[bytes]:
        """Yield an event every 15 seconds until the queue is closed."""
        while not self._is_closed:
            yield b"data: ALIVE\n\n"
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed, _HEARTBEAT)

    def messages(self, key: str, is_disconnected: Callable[[], bool]) -> Iterator[JsonObject]:
        """Yield the messages of jobs until none is left, or the caller disconnects."""
        heartbeat = time.monotonic() + _HEARTBEAT
        error = {"msg": "unexpected_error", "event_id": None, "success": False}
        end: JsonObject = {**error, "message": "404: Not Found", "session_not_found": True}
        while True:
            with self._changed:
                jobs = self._jobs_of(key)
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
                elif is_disconnected():
                    self.drop(key)  # A Space ends the jobs of a session if its stream is closed.
                    return
                else:
                    self._changed.wait(min(due - now, heartbeat - now, _POLL))
                    continue
            end = {"msg": "close_stream", "event_id": None}
            yield message
        if self._is_closed:
            end = {**error, "message": "Server stopped unexpectedly.", "session_not_found": False}
        yield end

    def _jobs_of(self, key: str) -> list[Job]:
        return [job for job in self._jobs.values() if key in (job.session, job.event_id)]


def timeline(event_id: str, answer: Answer, is_pushed: bool) -> Iterator[tuple[float, JsonObject]]:
    """Yield the messages of a job, each with the time at which it is due; values are complete."""
    due = time.monotonic()

    def message(kind: str, **entries: object) -> tuple[float, JsonObject]:
        return due, {"msg": kind, "event_id": event_id, **entries}

    def output(values: list[object], is_generating: bool) -> JsonObject:
        times = {"duration": 0.0, "average_duration": 0.0}
        return {"data": values, "is_generating": is_generating, **times}

    yield message("estimation", rank=0, queue_size=1, rank_eta=None)
    yield message("process_starts", eta=None)
    for text in answer.logs:
        yield message("log", log=text, level="info", duration=10, visible=True, title="Info")
    for share in answer.progress:
        due += answer.delay
        unit = {"index": None, "length": None, "unit": "steps", "progress": share, "desc": None}
        yield message("progress", progress_data=[unit])
    for values in answer.stream:
        due += answer.delay
        kind = "process_streaming" if is_pushed else "process_generating"
        yield message(kind, output=output(values, True), success=True, time_limit=None)
    due += answer.delay
    if answer.error is None:
        result = output(answer.value, False)
        yield message("process_completed", output=result, success=True, title=None)
    else:
        error = {"error": answer.error, "duration": 10, "visible": True, "title": answer.title}
        yield message("process_completed", output=error, success=False, title=answer.title)
