"""An HTTP server on loopback that notes what it is asked, and gives the answers it was given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], Any]
"""Status, headers, and a body: bytes, or what becomes JSON."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]  # By lower-case name.
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Recorder(ThreadingHTTPServer):
    """Notes every request, and asks `answer` what to say."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.seen: list[Seen] = []
        self.planned: dict[str, list[Answer]] = {}
        self.lock = threading.Lock()

    def plan(self, path: str, *answers: Answer) -> None:
        """Answer the next requests for a path like this, before the usual answers."""
        self.planned.setdefault(path, []).extend(answers)

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def requests(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def hear(self, seen: Seen) -> Answer:
        with self.lock:
            self.seen.append(seen)
            if planned := self.planned.get(seen.path):
                return planned.pop(0)
        return self.answer(seen)

    def answer(self, seen: Seen) -> Answer:
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("transfer-encoding") == "chunked":
            body = b"".join(self._chunks())
        seen = Seen(
            method=self.command, path=parts.path, query=parse_qs(parts.query),
            headers=headers, body=body,
        )  # fmt: skip
        status, extra, content = self.server.hear(seen)
        if status == 0:  # Breaks the connection instead of answering.
            self.close_connection = True
            return
        if not isinstance(content, bytes):
            content, extra = (
                json.dumps(content).encode(),
                {"content-type": "application/json"} | extra,
            )
        self.send_response(status)
        for name, value in {**extra, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_HEAD = do_OPTIONS = handle_any  # names that http.server looks for

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, *_: object) -> None:
        pass
