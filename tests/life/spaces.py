"""Small Spaces on loopback whose documents a test may change."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def endpoint(**parameters: object) -> dict[str, Any]:
    """An endpoint as `/info` has it: parameters by name, with their JSON schemas."""
    return {
        "parameters": [
            {"parameter_name": name, "label": name.title(), "type": schema}
            for name, schema in parameters.items()
        ],
        "returns": [{"label": "Answer", "type": {"type": "string"}}],
    }


def posted(endpoint: dict[str, Any]) -> dict[str, Any]:
    """The same endpoint as openapi.json has it, which leaves the types open here."""
    properties = {parameter["parameter_name"]: {} for parameter in endpoint["parameters"]}
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


@dataclass(kw_only=True)
class LocalSpace:
    """A server with the documents of a Space.

    Attributes:
        title: What the app calls itself.
        endpoints: What `/info` says; `None` breaks that document.
        is_up: Whether it answers with anything but 503.
        is_up: bool = True
    seen: list[str] = field(default_factory=list[str])
    waiting: Called before each answer with the path that is asked for.
    """

    title: str
    endpoints: dict[str, Any] | None = field(
        default_factory=lambda: {"/greet": endpoint(name={"type": "string"})}
    )
    is_up: bool = True
    seen: list[str] = field(default_factory=list[str])
    waiting: Callable[[str], None] = lambda path: None
    url: str = ""

    def document(self, path: str) -> object:
        """What it answers; `None` for a path that it does not have."""
        config: Mapping[str, object] = {
            "version": "6.31.0",
            "api_prefix": "/gradio_api",
            "protocol": "sse_v3",
            "title": self.title,
            "components": [],
            "dependencies": [],
        }
        info = {"named_endpoints": self.endpoints, "unnamed_endpoints": {}}
        openapi = {
            "openapi": "3.0.2",
            "info": {"title": self.title, "version": "6.31.0"},
            "paths": {
                f"/gradio_api/call/v2{name}": {"post": posted(one)}
                for name, one in (self.endpoints or {}).items()
            },
        }
        documents = {
            "/config": config,
            "/gradio_api/info": None if self.endpoints is None else info,
            "/gradio_api/openapi.json": openapi,
        }
        return documents.get(path)

    @contextmanager
    def running(self) -> Iterator[LocalSpace]:
        """Serve while the block runs, each time at the same address."""
        space = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                space.seen.append(str(self.headers))
                space.waiting(self.path)
                document = space.document(self.path)
                body = json.dumps(document or {"detail": "Not Found"}).encode()
                status = 200 if document else 404
                self.send_response(status if space.is_up else 503)
                self.send_header("content-length", str(len(body)))
                with suppress(ConnectionError):  # whoever asked may have given up
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        port = int(self.url.rpartition(":")[2] or 0)
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


StartSpace = Callable[[str], LocalSpace]
