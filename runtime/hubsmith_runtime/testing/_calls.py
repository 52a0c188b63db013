"""Calls: what takes them, and the event streams that answer them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ._book import AnswerBook, Script
from ._edits import edits_between
from ._http import EVENTS, Refusal, Reply, ServerRequest, event, json_body, json_reply
from ._jobs import Queue, QueueFull
from ._json import JsonObject, items, mapping
from ._snapshot import RecordedEndpoint, Snapshot

Notice: TypeAlias = Callable[[RecordedEndpoint, dict[str, Any], str, ServerRequest], None]
"""What is told of each call: the endpoint, its arguments by name, the session, the request."""
Query: TypeAlias = dict[str, list[str]]


@dataclass(slots=True, kw_only=True)
class Calls:
    """Takes calls in every way that Gradio knows."""

    snapshot: Snapshot
    book: AnswerBook
    queue: Queue
    notice: Notice

    def join(self, request: ServerRequest, query: Query) -> Reply:
        """Queue a call: `queue/join`."""
        body = json_body(request)
        session, number = body.get("session_hash"), body.get("fn_index")
        if not isinstance(session, str) or not session:
            raise Refusal(400, "Session hash not found.")
        if number is None:
            raise Refusal(400, "No function index provided.")
        endpoint = self.snapshot.endpoints.get(number) if isinstance(number, int) else None
        return self._begin(endpoint, body, request)

    def call(self, request: ServerRequest, query: Query, name: str) -> Reply:
        """Queue a call by the endpoint's name: `call/{name}`."""
        return self._begin(self.snapshot.find(name), json_body(request), request)

    def call_by_name(self, request: ServerRequest, query: Query, name: str) -> Reply:
        """Queue a call whose arguments have names: `call/v2/{name}`."""
        arguments, endpoint = json_body(request), self.snapshot.find(name)
        described = (
            {}
            if endpoint is None
            else {str(one.get("parameter_name")): one for one in endpoint.parameters}
        )
        given = {
            **{
                key: one.get("parameter_default")
                for key, one in described.items()
                if one.get("parameter_has_default") is True
            },
            **arguments,
        }
        if endpoint is None or given.keys() != described.keys():
            raise Refusal(500, "Internal Server Error")
        ordered = (given[key] for key in described)
        values = [next(ordered, None) if used else None for used in endpoint.live.inputs]
        return self._begin(endpoint, {"data": values}, request)

    def run(self, request: ServerRequest, query: Query, name: str) -> Reply:
        """Answer a call at once: `run/{name}`. Of partial results it gives the first."""
        body = json_body(request)
        number = body.get("fn_index")
        endpoint = self.snapshot.find(f"fn_index={number}" if isinstance(number, int) else name)
        _, script = self._ask(endpoint, body, request)
        # The queue keeps the time, and notices a caller who hangs up.
        event_id = self.queue.add("", script, is_pushed=True)
        for message in self.queue.of_event(event_id, request.is_gone):
            output = mapping(message.get("output"))
            if "error" in output:
                return json_reply({"error": output["error"]}, 500)
            if "data" in output:
                self.queue.drop(event_id)
                return json_reply(output)
        raise Refusal(500, "Internal Server Error")

    def events(self, request: ServerRequest, query: Query) -> Reply:
        """Stream what happens to the jobs of a session: `queue/data`."""
        session = query.get("session_hash", [""])[0]
        if not session:
            raise Refusal(422, [{"loc": ["query", "session_hash"], "msg": "It is required."}])
        return Reply(headers=EVENTS, body=self._session_stream(session, request))

    def result(self, request: ServerRequest, query: Query, name: str, event_id: str) -> Reply:
        """Stream what comes of one call: `call/{name}/{event_id}`."""
        return Reply(headers=EVENTS, body=self._event_stream(event_id, request))

    def _begin(
        self, endpoint: RecordedEndpoint | None, body: JsonObject, request: ServerRequest
    ) -> Reply:
        session, script = self._ask(endpoint, body, request)
        is_pushed = endpoint is not None and endpoint.is_pushed
        try:
            event_id = self.queue.add(session, script, is_pushed=is_pushed)
        except QueueFull:
            raise Refusal(503, "Queue is full.") from None
        return json_reply({"event_id": event_id})

    def _ask(
        self, endpoint: RecordedEndpoint | None, body: JsonObject, request: ServerRequest
    ) -> tuple[str, Script]:
        """Note a call, and return its session and what is to be said to it."""
        if not isinstance(body.get("data"), list):
            raise Refusal(422, [{"loc": ["body", "data"], "msg": "A list is required."}])
        if endpoint is None:
            raise Refusal(500, "Internal Server Error")
        values, session = items(body["data"]), body.get("session_hash")
        session = session if isinstance(session, str) else ""
        arguments = endpoint.arguments(values)
        self.notice(endpoint, arguments, session, request)
        if len(values) < (needed := len(endpoint.live.inputs)):
            return session, Script.failed(f"{endpoint} needs {needed} values, got {len(values)}.")
        script = self.book.next(endpoint, arguments)
        if script.answer.status is not None:
            raise Refusal(script.answer.status, script.answer.error or "Queue is full.")
        return session, script

    def _session_stream(self, session: str, request: ServerRequest) -> Iterator[bytes]:
        earlier: dict[str, list[Any]] = {}
        is_known = False
        for message in self.queue.of_session(session, request.is_gone):
            if message["msg"] == "process_generating" and self.snapshot.live.sends_diffs:
                values, event_id = message["output"]["data"], message["event_id"]
                if event_id in earlier:
                    edits = [*map(edits_between, earlier[event_id], values)]
                    message = {**message, "output": {**message["output"], "data": edits}}
                earlier[event_id] = values
            is_known = message["msg"] != "unexpected_error"
            yield event(message)
        if is_known and self.snapshot.live.announces_close:
            yield event({"msg": "close_stream", "event_id": None})

    def _event_stream(self, event_id: str, request: ServerRequest) -> Iterator[bytes]:
        for message in self.queue.of_event(event_id, request.is_gone):
            output = mapping(message.get("output"))
            match message["msg"]:
                case "process_completed" if not message["success"]:
                    # Earlier servers kept the reason to themselves.
                    version = re.findall(r"\d+", self.snapshot.live.version)[:2]
                    is_told = [int(digits) for digits in version] >= [6, 13]
                    yield event(output if is_told else None, "error")
                case "process_completed":
                    yield event(output.get("data"), "complete")
                case "process_generating" | "process_streaming":
                    yield event(output.get("data"), "generating")
                case "unexpected_error":
                    yield event(message["message"], "error")
                case "heartbeat":
                    yield event(None, "heartbeat")
                case _:
                    pass
