"""Hosts of the internet, all played by one server on loopback.

Clients under test send their requests to the real addresses; below httpx, each connection goes to
the local server instead, which tells the hosts apart by the `Host` header.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.support.fake_hub import FakeHub
from tests.support.recorder import Answer, Recorder, Seen


def picture(color: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, format="PNG")
    return buffer.getvalue()


class Internet(Recorder):
    """The Hub, and what `answer_of_host` says of everybody else."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = FakeHub()

    def answer(self, seen: Seen) -> Answer:
        host = seen.headers["host"]
        return self.hub.hear(seen) if host == "huggingface.co" else self.answer_of_host(host, seen)

    def answer_of_host(self, host: str, seen: Seen) -> Answer:
        return 404, {}, {"error": f"no such host: {host}"}

    @contextmanager
    def running(self) -> Iterator[None]:
        with self.hub.running(), super().running():
            yield

    def to(self, host: str) -> list[Seen]:
        """Return what was sent to a host."""
        return [seen for seen in self.seen if seen.headers["host"] == host]


@contextmanager
def instead_of_the_internet(
    monkeypatch: pytest.MonkeyPatch, server: Recorder, *, spared: str = ""
) -> Iterator[None]:
    """Let every httpx client talk to a local server, which tells hosts apart by their header.

    Requests to the host that is `spared` go there.
    """
    port = server.server_address[1]

    def redirected(request: httpx.Request) -> None:
        if request.url.host == spared:
            return
        request.headers["host"] = request.url.host
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)

    sync, asynchronous = httpx.HTTPTransport, httpx.AsyncHTTPTransport
    handle, ahandle = sync.handle_request, asynchronous.handle_async_request

    def handle_request(self: Any, request: httpx.Request) -> httpx.Response:
        redirected(request)
        return handle(self, request)

    async def handle_async_request(self: Any, request: httpx.Request) -> httpx.Response:
        redirected(request)
        return await ahandle(self, request)

    monkeypatch.setattr(sync, "handle_request", handle_request)
    monkeypatch.setattr(asynchronous, "handle_async_request", handle_async_request)
    with server.running():
        yield
