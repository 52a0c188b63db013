"""A page without a browser: it speaks to its server as the JavaScript of Gradio's page does."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
from hubsmith_runtime.sse import EventDecoder


class ScriptedPage:
    """One visit of a page.

    Args:
        url: Where it was opened.
        headers: Further headers of every request.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self.client = httpx.Client(base_url=url, headers=headers, timeout=20, trust_env=False)
        self.session_hash = secrets.token_hex(6)
        self.config: dict[str, Any] = {}

    def __enter__(self) -> ScriptedPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def open(self) -> None:
        """Read what the app is made of."""
        self.config = self.client.get("config").raise_for_status().json()

    def log_in(self, name: str, password: str) -> None:
        self.client.post("login", data={"username": name, "password": password}).raise_for_status()

    def post(self, path: str, **content: Any) -> httpx.Response:
        return self.client.post(f"{self.config['api_prefix'].lstrip('/')}/{path}", **content)

    def dependency(self, api_name: str | bool, place: int = 0) -> dict[str, Any]:
        """Find an event by its name, or of those without one by its place."""
        named = [one for one in self.config["dependencies"] if one["api_name"] == api_name]
        return named[place]

    def join(self, fn_index: int, data: list[Any], **more: Any) -> str:
        """Send a call; return its event id."""
        body = {"fn_index": fn_index, "data": data, "session_hash": self.session_hash, **more}
        return self.post("queue/join", json=body).raise_for_status().json()["event_id"]

    def events(self) -> Iterator[dict[str, Any]]:
        """Open the stream of events, and iterate over them."""
        decoder = EventDecoder()
        path = f"{self.config['api_prefix'].lstrip('/')}/queue/data"
        with self.client.stream("GET", path, params={"session_hash": self.session_hash}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for piece in answer.iter_bytes():
                yield from map(json.loads, decoder.feed(piece))

    def call(self, api_name: str | bool, *data: Any, place: int = 0, **more: Any) -> dict[str, Any]:
        """Call an event through the queue; return the message that ends it."""
        event_id = self.join(self.dependency(api_name, place)["id"], [*data], **more)
        for message in self.events():
            if message["msg"] == "process_completed" and message["event_id"] == event_id:
                return message
        raise AssertionError("the stream ended before the call")

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file; return where the server put it."""
        answer = self.post("upload", files={"files": (name, content, "text/plain")})
        return answer.raise_for_status().json()[0]


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread
