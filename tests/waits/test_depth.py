"""How many functions of ours lie between a call and httpx: few, so that a traceback can be read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import httpx
import pytest
from hubsmith import InferenceClient

from tests.support.generated_client import imported
from tests.waits.scripted_http import Loopback
from tests.waits.scripted_inference import ScriptedInference
from tests.waits.scripted_space import ScriptedSpace

MOST = 8
ROOT = Path(__file__).resolve().parents[2]
OURS = ("hubsmith_runtime", "hubsmith", "kitchen")


@pytest.fixture
def depths(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Give the functions of ours that were under way when httpx last sent a request, by path."""
    found: dict[str, list[str]] = {}
    send = httpx.HTTPTransport.handle_request

    def look(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        found[request.url.path] = [
            f"{frame.f_globals['__name__']}: {frame.f_code.co_name}"
            for frame in _frames(sys._getframe())
            if frame.f_globals.get("__name__", "").partition(".")[0] in OURS
        ][::-1]
        return send(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", look)
    return found


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def test_a_typed_call(space: ScriptedSpace, depths: dict[str, list[str]]) -> None:
    with (
        imported("kitchen", ROOT / "generated" / "spaces") as package,
        package.Kitchen(space.url) as kitchen,
    ):
        for _ in range(2):  # The first call also connects.
            assert kitchen.greet("Bob") == "Bob"
    for path in ("/gradio_api/queue/join", "/gradio_api/queue/data"):
        assert len(depths[path]) <= MOST, depths[path]


def test_a_streamed_chat(loopback: Loopback, depths: dict[str, list[str]]) -> None:
    server = ScriptedInference()
    loopback.start(server)
    with InferenceClient(server.url) as client:
        for _ in range(2):
            items = client.chat_completion([{"role": "user", "content": "hi"}], stream=True)
            assert [item.choices[0].delta.content for item in items] == ["Pa", "ris"]
    assert len(depths["/v1/chat/completions"]) <= MOST, depths["/v1/chat/completions"]
