"""Files in arguments: every form that they may be given in, and what is sent of them."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import threading
import wave
from pathlib import Path
from typing import Any, Literal

import numpy
import PIL.Image
import pydantic
import pytest
from hubsmith_runtime import ArgumentError, DownloadError, File, ValidationError
from hubsmith_runtime._http import Exchange, HttpRequest, Response
from hubsmith_runtime.inference._arguments import ContentInput
from hubsmith_runtime.inference._content import Content
from hubsmith_runtime.inference._result import payload_of, unread
from hubsmith_runtime.inference._task import Task, TaskRequest

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class ClassifyRequest(TaskRequest[list[str]]):
    __task__ = Task(name="image-classification", method="image_classification", inputs="image")
    image: ContentInput
    mask_image: ContentInput | None = None
    top_k: int | None = None


def answered(exchange: Exchange[None], **answer: Any) -> HttpRequest:
    """Answer the one request of an exchange, and return that request."""
    request = next(exchange)
    options: Any = {"status": 200, "headers": {}, "body": b"", "url": request.url, **answer}
    with pytest.raises(StopIteration):
        exchange.send(Response(**options))
    return request


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "cat.png"
    file.write_bytes(PNG)
    return file


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_bytes_in_any_form(form: Any) -> None:
    content = Content.of(form(PNG))
    assert content.content == PNG
    assert content.mime_type == "image/png"
    assert content.name is None


@pytest.mark.parametrize("form", [str, Path])
def test_a_path(picture: Path, form: Any) -> None:
    content = Content.of(form(picture))
    assert (content.name, content.mime_type) == ("cat.png", "image/png")
    assert content.read() == PNG


def test_a_relative_path_means_the_folder_of_now(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(picture.parent)
    content = Content.of("cat.png")
    monkeypatch.chdir("/")
    assert content.read() == PNG


def test_an_open_file_is_read_from_where_it_stands(picture: Path) -> None:
    with picture.open("rb") as file:
        file.seek(8)
        content = Content.of(file)
    assert content.read() == PNG[8:]
    assert (content.name, content.mime_type) == ("cat.png", "image/png")
    assert Content.of(io.BytesIO(PNG)).mime_type == "image/png"


def test_a_file_of_a_space(picture: Path) -> None:
    content = Content.of(File(picture))
    assert (content.name, content.read()) == ("cat.png", PNG)


def test_a_data_url() -> None:
    content = Content.of(f"data:image/x-own;base64,{base64.b64encode(PNG).decode()}")
    assert (content.content, content.mime_type) == (PNG, "image/x-own")
    with pytest.raises(ValidationError, match="not a valid data URL"):
        Content.of("data:image/png;base64,%%%")


@pytest.mark.parametrize(("kind", "sent"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_pillow_image_keeps_its_format(kind: str, sent: str) -> None:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (4, 4), "red").save(buffer, format=kind)
    content = Content.of(PIL.Image.open(buffer))
    assert content.mime_type == sent
    assert PIL.Image.open(io.BytesIO(content.content)).format == kind


def test_a_pillow_image_without_a_format_is_sent_as_png() -> None:
    content = Content.of(PIL.Image.new("RGBA", (4, 4)))
    assert content.mime_type == "image/png"
    assert content.content.startswith(b"\x89PNG")


def wav(content: Content) -> tuple[int, int, list[int]]:
    """Return channels, rate and samples."""
    assert content.mime_type == "audio/wav"
    with wave.open(io.BytesIO(content.content)) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert file.getsampwidth() == 2
        return file.getnchannels(), file.getframerate(), samples.tolist()


def test_sound_of_floats_is_sent_as_wav() -> None:
    sound = numpy.array([0, 0.5, -1, 2], dtype="float32")
    assert wav(Content.of((sound, 16000))) == (1, 16000, [0, 16384, -32767, 32767])


def test_sound_of_two_channels_is_sent_as_wav_whichever_axis_they_are() -> None:
    sound = numpy.array([[1, 2], [3, 4], [5, 6]], dtype="int16")
    assert wav(Content.of((sound, 8000))) == (2, 8000, [1, 2, 3, 4, 5, 6])
    assert wav(Content.of((sound.T, 8000))) == (2, 8000, [1, 2, 3, 4, 5, 6])


def test_sound_as_gradio_gives_it_has_the_rate_first() -> None:
    assert wav(Content.of((8000, numpy.array([7], dtype="int16")))) == (1, 8000, [7])


@pytest.mark.parametrize(
    "pair",
    [
        (numpy.zeros((2, 2, 2)), 8000),
        (numpy.zeros(0), 8000),
        (numpy.zeros(3), 0),
        (numpy.array([numpy.nan]), 8000),
        (numpy.array(["a"]), 8000),
        ([0.5], 8000),
        (numpy.zeros(3),),
    ],
    ids=["3 dimensions", "empty", "no rate", "not a number", "text", "a list", "no pair"],
)
def test_what_is_not_sound_is_refused(pair: Any) -> None:
    with pytest.raises(ValidationError):
        Content.of(pair)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"fLaC\0", "audio/flac"),
        (b"OggS\0", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\x1aE\xdf\xa3\x01", "video/webm"),
        (b"IMG", None),
        (b"", None),
    ],
)
def test_the_type_is_told_by_how_a_file_begins(start: bytes, kind: str | None) -> None:
    assert Content.of(start).mime_type == kind


def test_a_path_without_a_known_ending_gets_its_type_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "cat").write_bytes(PNG)
    content = Content.of(tmp_path / "cat")
    assert content.mime_type is None
    assert content.data_url().startswith("data:image/png;base64,")


def test_a_data_url_has_a_default_type() -> None:
    assert Content.of(b"AUD").data_url("audio/mpeg") == "data:audio/mpeg;base64,QVVE"
    assert Content.of(b"AUD").base64() == "QVVE"


# What is refused


@pytest.mark.parametrize("path", ["nowhere.png", "", "a" * 5000, "nul\0.png"])
def test_a_missing_file_is_an_error_of_both_kinds(path: str) -> None:
    with pytest.raises(FileNotFoundError, match="not an existing file") as caught:
        Content.of(path)
    assert isinstance(caught.value, ValidationError)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="a folder"):
        Content.of(tmp_path)


def test_a_file_open_as_text_is_an_error_of_both_kinds(picture: Path) -> None:
    with picture.open() as file, pytest.raises(TypeError, match="mode 'rb'") as caught:
        Content.of(file)
    assert isinstance(caught.value, ArgumentError)
    with pytest.raises(TypeError, match="mode 'rb'"):
        Content.of(io.StringIO("text"))


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(TypeError, match="a list is not a file: give a path"):
        Content.of([1])

    class Later:
        async def read(self) -> bytes:
            return b""

    with pytest.raises(TypeError, match="gives no bytes"):
        Content.of(Later())


def test_in_an_event_loop_a_thread_reads_open_files_and_pictures() -> None:
    readers: list[str] = []

    class Noting(io.RawIOBase):
        name = "cat.png"

        def read(self, size: int = -1) -> bytes:
            readers.append(threading.current_thread().name)
            return b"PNG"

    async def main() -> None:
        request = ClassifyRequest(image=Noting())
        (file,) = unread(request)
        assert readers == []
        assert await asyncio.to_thread(file.read) == b"PNG"
        assert (file.mime_type, unread(request)) == ("image/png", [])
        assert readers[0] != threading.current_thread().name
        (drawn,) = unread(ClassifyRequest(image=PIL.Image.new("RGB", (2, 2))))
        assert await asyncio.to_thread(drawn.read)
        assert drawn.mime_type == "image/png"
        assert unread(ClassifyRequest(image=io.BytesIO(b"in memory already"))) == []
        file = io.FileIO(os.devnull)
        (late,) = unread(ClassifyRequest(image=file))
        file.close()
        with pytest.raises(ValidationError, match=r"Cannot read null: .*closed file"):
            late.read()

    asyncio.run(main())
    assert len(readers) == 1


def test_a_request_names_the_parameter_that_is_no_file() -> None:
    with pytest.raises(ValidationError, match="image_classification: image: a int is not a file"):
        ClassifyRequest(image=1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(FileNotFoundError, match=r"image_classification: image: 'nowhere\.png'"):
        ClassifyRequest(image="nowhere.png")
    with pytest.raises(TypeError, match="image_classification: image: the file is open as text"):
        ClassifyRequest(image=io.StringIO())  # pyright: ignore[reportArgumentType]


# URLs


def test_a_url_is_fetched_without_credentials() -> None:
    content = Content.of("https://example.org/pictures/a%20cat.png?key=1")
    assert (content.name, content.is_local) == ("a cat.png", False)
    headers = {"content-type": "image/webp; q=1"}
    request = answered(content.fetch(timeout=5), headers=headers, body=PNG)
    assert request == HttpRequest(
        "GET", "https://example.org/pictures/a%20cat.png?key=1", {"timeout": 5}
    )
    assert (content.content, content.mime_type) == (PNG, "image/webp")
    assert list(content.fetch()) == []


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "nonsense"])
def test_a_url_whose_server_knows_no_type_has_that_of_its_name(kind: str) -> None:
    content = Content.of("https://example.org/sound.flac")
    answered(content.fetch(), headers={"content-type": kind}, body=b"fLaC")
    assert content.mime_type in ("audio/flac", "audio/x-flac")


def test_a_url_that_gives_no_file_is_an_error_without_its_secrets() -> None:
    exchange = Content.of("https://user:password@example.org/cat.png?key=secret").fetch()
    request = next(exchange)
    with pytest.raises(DownloadError, match="status 404") as caught:
        exchange.send(Response(status=404, headers={}, body=b"", url=request.url))
    assert "secret" not in str(caught.value)
    assert "password" not in str(caught.value)


def test_a_url_can_be_passed_on_unread() -> None:
    content = Content.of("https://example.org/cat.png")
    assert content.as_url("image/png") == "https://example.org/cat.png"
    with pytest.raises(DownloadError, match="has not been fetched"):
        content.read()
    assert Content.of(b"AUD").as_url("audio/wav") == "data:audio/wav;base64,QVVE"


def test_no_content_is_shown_in_full() -> None:
    assert repr(Content.of(PNG)) == f"Content('image/png', {len(PNG)} bytes)"
    assert "secret" not in repr(Content.of("https://example.org/cat.png?key=secret"))


# In a request


def test_a_request_holds_contents_and_its_payload_keeps_them(picture: Path) -> None:
    request = ClassifyRequest(image=picture, mask_image=b"MASK", top_k=2)
    payload = payload_of(request)
    assert isinstance(payload.inputs, Content)
    assert payload.inputs.read() == PNG
    assert payload.parameters["mask_image"].content == b"MASK"
    assert payload.parameters["top_k"] == 2


def test_files_on_disk_are_known_so_that_a_thread_can_read_them(picture: Path) -> None:
    request = ClassifyRequest(image=picture, mask_image="https://example.org/mask.png")
    (content,) = unread(request)
    content.read()
    assert unread(request) == []


def test_contents_are_stored_in_json_as_urls() -> None:
    class Stored(pydantic.BaseModel):
        kind: Literal["audio"] = "audio"
        file: ContentInput

    stored = Stored(file=b"AUD").model_dump_json()
    assert Content.of(Stored.model_validate_json(stored).file).content == b"AUD"
