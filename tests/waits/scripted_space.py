"""A Gradio Space whose jobs and answers a test scripts."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from tests.waits.scripted_http import Answer, Asked, Fault, ScriptedServer, Step, sse, stream

Message = dict[str, Any]
Script = Iterable["Message | float | Fault"]
"""What happens to a job: messages, seconds to wait, or `Fault.RESET`: its stream breaks."""

ENDPOINTS = {
    "/echo": ("text", "times"),
    "/greet": ("name", "intensity", "style"),
    "/tokens": ("count",),
    "/upper_file": ("file",),
}


def started() -> Message:
    return {"msg": "process_starts", "eta": None}


def heartbeat() -> Message:
    return {"msg": "heartbeat", "event_id": None}


def log(words: str) -> Message:
    return {"msg": "log", "log": words, "level": "info"}


def partial(value: Any) -> Message:
    return {"msg": "process_generating", "output": {"data": [value]}, "success": True}


def completed(value: Any) -> Message:
    return {"msg": "process_completed", "output": {"data": [value]}, "success": True}


def failed(words: str) -> Message:
    return {"msg": "process_completed", "output": {"error": words}, "success": False}


def echoed(data: list[Any]) -> Script:
    """Return the first argument, as every endpoint does unless a test says otherwise."""
    return [completed(data[0])]


class ScriptedSpace(ScriptedServer):
    """Keeps sessions as Gradio 6 does: a session has one stream, and its end is that of its jobs.

    Attributes:
        script: Gives what happens to a job, by its arguments.
        prefix: Where the API is.
        ended: The sessions that clients said are over.
    """

    def __init__(self, script: Callable[[list[Any]], Script] = echoed) -> None:
        super().__init__()
        self.script = script
        self.prefix = "/gradio_api"
        self.ended: list[str] = []
        self._numbers = itertools.count()
        self._sessions: dict[str, _Session] = {}

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/config":
            return Answer(self.config())
        if asked.path == "/login":
            return Answer({"success": True})
        if not asked.path.startswith(self.prefix):
            return super().answer(asked)
        match asked.path.removeprefix(self.prefix).replace("=", "/").split("/")[1:]:
            case ["info"]:
                return Answer({"named_endpoints": _described(), "unnamed_endpoints": {}})
            case ["upload"]:
                return Answer(["/server/file"])
            case ["queue", "join"]:
                return self._join(asked.json())
            case ["queue", "data"]:
                return Answer(steps=self._events(asked.query["session_hash"][0]))
            case ["cancel"]:
                return self._cancel(asked.json())
            case ["file", *_]:
                return Answer(b"content", headers={"content-type": "text/plain"})
            case ["heartbeat", session]:
                self.ended.append(session)
                return stream(b"data: ALIVE\n\n")
            case _:
                return super().answer(asked)

    def forget(self) -> None:
        """Forget the sessions that no client comes back to, and end their jobs."""
        sessions, self._sessions = self._sessions, {}
        for job in [job for session in sessions.values() for job in session.jobs.values()]:
            job.get_loop().call_soon_threadsafe(job.cancel)

    def config(self) -> dict[str, Any]:
        """Return the document that says what the Space is."""
        ids, functions = itertools.count(), list[dict[str, Any]]()
        for number, (name, parameters) in enumerate(ENDPOINTS.items()):
            inputs, outputs = [next(ids) for _ in parameters], [next(ids)]
            about = {"id": number, "api_name": name[1:], "inputs": inputs, "outputs": outputs}
            functions.append(about)
        return {
            "version": "6.31.0", "protocol": "sse_v3", "api_prefix": self.prefix,
            "connect_heartbeat": True, "dependencies": functions,
            "components": [{"id": n, "type": "json", "skip_api": False} for n in range(next(ids))],
        }  # fmt: skip

    def _join(self, job: dict[str, Any]) -> Answer:
        event_id = f"job-{next(self._numbers)}"
        session = self._sessions.setdefault(job["session_hash"], _Session())
        running = session.run(event_id, self.script(job["data"]))
        session.jobs[event_id] = asyncio.get_running_loop().create_task(running)
        return Answer({"event_id": event_id})

    def _cancel(self, job: dict[str, Any]) -> Answer:
        session, event_id = self._sessions.get(job["session_hash"]), job["event_id"]
        if session is not None and event_id in session.jobs:
            session.jobs[event_id].cancel()
            end = {"msg": "process_completed", "output": {}, "success": True}
            session.outbox.put_nowait({**end, "event_id": event_id})
        return Answer({"success": True})

    async def _events(self, name: str) -> AsyncGenerator[Step, None]:
        session = self._sessions.get(name)
        if session is None:
            lost = {"message": "404: Session not found", "session_not_found": True}
            yield sse({"msg": "unexpected_error", "event_id": None, "success": False, **lost})
            return
        last: Step = sse({"msg": "close_stream", "event_id": None})
        try:
            while session.jobs:
                message = await session.outbox.get()
                if isinstance(message, Fault):
                    last = message
                    break
                yield sse(message)
                if message["msg"] == "process_completed":
                    session.jobs.pop(message["event_id"], None)
        finally:
            for task in session.jobs.values():
                task.cancel()
            self._sessions.pop(name, None)
        yield last


class _Session:
    def __init__(self) -> None:
        self.jobs: dict[str, asyncio.Task[None]] = {}
        self.outbox: asyncio.Queue[Message | Fault] = asyncio.Queue()

    async def run(self, event_id: str, script: Script) -> None:
        has_partial = False
        for step in script:
            if isinstance(step, float):
                await asyncio.sleep(step)
            elif isinstance(step, Fault):
                self.outbox.put_nowait(step)
            else:
                message = {"event_id": event_id, **step}
                if step["msg"] == "process_generating":
                    if has_partial:  # Later ones come as edits.
                        edits = [[["replace", [], value]] for value in step["output"]["data"]]
                        message["output"] = {"data": edits}
                    has_partial = True
                self.outbox.put_nowait(message)


def _described() -> dict[str, Any]:
    return {
        name: {
            "parameters": [
                {"parameter_name": parameter, "parameter_has_default": parameter == "times"}
                for parameter in parameters
            ],
            "returns": [{"label": "value"}],
        }
        for name, parameters in ENDPOINTS.items()
    }
