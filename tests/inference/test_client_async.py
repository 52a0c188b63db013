"""The same client for asyncio: it blocks nothing, and what is cancelled stops."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hubsmith._async_client import AsyncInferenceClient
from hubsmith_runtime import HubsmithError, InferenceTimeoutError

from tests.support.fake_hub import FakeHub
from tests.support.fake_inference import (
    LABELS,
    FakeChatServer,
    FakeRouter,
    chunks,
    trickle,
)

MESSAGES = [{"role": "user", "content": "Where is the Louvre?"}]


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 30))


def test_calls_streams_and_raw_answers(
    hub: FakeHub, router: FakeRouter, chat_server: FakeChatServer, tmp_path: Path
) -> None:
    hub.add_model("a/b", {}, tag="image-classification")
    (tmp_path / "cat.jpg").write_bytes(b"\xff\xd8\xffcat")
    router.plan("/hf-inference/models/a/b", (200, {}, LABELS))

    async def main() -> None:
        async with AsyncInferenceClient("a/b", provider="hf-inference") as client:
            labels = await client.image_classification(tmp_path / "cat.jpg")
            assert labels[0].label == "POSITIVE"
            answer = await client.post(data=tmp_path / "cat.jpg")
            assert answer.json() == [LABELS]
        async with AsyncInferenceClient(chat_server.url) as client:
            assert (await client.chat_completion(MESSAGES)).model == "tiny"
            stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
            words = [chunk.choices[0].delta.content async for chunk in stream]
            assert words == ["Pa", "ris", "."]
            raw = await client.with_raw_response.chat_completion(MESSAGES)
            assert raw.parse().model == "tiny"
            assert raw.headers["x-request-id"] == "request-1"
            assert await client.health_check()
            assert await client.get_endpoint_info() == {"model_id": "/info"}

    run(main())
    assert [seen.body for seen in router.seen] == [b"\xff\xd8\xffcat"] * 2
    assert {seen.headers["content-type"] for seen in router.seen} == {"image/jpeg"}


def test_a_closed_client_is_closed(chat_server: FakeChatServer) -> None:
    async def main() -> None:
        client = AsyncInferenceClient(chat_server.url)
        await client.health_check()
        await client.close()
        with pytest.raises(HubsmithError, match="closed"):
            await client.health_check()

    run(main())


def test_a_stream_outlives_the_variable_of_its_client(chat_server: FakeChatServer) -> None:
    async def begin() -> tuple[Any, Any]:
        client = AsyncInferenceClient(chat_server.url)
        return await client.chat_completion(MESSAGES, stream=True), client._driver

    async def main() -> None:
        stream, driver = await begin()
        gc.collect()
        assert [chunk.choices[0].delta.content async for chunk in stream] == ["Pa", "ris", "."]
        await driver.close()

    run(main())


def test_every_timeout_is_the_same_error() -> None:
    first = chunks("Pa", "ris").partition(b"\n\n")[0] + b"\n\n"
    dripping = [part for _ in range(100) for part in (b" ", 0.05)]

    async def main() -> None:
        with trickle(10.0) as url:
            async with AsyncInferenceClient(url, timeout=0.2) as client:
                with pytest.raises(InferenceTimeoutError):
                    await client.text_classification("fine")
        with trickle(*dripping, kind="application/json") as url:
            async with AsyncInferenceClient(url) as client:
                with pytest.raises(InferenceTimeoutError):
                    await client.text_classification("fine", timeout=0.3)
        with trickle(first, 10.0) as url:
            async with AsyncInferenceClient(url, timeout=1.5) as client:
                stream = await client.chat_completion(MESSAGES, stream=True)
                assert (await anext(stream)).choices[0].delta.content == "Pa"
                with pytest.raises(InferenceTimeoutError):
                    await anext(stream)

    run(main())


def test_the_loop_runs_on_while_the_hub_and_the_server_think(
    hub: FakeHub, router: FakeRouter
) -> None:
    hub.add_model("slow/one", {}, tag="text-classification")
    loading = (503, {}, {"error": "loading", "estimated_time": 0.1})
    router.plan("/hf-inference/models/slow/one", loading, loading)

    async def main() -> None:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0.005)
                turns += 1

        counting = asyncio.create_task(count())
        async with AsyncInferenceClient("slow/one", provider="hf-inference") as client:
            await client.text_classification("fine")
        counting.cancel()
        assert turns > 5  # In 0.2 s of waiting; a loop that is blocked turns not at all.

    run(main())


def test_a_cancelled_call_asks_no_more(hub: FakeHub, router: FakeRouter) -> None:
    hub.add_model("wave/one", {"wavespeed": {"providerId": "w/one", "task": "text-to-image"}})
    taken = {"data": {"id": "1", "status": "created", "urls": {"get": "/api/v3/predictions/1"}}}
    router.plan("/wavespeed/api/v3/w/one", (200, {}, taken))
    going = (200, {}, {"data": {"status": "processing", "outputs": []}})
    router.plan("/wavespeed/api/v3/predictions/1", *[going] * 50)

    async def main() -> None:
        async with AsyncInferenceClient("wave/one", provider="wavespeed", token="hf_1") as client:
            drawing = asyncio.create_task(client.text_to_image("a cat"))
            while len(router.seen) < 2:
                await asyncio.sleep(0.01)
            drawing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await drawing
            count = len(router.seen)
            await asyncio.sleep(0.8)  # Longer than the time between two questions.
            assert len(router.seen) == count

    run(main())
