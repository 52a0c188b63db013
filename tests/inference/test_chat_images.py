"""Images in messages: a URL stays, and every form of a file becomes a data URL of its type."""

from __future__ import annotations

import asyncio
import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from hubsmith import (
    AsyncInferenceClient,
    ChatCompletionInputMessage,
    File,
    InferenceClient,
    ValidationError,
)
from hubsmith_runtime import MissingFileError
from hubsmith_runtime.saving import FileOrigin

from tests.inference.openai_server import PIXEL, OpenAIServer
from tests.waits.scripted_http import Loopback

CHAT = "/v1/chat/completions"
PNG = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"


def jpeg() -> bytes:
    output = io.BytesIO()
    PIL.Image.new("RGB", (2, 2)).save(output, "JPEG")
    return output.getvalue()


@pytest.fixture
def server(tokenless: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    server = OpenAIServer()
    with Loopback().running() as loopback:
        loopback.start(server)
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of pictures, which is the working directory."""
    (tmp_path / "cat.png").write_bytes(PIXEL)
    (tmp_path / "cat.jpg").write_bytes(jpeg())
    (tmp_path / "unnamed").write_bytes(PIXEL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(url: Any) -> list[dict[str, Any]]:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
    ]
    return [{"role": "user", "content": parts}]


def sent(server: OpenAIServer, url: Any) -> str:
    """Ask about an image, and return the address that the server was sent."""
    with InferenceClient(base_url=server.url) as client:
        client.chat_completion(asked(url), model="words")
    (message,) = server.bodies[-1]["messages"]
    assert message["content"][0] == {"type": "text", "text": "What is this?"}
    assert message["content"][1]["image_url"]["detail"] == "low"
    return message["content"][1]["image_url"]["url"]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/cat.png?a=b#c",
        "HTTP://example.org/cat.png",
        PNG,
        "data:image/png;charset=x;base64,QQ",
        "gs://bucket/cat.png",
        "file:///pictures/cat.png",
    ],
)
def test_a_url_stays_as_it_is(server: OpenAIServer, url: str) -> None:
    assert sent(server, url) == url


@pytest.mark.parametrize("name", ["cat.png", "unnamed", "cat.jpg"])
def test_a_path_becomes_a_data_url(server: OpenAIServer, folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    kind = "jpeg" if name.endswith("jpg") else "png"
    meant = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    for given in (name, Path(name), os.path.join(folder, name)):  # noqa: PTH118
        assert sent(server, given) == meant


def test_what_is_in_memory_becomes_a_data_url(server: OpenAIServer, folder: Path) -> None:
    with (folder / "cat.png").open("rb") as stream:
        for given in (PIXEL, bytearray(PIXEL), memoryview(PIXEL), File(PIXEL), stream):
            assert sent(server, given) == PNG
    for kind, made in (("png", PIL.Image.new("RGB", (2, 2))), ("jpeg", "cat.jpg")):
        image = PIL.Image.open(made) if isinstance(made, str) else made
        head, _, body = sent(server, image).partition(",")
        assert head == f"data:image/{kind};base64"
        assert PIL.Image.open(io.BytesIO(base64.b64decode(body))).size == (2, 2)


def test_a_file_at_a_url_stays_there_but_for_that_of_a_space(server: OpenAIServer) -> None:
    server.plan("/gradio_api/file=cat.png", answer_of(PIXEL))
    assert sent(server, File("https://example.org/cat.png")) == "https://example.org/cat.png"
    of_a_space = File(f"{server.url}/gradio_api/file=cat.png")
    of_a_space.answer, of_a_space.origin = {"path": "cat.png"}, FileOrigin(server.url)
    assert sent(server, of_a_space) == PNG


def answer_of(content: bytes) -> Any:
    from tests.waits.scripted_http import Answer

    return Answer(content, headers={"content-type": "image/png"})


def test_a_typed_message_takes_the_same(server: OpenAIServer, folder: Path) -> None:
    message = ChatCompletionInputMessage(**asked(Path("cat.png"))[0])
    (folder / "cat.png").rename(folder / "moved.png")
    (folder / "moved.png").rename(folder / "cat.png")
    with InferenceClient(base_url=server.url) as client:
        client.chat_completion([message], model="words")
        with client.chat_completion([message], model="words", stream=True) as chunks:
            assert len(list(chunks)) == 2
    for body in server.bodies:
        assert body["messages"][0]["content"][1]["image_url"]["url"] == PNG


def test_asyncio_sends_the_same(server: OpenAIServer, folder: Path) -> None:
    async def main() -> None:
        async with AsyncInferenceClient(base_url=server.url) as client:
            for given in ("cat.png", PIL.Image.open("cat.png")):
                await client.chat_completion(asked(given), model="words")
            stream = await client.chat_completion(asked("cat.png"), model="words", stream=True)
            async with stream:
                assert len([chunk async for chunk in stream]) == 2

    asyncio.run(main())
    urls = [body["messages"][0]["content"][1]["image_url"]["url"] for body in server.bodies]
    assert (urls[0], urls[2]) == (PNG, PNG)
    assert urls[1].startswith("data:image/png;base64,")


@pytest.mark.parametrize("given", ["no-such.png", Path("no-such.png"), "."])
def test_a_missing_file_is_an_error_that_names_it(
    server: OpenAIServer, folder: Path, given: Any
) -> None:
    with InferenceClient(base_url=server.url) as client:
        with pytest.raises(MissingFileError) as error:
            client.chat_completion(asked(given), model="words")
    assert str(given) in str(error.value)
    assert "messages[0].content[1].image_url.url" in str(error.value)
    assert isinstance(error.value, FileNotFoundError)
    assert not server.asked


@pytest.mark.parametrize("given", [5, None, ["cat.png"]])
def test_what_is_no_file_is_refused(server: OpenAIServer, folder: Path, given: Any) -> None:
    with InferenceClient(base_url=server.url) as client:
        with pytest.raises(ValidationError, match="image_url"):
            client.chat_completion(asked(given), model="words")
    assert not server.asked


@pytest.mark.parametrize(
    "data", [b"RIFF", b"RIFF\xff", Path("cat.png"), PIL.Image.new("RGB", (1, 1))]
)
@pytest.mark.parametrize("kind", ["input_audio", "video_url"])
def test_a_file_that_no_server_could_read_is_refused(
    server: OpenAIServer, folder: Path, kind: str, data: Any
) -> None:
    parts: Any = [{"type": kind, kind: {"data": data, "format": "wav"}}]
    with InferenceClient(base_url=server.url, retries=None) as client:
        with pytest.raises(
            ValidationError, match="has no JSON form; a file is sent there as base64"
        ):
            client.chat_completion([{"role": "user", "content": parts}], model="words")
    assert server.bodies == []
