"""The routes of a Gradio server, answered by a mock."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import parse_qs, unquote

from ._calls import Calls
from ._files import FileStore, StoreFull
from ._http import EVENTS, Refusal, Reply, ServerRequest, json_body, json_reply
from ._multipart import BadForm, read_form
from ._snapshot import Snapshot

_Handle: TypeAlias = Callable[..., Reply]

_TEXT = {"content-type": "text/plain; charset=utf-8"}
_NOT_FOUND = json_reply({"detail": "Not Found"}, 404)
_SUCCESS = json_reply({"success": True})
_SMALL = {
    "app_id": {"app_id": 1},
    "queue/status": {"msg": "estimation", "rank": None, "queue_size": 0, "rank_eta": None},
    "startup-events": True,
}


class Routes:
    """Finds what a request asks for, and answers."""

    def __init__(self, snapshot: Snapshot, files: FileStore, calls: Calls) -> None:
        self.root = ""  # The address of the mock, once it has one.
        self._snapshot = snapshot
        self._files = files
        self._calls = calls
        routes: tuple[tuple[str, str, _Handle], ...] = (
            ("GET", r"/(info|openapi\.json)/?", self._document),
            ("POST", r"/queue/join/?", calls.join),
            ("GET", r"/queue/data", calls.events),
            ("POST", r"/call/([^/]+)/?", calls.call),
            ("POST", r"/call/v2/([^/]+)/?", calls.call_by_name),
            ("GET", r"/call/(?:v2/)?([^/]+)/([^/]+)", calls.result),
            ("POST", r"/(?:run|api)/([^/]+)/?", calls.run),
            ("POST", r"/cancel/?", self._cancel),
            ("POST", r"/reset/?", self._reset),
            ("GET", r"/heartbeat/([^/]+)", self._heartbeat),
            ("POST", r"/upload/?", self._upload),
            ("GET", r"/file[=/](.+)", self._file),
            ("GET", r"/(app_id|queue/status|startup-events)", self._small),
        )
        self._routes = [(verb, re.compile(path), handle) for verb, path, handle in routes]

    def __call__(self, request: ServerRequest) -> Reply:
        """Answer a request."""
        path, _, query = request.path.partition("?")
        prefix = self._snapshot.live.prefix
        if path in ("/", "/config"):
            return self._page(path)
        if not path.startswith(f"{prefix}/"):
            return _NOT_FOUND
        method = "GET" if request.method == "HEAD" else request.method
        is_known = False
        for verb, pattern, handle in self._routes:
            if match := pattern.fullmatch(path, len(prefix)):
                is_known = True
                if verb == method:
                    words = [unquote(word) for word in match.groups()]
                    try:
                        return handle(request, parse_qs(query), *words)
                    except Refusal as refusal:
                        return refusal.reply
        return json_reply({"detail": "Method Not Allowed"}, 405) if is_known else _NOT_FOUND

    def _page(self, path: str) -> Reply:
        if path == "/config":
            return json_reply({**self._snapshot.config, "root": self.root})
        text = f"A mock of a Gradio {self._snapshot.live.version} Space.\n"
        return Reply(headers=_TEXT, body=text.encode())

    def _document(self, request: ServerRequest, query: object, kind: str) -> Reply:
        content = self._snapshot.documents.get(kind.removesuffix(".json"))
        if content is None:
            # The Space could not write it, or was too old to have it.
            return Reply(status=500 if kind == "info" else 404, body=b"Internal Server Error")
        return Reply(headers={"content-type": "application/json"}, body=content)

    def _cancel(self, request: ServerRequest, query: object) -> Reply:
        self._calls.queue.cancel(str(json_body(request).get("event_id")))
        return _SUCCESS

    def _reset(self, request: ServerRequest, query: object) -> Reply:
        json_body(request)
        return _SUCCESS

    def _heartbeat(self, request: ServerRequest, query: object, session: str) -> Reply:
        beats = self._calls.queue.pause(request.is_gone)
        return Reply(headers=EVENTS, body=(b"data: ALIVE\n\n" for _ in beats))

    def _upload(self, request: ServerRequest, query: object) -> Reply:
        limit = self._snapshot.live.max_file_size
        try:
            parts = list(read_form(request.headers.get("content-type", ""), request.body))
            sent = [part for part in parts if part.field == "files"]
            if limit is not None and any(len(part.content) > limit for part in sent):
                text = f"The file is larger than {limit} bytes."
                return Reply(status=413, headers=_TEXT, body=text.encode())
            stored = [self._files.add(part.content, part.name, part.mime_type) for part in sent]
        except BadForm as error:
            raise Refusal(400, str(error)) from None
        except StoreFull:
            raise Refusal(413, "The mock holds too many files.") from None
        return json_reply([file.path for file in stored])

    def _file(self, request: ServerRequest, query: object, path: str) -> Reply:
        file = self._files.get(path)
        if file is None:
            raise Refusal(403, f"File not allowed: {path}.")
        headers = {"content-type": file.mime_type, "x-content-type-options": "nosniff"}
        # What a caller sent must not run as a page.
        return Reply(headers={**headers, "content-disposition": "attachment"}, body=file.content)

    def _small(self, request: ServerRequest, query: object, name: str) -> Reply:
        return json_reply(_SMALL[name])
