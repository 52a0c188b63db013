"""The routes of a Gradio server, implemented by a mock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import responses
from typing import Any
from urllib.parse import unquote

from .answers import Answer, Script
from .edits import edits_between
from .files import FileStore, files_of_form
from .jobs import Queue
from .json import JsonObject, items, mapping
from .server import HTTPError, Request, Response, event, event_stream, json_response
from .snapshot import RecordedEndpoint, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCall:
    """A call that a mock has received.

    Attributes:
        endpoint: The name of the endpoint, such as `/predict`, or `fn_index=N` if it has none.
        arguments: The arguments as JSON, by parameter name.
        session: The session of the call; empty if it has none.
        headers: The headers of the request, with names in lower case.
    """

    endpoint: str
    arguments: Mapping[str, Any]
    session: str
    headers: Mapping[str, str] = field(repr=False)


class Routes:
    """Dispatches requests by method and path."""

    def __init__(self, snapshot: Snapshot, files: FileStore, script: Script) -> None:
        self.queue = Queue()
        self.calls: list[ReceivedCall] = []
        self._snapshot = snapshot
        self._files = files
        self._script = script
        api = re.escape(snapshot.live.prefix)
        self._routes: dict[tuple[str, str], Callable[..., Response | Iterator[bytes]]] = {
            ("GET", "/config"): self._config,
            ("GET", rf"{api}/(info|openapi\.json)/?"): self._document,
            ("POST", rf"{api}/queue/join/?"): self._join,
            ("GET", rf"{api}/queue/data"): self._session_events,
            ("POST", rf"{api}/call/([^/]+)/?"): self._call,
            ("POST", rf"{api}/call/v2/([^/]+)/?"): self._call_by_name,
            ("GET", rf"{api}/call/(?:v2/)?[^/]+/([^/]+)"): self._call_events,
            ("POST", rf"{api}/(?:run|api)/([^/]+)/?"): self._run,
            ("POST", rf"{api}/(?:cancel|reset)/?"): self._cancel,
            ("GET", rf"{api}/heartbeat/[^/]+"): self._heartbeats,
            ("POST", rf"{api}/upload/?"): self._upload,
            ("GET", rf"{api}/file[=/](.+)"): self._file,
        }

    def __call__(self, request: Request) -> Response:
        """Answer a request, or raise the HTTPError to answer with."""
        method = "GET" if request.command == "HEAD" else request.command
        is_known = False
        for (allowed, path), respond in self._routes.items():
            if match := re.fullmatch(path, request.route):
                is_known = True
                if allowed == method:
                    response = respond(request, *map(unquote, match.groups()))
                    return response if isinstance(response, Response) else event_stream(response)
        raise HTTPError(405, "Method Not Allowed") if is_known else HTTPError(404, "Not Found")

    def _config(self, request: Request) -> Response:
        # Snapshots leave `enable_queue` out; without it, @gradio/client streams nothing.
        config = {"enable_queue": True, **self._snapshot.config, "root": request.root}
        return json_response(config)

    def _document(self, request: Request, kind: str) -> Response:
        content = self._snapshot.documents.get(kind.removesuffix(".json"))
        if content is None:  # Failed on the Space, or its Gradio is too old.
            raise HTTPError(500 if kind == "info" else 404, f"There is no {kind}.")
        return Response(headers={"content-type": "application/json"}, chunks=[content])

    def _endpoint(self, name: str) -> RecordedEndpoint:
        endpoint = self._snapshot.find(name)
        if endpoint is None:  # As a Space answers an unknown name.
            raise HTTPError(500, "Internal Server Error")
        return endpoint

    def _join(self, request: Request) -> Response:
        body = request.json()
        session, number = body.get("session_hash"), body.get("fn_index")
        if not isinstance(session, str) or not session:
            raise HTTPError(400, "Session hash not found.")
        if number is None:
            raise HTTPError(400, "No function index provided.")
        endpoint = self._endpoint(f"fn_index={number}" if isinstance(number, int) else "")
        return self._enqueue(endpoint, body, request)

    def _call(self, request: Request, name: str) -> Response:
        return self._enqueue(self._endpoint(name), request.json(), request)

    def _call_by_name(self, request: Request, name: str) -> Response:
        endpoint, arguments = self._endpoint(name), request.json()
        names = [str(one.get("parameter_name")) for one in endpoint.parameters]
        for key, parameter in zip(names, endpoint.parameters, strict=True):
            if parameter.get("parameter_has_default") is True:
                arguments.setdefault(key, parameter.get("parameter_default"))
        if arguments.keys() != set(names):
            raise HTTPError(500, "Internal Server Error")
        values = iter([arguments[key] for key in names])
        slots = [next(values, None) if is_given else None for is_given in endpoint.live.inputs]
        return self._enqueue(endpoint, {"data": slots}, request)

    def _enqueue(self, endpoint: RecordedEndpoint, body: JsonObject, request: Request) -> Response:
        session, answer = self._receive(endpoint, body, request)
        event_id = self.queue.add(session, answer, is_pushed=endpoint.is_pushed)
        return json_response({"event_id": event_id})

    def _receive(
        self, endpoint: RecordedEndpoint, body: JsonObject, request: Request
    ) -> tuple[str, Answer]:
        """Record a call, and return its session and the answer to it."""
        if not isinstance(body.get("data"), list):
            raise HTTPError(422, [{"loc": ["body", "data"], "msg": "A list is required."}])
        values, session = items(body["data"]), body.get("session_hash")
        call = ReceivedCall(
            endpoint=str(endpoint),
            arguments=endpoint.arguments(values),
            session=session if isinstance(session, str) else "",
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        self.calls.append(call)
        if len(values) < (count := len(endpoint.live.inputs)):
            answer = Answer(error=f"{endpoint} needs {count} values, got {len(values)}.")
        else:
            answer = self._script.next(endpoint, call.arguments)
        if answer.status is not None:
            reason = "Queue is full." if answer.status == 503 else responses.get(answer.status)
            raise HTTPError(answer.status, answer.error or reason or "Error")
        return call.session, answer

    def _run(self, request: Request, name: str) -> Response:
        """Answer a call without the queue, with the first partial result of a stream."""
        _, answer = self._receive(self._endpoint(name), request.json(), request)
        # Use the queue internally for delays, and to notice a disconnected caller.
        event_id = self.queue.add("", answer, is_pushed=True)
        for message in self.queue.messages(event_id, request.is_disconnected):
            output = mapping(message.get("output"))
            if "error" in output:
                return json_response({"error": output["error"]}, 500)
            if "data" in output:
                self.queue.drop(event_id)
                return json_response(output)
        raise HTTPError(500, "Internal Server Error")

    def _session_events(self, request: Request) -> Iterator[bytes]:
        session = request.query.get("session_hash", "")
        live, earlier = self._snapshot.live, dict[str, list[Any]]()
        for message in self.queue.messages(session, request.is_disconnected):
            if message["msg"] == "process_generating" and live.sends_diffs:
                values, event_id = message["output"]["data"], message["event_id"]
                if event_id in earlier:
                    edits = [*map(edits_between, earlier[event_id], values)]
                    message = {**message, "output": {**message["output"], "data": edits}}
                earlier[event_id] = values
            if message["msg"] != "close_stream" or live.announces_close:
                yield event(message)

    def _call_events(self, request: Request, event_id: str) -> Iterator[bytes]:
        for message in self.queue.messages(event_id, request.is_disconnected):
            output = mapping(message.get("output"))
            match message["msg"]:
                case "process_completed" if not message["success"]:
                    yield event(output, "error")
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

    def _cancel(self, request: Request) -> Response:
        self.queue.cancel(str(request.json().get("event_id")))
        return json_response({"success": True})

    def _heartbeats(self, request: Request) -> Iterator[bytes]:
        return self.queue.heartbeats()

    def _upload(self, request: Request) -> Response:
        limit = self._snapshot.live.max_file_size
        try:
            sent = files_of_form(request.headers.get("content-type", ""), request.body)
        except ValueError as error:
            raise HTTPError(400, str(error)) from None
        if limit is not None and any(len(content) > limit for _, content in sent):
            raise HTTPError(413, f"The file is larger than {limit} bytes.")
        return json_response([self._files.add(content, name) for name, content in sent])

    def _file(self, request: Request, path: str) -> Response:
        content = self._files.contents.get(path)
        if content is None:
            raise HTTPError(403, f"File not allowed: {path}.")
        kind = self._files.reference(path)["mime_type"]
        # Uploaded files must not run as web pages.
        safe = {"x-content-type-options": "nosniff", "content-disposition": "attachment"}
        return Response(headers={"content-type": kind, **safe}, chunks=[content])
