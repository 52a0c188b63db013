"""A task that is cancelled while it waits for a model returns at once, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AsyncInferenceClient

from tests.waits.scripted_http import Answer, Fault, Loopback, endless, stream
from tests.waits.scripted_inference import ScriptedInference, chunk

CHAT, MEDIA = "/v1/chat/completions", "/media/org/paint"
MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]
GIF = {"content-type": "image/gif"}
Call = Callable[[Any], Awaitable[Any]]


@pytest.fixture
def server(tokenless: pytest.MonkeyPatch) -> Iterator[ScriptedInference]:
    """Give the Hub, its router and a model server in one."""
    server = ScriptedInference()
    with Loopback().running() as loopback:
        loopback.start(server)
        tokenless.setenv("HF_ENDPOINT", server.url)
        tokenless.setenv("HUBSMITH_ROUTER", server.url)
        yield server


async def chat(client: Any) -> Any:
    return await client.chat_completion(MESSAGES)


async def stream_of_chat(client: Any) -> Any:
    async with await client.chat_completion(MESSAGES, stream=True) as chunks:
        return [chunk async for chunk in chunks]


async def opened(client: Any) -> Any:
    return await client.chat_completion(MESSAGES, stream=True)


async def paint(client: Any) -> Any:
    return await client.with_raw_response.text_to_image("a cat")


async def send_file(client: Any) -> Any:
    return await client.image_classification(f"{client.model}/picture.gif")


PARTS = Answer(steps=[b"GIF89a", 60.0, b"rest"], headers=GIF)
LOADING = Answer({"error": "tiny is loading", "estimated_time": 60.0}, 503)
PROVIDER = {"provider": "replicate", "token": "hf_1", "model": "org/paint"}
CASES: dict[str, tuple[Call, str, Any, dict[str, Any]]] = {
    "an answer that does not come": (chat, CHAT, Fault.SILENT, {}),
    "an answer that stops": (chat, CHAT, Fault.SILENT_BODY, {}),
    "a model that loads": (chat, CHAT, LOADING, {}),
    "another attempt": (chat, CHAT, Answer({}, 429, {"retry-after": "7"}), {}),
    "the name of the model": (chat, "/v1/models", Fault.SILENT, {}),
    "a stream that does not begin": (opened, CHAT, Fault.SILENT, {}),
    "a stream that stops": (stream_of_chat, CHAT, stream(chunk("Pa"), 60.0), {}),
    "a stream of comments": (stream_of_chat, CHAT, endless(b": ping\n\n", 0.01), {}),
    "a lookup": (paint, "/api/models/org/paint", Fault.SILENT, PROVIDER),
    "a job": (paint, "/replicate/v1/jobs/org/paint", Answer({"status": "processing"}), PROVIDER),
    "media that do not come": (paint, MEDIA, Fault.SILENT, PROVIDER),
    "media that stop": (paint, MEDIA, PARTS, PROVIDER),
    "a file to send": (send_file, "/picture.gif", PARTS, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_left_of_a_cancelled_call(
    server: ScriptedInference, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, path, plan, options = CASES[case]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server.plan(path, plan)

    async def main() -> None:
        async with AsyncInferenceClient(**(options or {"model": server.url})) as client:
            before = asyncio.all_tasks()
            task = asyncio.ensure_future(call(client))
            while not server.asked[path]:
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)  # What comes of the answer has come.
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 0.5
            assert asyncio.all_tasks() == before
            asked = server.asked.total()
            await asyncio.sleep(0.05)
            assert server.asked.total() == asked  # Nobody asks on.
            server._plans.clear()  # pyright: ignore[reportPrivateUsage]
            server.plan("/picture.gif", Answer(b"GIF89a", headers=GIF))
            server.plan("/", Answer([{"label": "cat", "score": 1.0}]))
            assert await call(client)  # The client works on.
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    until = time.monotonic() + 5
    while server.connections and time.monotonic() < until:
        time.sleep(0.005)
    assert not server.connections
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("case", ["an answer that does not come", "a stream that stops"])
def test_the_connection_of_a_cancelled_call_is_closed_at_once(
    server: ScriptedInference, case: str
) -> None:
    call, path, plan, _ = CASES[case]
    server.plan(path, plan)

    async def main() -> None:
        async with AsyncInferenceClient(server.url, headers={"connection": "close"}) as client:
            task = asyncio.ensure_future(call(client))
            while not server.asked[path]:
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)
            assert len(server.connections) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.1)
            assert not server.connections

    asyncio.run(main())
