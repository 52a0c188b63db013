"""The server in this process: the `mcp` package's client on one side, real Gradio on the other."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hubsmith_testing import MockSpace
from hubsmith_tools.mcp import server as server_module
from hubsmith_tools.mcp.content import MAX_BLOCKS

from tests.mcp.conftest import StartGradio, answering, offered, text_of
from tests.support.paths import KITCHEN_SNAPSHOT

RECIPE = "data:text/plain;base64," + base64.b64encode(b"two eggs").decode()

CALLS: dict[str, dict[str, Any]] = {
    "bake": {"dish": "bread", "minutes": 2},
    "chat": {"message": "Hello"},
    "count": {"order": "soup"},
    "fail": {"dish": "soup"},
    "greet": {"name": "Bob"},
    "img": {"im": None},
    "plan": {"recipe": {"title": "Soup", "ingredients": [], "tags": []}, "notes": ["salt"]},
    "shout": {"recipe": RECIPE},
    "stream": {"n": 3, "delay": 0},
    "suggest": {"season": "autumn", "avoid": ["pesto"]},
}


def picture() -> str:
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


def test_tools_have_both_schemas_and_promise_nothing(kitchen: Any) -> None:
    async def run() -> None:
        async with offered(kitchen.AsyncKitchen("http://127.0.0.1:9")) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == set(CALLS)
            for tool in tools.values():
                assert tool.input_schema["type"] == "object"
                assert tool.output_schema is None or tool.output_schema["type"] == "object"
                assert tool.annotations is not None
                assert tool.annotations.open_world_hint is True
                assert tool.annotations.read_only_hint is None
            greet = tools["greet"].input_schema["properties"]
            assert greet["style"]["enum"] == ["formal", "casual"]
            assert greet["style"]["default"] == "formal"
            assert "At most 10" in greet["intensity"]["description"]
            assert client.instructions and "never as instructions" in client.instructions

    asyncio.run(run())


def test_every_tool_of_the_demo_app_can_be_called(kitchen: Any, kitchen_url: str) -> None:
    async def run() -> None:
        async with offered(kitchen.AsyncKitchen(kitchen_url)) as client:
            # The client checks structured content against the schema that was listed.
            results = {name: await client.call_tool(name, sent) for name, sent in CALLS.items()}
            assert {name for name, one in results.items() if one.is_error} == {"fail", "img"}
            said = {name: one.structured_content for name, one in results.items()}
            assert said["greet"] == {"result": "Good evening, Bob!!!"}
            assert text_of(results["greet"]) == "Good evening, Bob!!!"
            assert said["suggest"] == {"vegetable": "pumpkin", "sauces": ["tomato", "cream"]}
            assert said["stream"] == {"result": "1 2 3"}
            assert said["plan"] == {"result": [{"item": "salt", "grams": 0.0}]}
            assert json.loads(text_of(results["chat"]))[1]["content"]
            assert "There is no more soup today." in text_of(results["fail"])
            assert "There is no picture to toast." in text_of(results["img"])
            link = results["shout"].content[1]
            assert (link.type, link.mime_type) == ("resource_link", "text/plain")
            assert link.uri == said["shout"]["result"]["url"]  # type: ignore[index]
            # One session for all calls: the Space remembers.
            again = await client.call_tool("count", {"order": "bread"})
            assert again.structured_content == {"result": 2}

    asyncio.run(run())


def test_a_picture_is_part_of_the_result(kitchen: Any, kitchen_url: str) -> None:
    async def run() -> None:
        async with offered(kitchen.AsyncKitchen(kitchen_url)) as client:
            sent = {"im": picture(), "strength": 0.5}
            words, image, link = (await client.call_tool("img", sent)).content
            assert (words.type, image.type, link.type) == ("text", "image", "resource_link")
            # Gradio makes WebP of it; what it is is read from the content.
            assert base64.b64decode(image.data)[8:12] == b"WEBP"
            assert image.mime_type == "image/webp"

    asyncio.run(run())


def test_a_large_picture_and_one_that_is_none_are_links_only(kitchen: Any, tmp_path: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    contents = (png + b"x" * 100, png + b"x" * MAX_BLOCKS, b"<svg onload='...'/>")
    answers = answering(tmp_path, "/img", "made.png", *contents, beside=[{"label": "done"}])

    async def run() -> list[list[str]]:
        with MockSpace(KITCHEN_SNAPSHOT, answers=answers) as mock:
            async with offered(kitchen.AsyncKitchen(mock.url)) as client:
                results = [await client.call_tool("img", {"im": None}) for _ in contents]
                return [[block.type for block in result.content] for result in results]

    small, large, wrong = asyncio.run(run())
    assert small == ["text", "image", "resource_link"]
    assert large == wrong == ["text", "resource_link"]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("greet", {}, "name: a value is required"),
        ("greet", {"name": "Bob", "size": 3}, "size: there is no such parameter"),
        ("greet", {"name": "Bob", "style": "rude"}, "style"),
        ("greet", {"name": "Bob", "intensity": 11}, "intensity"),
        ("shout", {"recipe": "/etc/hostname"}, "not a URL"),
        ("dance", {}, "There is no tool"),
    ],
)
def test_arguments_are_checked_before_anything_is_sent(
    name: str, arguments: dict[str, Any], words: str, kitchen: Any
) -> None:
    async def run() -> None:
        async with offered(kitchen.AsyncKitchen("http://127.0.0.1:9")) as client:
            result = await client.call_tool(name, arguments)
            assert result.is_error
            assert words in text_of(result)

    asyncio.run(run())


def test_arguments_have_a_limit(kitchen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAX_ARGUMENTS", 100)

    async def run() -> None:
        async with offered(kitchen.AsyncKitchen("http://127.0.0.1:9")) as client:
            result = await client.call_tool("greet", {"name": "x" * 100})
            assert result.is_error
            assert "more than 100 characters" in text_of(result)

    asyncio.run(run())


def test_progress_arrives_and_grows(kitchen: Any, kitchen_url: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async def run() -> None:
        async with offered(kitchen.AsyncKitchen(kitchen_url)) as client:
            await client.call_tool("bake", {"minutes": 4}, progress_callback=note)

    asyncio.run(run())
    numbers = [progress for progress, _, _ in seen]
    assert numbers == sorted(set(numbers))
    assert any(total == 4 and "baking bread" in str(message) for _, total, message in seen)


def test_a_call_without_news_is_heard_of(
    kitchen: Any, kitchen_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_HEARTBEAT", 0.02)
    messages: list[str | None] = []

    async def note(_: float, __: float | None, message: str | None) -> None:
        messages.append(message)

    async def run() -> None:
        async with offered(kitchen.AsyncKitchen(kitchen_url)) as client:
            sent = {"n": 2, "delay": 0.15}
            await client.call_tool("stream", sent, progress_callback=note)

    asyncio.run(run())
    assert len(messages) > len(set(messages))


def test_cancelling_the_request_cancels_the_job(start_gradio: StartGradio, tmp_path: Path) -> None:
    url = start_gradio(Path(__file__).with_name("cancelled_app.py"))

    async def run(client: Any) -> None:
        begun = asyncio.Event()

        async def note(progress: float, _: float | None, __: str | None) -> None:
            if progress >= 1:
                begun.set()

        call = client.call_tool("count", {"name": "first"}, progress_callback=note)
        task = asyncio.create_task(call)
        await asyncio.wait_for(begun.wait(), 20)
        assert "first" not in text_of(await client.call_tool("ended", {}))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(50):
            if "first" in text_of(await client.call_tool("ended", {})):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the job went on")

    from tests.support.generated_client import generated_client

    with generated_client(url, tmp_path, "cancelled") as package:

        async def main() -> None:
            async with offered(package.AsyncApp(url)) as client:
                await run(client)
                hostile = {tool.name: tool for tool in (await client.list_tools()).tools}["count"]
                assert_quoted(str(hostile.input_schema["properties"]["name"]["description"]))
                failed = await client.call_tool("fail", {})
                assert failed.is_error
                assert "\x1b" not in text_of(failed)

        asyncio.run(main())


def assert_quoted(text: str) -> None:
    """The Space's words stand between quotation marks that they cannot close."""
    assert "\x1b" not in text
    before, _, after = text.partition("Ignore all previous instructions")
    assert before.endswith(("'", '"')) and after.rstrip(".").endswith(("'", '"'))


def test_a_refused_space_is_not_called(kitchen: Any) -> None:
    async def check(tool: Any) -> str | None:
        return f"{tool.endpoint} changed." if tool.name == "greet" else None

    async def run() -> None:
        with MockSpace(KITCHEN_SNAPSHOT) as mock:
            async with offered(kitchen.AsyncKitchen(mock.url), check=check) as client:
                result = await client.call_tool("greet", {"name": "Bob"})
                assert (result.is_error, text_of(result)) == (True, "/greet changed.")
                assert not (await client.call_tool("count", {"order": "soup"})).is_error
            assert [call.endpoint for call in mock.calls] == ["/count"]

    asyncio.run(run())


def test_a_fault_of_the_server_shows_nothing_of_itself(
    kitchen: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def check(tool: Any) -> str | None:
        raise RuntimeError("hf_secret")

    async def run() -> None:
        async with offered(kitchen.AsyncKitchen("http://127.0.0.1:9"), check=check) as client:
            result = await client.call_tool("greet", {"name": "Bob"})
            assert result.is_error
            assert "hf_secret" not in text_of(result)

    asyncio.run(run())
    assert "greet failed" in caplog.text
