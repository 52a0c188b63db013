"""Small servers on loopback, documents of small apps."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Routes = dict[str, Any]


@pytest.fixture
def corpus() -> Path:
    """The documents of real apps, which stand beside the repository."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real apps is not there")
    return folder


@pytest.fixture
def documents() -> dict[str, bytes]:
    """The documents of an app with the one endpoint `/greet`."""
    config = {
        "version": "6.31.0",
        "api_prefix": "/gradio_api",
        "protocol": "sse_v3",
        "title": "Greeter",
        "app_id": 4711,
        "root": "http://127.0.0.1:7860",
        "username": "bob",
        "components": [
            {"id": 1, "type": "textbox", "props": {"label": "Name", "value": "you", "css": "x"}},
            {"id": 2, "type": "textbox", "props": {"label": "Greeting", "value": "Hi you"}},
        ],
        "dependencies": [
            {"id": 0, "inputs": [1], "outputs": [2], "api_name": "greet", "js": "alert(1)"}
        ],
    }
    endpoint = {
        "parameters": [{"parameter_name": "name", "label": "Name", "type": {"type": "string"}}],
        "returns": [{"label": "Greeting", "type": {"type": "string"}}],
        "code_snippets": {"python": "..."},
    }
    info = {"named_endpoints": {"/greet": endpoint}, "unnamed_endpoints": {}}
    openapi = {
        "openapi": "3.0.2",
        "info": {"title": "Greeter", "description": "", "version": "6.31.0"},
        "paths": {"/gradio_api/call/v2/greet": {"post": {"requestBody": {"content": {}}}}},
        "components": {"schemas": {}},
    }
    contents = {"config": config, "info": info, "openapi": openapi}
    return {kind: json.dumps(document).encode() for kind, document in contents.items()}


@pytest.fixture
def serve() -> Iterator[Callable[[Routes], str]]:
    """Give `serve(routes) -> url`.

    A route is bytes (status 200), `(status, bytes)`, or a function of the request's handler. The
    server's `seen` headers are collected in `routes["seen"]`.
    """
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(routes: Routes) -> str:
        seen: list[tuple[str, dict[str, str]]] = routes.setdefault("seen", [])

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                route = routes.get(self.path, (404, b'{"detail":"Not Found"}'))
                if callable(route):
                    route(self)
                    return
                status, body = route if isinstance(route, tuple) else (200, route)
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def gradio_routes(documents: dict[str, bytes]) -> Routes:
    """What a Gradio server answers."""
    return {
        "/config": documents["config"],
        "/gradio_api/info": documents["info"],
        "/gradio_api/openapi.json": documents["openapi"],
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: dict[str, bytes]) -> Path:
    """A folder to work in, with a repository of its own and the snapshots `one` and `two`."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "info.json").write_bytes(documents["info"])
    monkeypatch.chdir(folder)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with what it holds, temporary ones included."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
