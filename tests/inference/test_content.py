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
from hubsmith_runtime.async_driver import AsyncDriver
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.effects import Close, Effects, Open, Read, Run
from hubsmith_runtime.http import LARGEST_BODY, HttpRequest
from hubsmith_runtime.inference.media import file_of
from hubsmith_runtime.inference.payload import files_in
from hubsmith_runtime.inference.result import payload_of
from hubsmith_runtime.inference.task import ContentInput, Task, TaskRequest
from hubsmith_runtime.sources import decode_base64, decode_data_url
from hubsmith_runtime.transport import Origins

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class ClassifyRequest(TaskRequest[list[str]]):
    __task__ = Task(
        name="image-classification",
        method="image_classification",
        inputs="image",
        binary=("image", "mask_image"),
    )
    image: ContentInput
    mask_image: ContentInput | None = None
    top_k: int | None = None


class FakeBody:
    """An answer that was read in one piece."""

    def __init__(self, request: HttpRequest, status: int, headers: dict[str, str], body: bytes):
        self.request, self.status, self.headers, self.url = request, status, headers, request.url
        self.size, self.left = 0, [body] if body else []
        self.largest, self.is_compressed = request.largest, False


def answered(
    call: Effects[None], status: int = 200, headers: dict[str, str] | None = None, body: bytes = b""
) -> HttpRequest:
    """Answer the one request of a call, and return that request."""
    requests: list[HttpRequest] = []
    result: Any = None
    while True:
        try:
            effect = call.send(result)
        except StopIteration:
            (request,) = requests
            return request
        match effect:
            case Open(request):
                requests.append(request)
                result = FakeBody(request, status, headers or {}, body)
            case Read(opened):
                left: list[bytes] = opened.left  # pyright: ignore  # a fake
                result = left.pop() if left else None
            case Run(function):
                result = function()
            case Close():
                result = None
            case _:
                pytest.fail(f"{effect}")


def load(file: File) -> File:
    """Bring the content of a file into memory, as calls do."""
    Driver(Origins()).run(file.load())
    return file


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "cat.png"
    file.write_bytes(PNG)
    return file


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_bytes_in_any_form(form: Any) -> None:
    content = File(form(PNG))
    assert content.read() == PNG
    assert (content.mime_type, content.name) == ("image/png", "file")


@pytest.mark.parametrize("form", [str, Path])
def test_a_path(picture: Path, form: Any) -> None:
    content = File(form(picture))
    assert (content.name, content.mime_type) == ("cat.png", "image/png")
    assert content.read() == PNG


def test_a_relative_path_means_the_folder_of_now(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(picture.parent)
    content = File("cat.png")
    monkeypatch.chdir("/")
    assert content.read() == PNG


def test_an_open_file_is_read_from_where_it_stands(picture: Path) -> None:
    with picture.open("rb") as file:
        file.seek(8)
        content = File(file)
    assert content.read() == PNG[8:]
    assert (content.name, content.mime_type) == ("cat.png", "image/png")
    assert File(io.BytesIO(PNG)).mime_type == "image/png"


def test_a_file_of_a_space(picture: Path) -> None:
    content = File(File(picture))
    assert (content.name, content.read()) == ("cat.png", PNG)
    assert file_of(content) is content
    renamed = File(content, name="dog.jpg", mime_type="image/jpeg")
    assert (renamed.name, renamed.mime_type, content.name) == ("dog.jpg", "image/jpeg", "cat.png")


def test_a_data_url() -> None:
    content = File(f"data:image/x-own;base64,{base64.b64encode(PNG).decode()}")
    assert (content.read(), content.mime_type) == (PNG, "image/x-own")
    assert decode_data_url("data:,a%20b") == (b"a b", None)
    assert decode_data_url("data:Text/Plain;charset=utf-8;BASE64,YQ") == (b"a", "text/plain")
    for broken in ("data:image/png;base64,%%%", "data:image/png;base64", "data:;base64,\u20ac"):
        with pytest.raises(ValidationError, match="not a valid data URL"):
            File(broken)


def test_base64_is_read_with_or_without_padding_and_white_space() -> None:
    for text in ("QVVE", "QVV\r\n E", "QVVEQQ", "QVVEQQ==", " QVVEQQ=\n", ""):
        assert b"AUDA".startswith(decode_base64(text))
    for text in ("%%%", "QVVE-_", "QVVE\u20ac", "Q"):
        with pytest.raises(ValueError, match="not base64"):
            decode_base64(text)


@pytest.mark.parametrize(("kind", "sent"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_pillow_image_keeps_its_format(kind: str, sent: str) -> None:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (4, 4), "red").save(buffer, format=kind)
    image = PIL.Image.open(buffer)
    content = File(image)
    assert (content.mime_type, content.name) == (sent, f"image.{sent[6:].replace('peg', 'pg')}")
    assert PIL.Image.open(io.BytesIO(content.read())).format == kind


def test_a_pillow_image_without_a_format_is_sent_as_png() -> None:
    content = File(PIL.Image.new("RGBA", (4, 4)))
    assert content.mime_type == "image/png"
    assert content.read().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_sent_as_it_came_is_sent_as_png() -> None:
    for kind in ("GIF", "TIFF", "WEBP"):
        buffer = io.BytesIO()
        PIL.Image.new("RGB", (4, 4), "red").save(buffer, format=kind)
        assert File(PIL.Image.open(buffer)).mime_type == "image/png"
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (4, 4), "red").save(buffer, format="JPEG")
    picture = PIL.Image.open(buffer)
    picture.putalpha(7)
    assert picture.format == "JPEG"
    assert File(picture).read().startswith(b"\x89PNG")
    with pytest.raises(ValidationError, match="cannot be written as PNG"):
        File(PIL.Image.new("F", (4, 4)))


def wav(content: File) -> tuple[int, int, list[int]]:
    """Return channels, rate and samples."""
    assert content.mime_type == "audio/wav"
    with wave.open(io.BytesIO(content.read())) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert file.getsampwidth() == 2
        return file.getnchannels(), file.getframerate(), samples.tolist()


def test_sound_of_floats_is_sent_as_wav() -> None:
    sound = numpy.array([0, 0.5, -1, 2], dtype="float32")
    assert wav(file_of((sound, 16000))) == (1, 16000, [0, 16384, -32767, 32767])


def test_sound_of_two_channels_is_sent_as_wav_whichever_axis_they_are() -> None:
    sound = numpy.array([[1, 2], [3, 4], [5, 6]], dtype="int16")
    assert wav(file_of((sound, 8000))) == (2, 8000, [1, 2, 3, 4, 5, 6])
    assert wav(file_of((sound.T, 8000))) == (2, 8000, [1, 2, 3, 4, 5, 6])


def test_sound_as_gradio_gives_it_has_the_rate_first() -> None:
    assert wav(file_of((8000, numpy.array([7], dtype="int16")))) == (1, 8000, [7])


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
        file_of(pair)


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
    assert File(start).mime_type == kind


def test_a_path_without_a_known_ending_gets_its_type_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "cat").write_bytes(PNG)
    content = File(tmp_path / "cat")
    assert content.mime_type is None
    assert load(content).data_url().startswith("data:image/png;base64,")
    (tmp_path / "cat").unlink()
    assert content.read() == PNG


def test_a_data_url_has_a_default_type() -> None:
    assert File(b"AUD").data_url("audio/mpeg") == "data:audio/mpeg;base64,QVVE"
    assert File(b"AUD").base64() == "QVVE"


# What is refused


@pytest.mark.parametrize("path", ["nowhere.png", "", "a" * 5000, "nul\0.png"])
def test_a_missing_file_is_an_error_of_both_kinds(path: str) -> None:
    with pytest.raises(FileNotFoundError, match="not an existing file") as caught:
        File(path)
    assert isinstance(caught.value, ValidationError)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="a folder"):
        File(tmp_path)


def test_a_file_open_as_text_is_an_error_of_both_kinds(picture: Path) -> None:
    with picture.open() as file, pytest.raises(TypeError, match="mode 'rb'") as caught:
        File(file)
    assert isinstance(caught.value, ArgumentError)
    with pytest.raises(TypeError, match="mode 'rb'"):
        File(io.StringIO("text"))


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(TypeError, match="a list is not a file: give a path"):
        File([1])

    class Later:
        async def read(self) -> bytes:
            return b""

    with pytest.raises(TypeError, match="returns no bytes"):
        File(Later())


def test_in_an_event_loop_a_thread_reads_open_files_and_pictures() -> None:
    readers: list[str] = []

    class Noting(io.RawIOBase):
        name = "cat.png"

        def read(self, size: int = -1) -> bytes:
            readers.append(threading.current_thread().name)
            return b"PNG"

    async def main() -> None:
        driver = AsyncDriver(Origins())
        (file,) = files_in(payload_of(ClassifyRequest(image=Noting())).inputs)
        assert readers == []
        # Two calls may need it at the same time.
        await asyncio.gather(driver.run(file.load()), driver.run(file.load()), file.aread())
        assert (file.read(), file.mime_type, file.size) == (b"PNG", "image/png", 3)
        assert readers != [threading.current_thread().name]
        (drawn,) = files_in(payload_of(ClassifyRequest(image=PIL.Image.new("RGB", (2, 2)))).inputs)
        assert (await drawn.aread()).startswith(b"\x89PNG")
        assert drawn.mime_type == "image/png"
        assert File(io.BytesIO(b"in memory already")).size == 17
        stream = io.FileIO(os.devnull)
        (late,) = files_in(payload_of(ClassifyRequest(image=stream)).inputs)
        stream.close()
        with pytest.raises(ValidationError, match=r"Cannot read null: .*closed file"):
            await driver.run(late.load())
        await driver.close()

    asyncio.run(main())
    assert len(readers) == 1


def test_a_request_names_the_parameter_that_is_no_file() -> None:
    with pytest.raises(ValidationError, match="image_classification: image: an int is not a file"):
        ClassifyRequest(image=1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(FileNotFoundError, match=r"image_classification: image: 'nowhere\.png'"):
        ClassifyRequest(image="nowhere.png")
    with pytest.raises(TypeError, match="image_classification: image: the file is open as text"):
        ClassifyRequest(image=io.StringIO())  # pyright: ignore[reportArgumentType]


# URLs


def test_a_url_is_fetched_without_credentials() -> None:
    content = File("https://example.org/pictures/a%20cat.png?key=1")
    assert (content.name, content.is_local) == ("a cat.png", False)
    request = answered(content.load(), headers={"content-type": "image/webp; q=1"}, body=PNG)
    assert (request.url, request.is_bare) == (
        "https://example.org/pictures/a%20cat.png?key=1",
        True,
    )
    headers = {"accept-encoding": "identity"}
    assert (request.headers, request.largest) == (headers, LARGEST_BODY)
    assert (content.read(), content.mime_type) == (PNG, "image/webp")
    assert list(content.load()) == []


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "nonsense"])
def test_a_url_whose_server_knows_no_type_has_that_of_its_name(kind: str) -> None:
    content = File("https://example.org/sound.flac")
    answered(content.load(), headers={"content-type": kind}, body=b"fLaC")
    assert content.mime_type in ("audio/flac", "audio/x-flac")


def test_a_type_that_was_given_stays() -> None:
    content = File("https://example.org/cat.png", mime_type="image/x-own")
    answered(content.load(), headers={"content-type": "image/webp"}, body=PNG)
    assert content.mime_type == "image/x-own"


def test_a_url_that_gives_no_file_is_an_error_without_its_secrets() -> None:
    call = File("https://user:password@example.org/cat.png?key=secret").load()
    with pytest.raises(DownloadError, match="status 404") as caught:
        answered(call, status=404)
    assert "secret" not in str(caught.value)
    assert "password" not in str(caught.value)


def test_a_url_that_gives_too_much_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubsmith_runtime.files.LARGEST_BODY", 2)
    with pytest.raises(DownloadError, match="larger than the 2 bytes"):
        answered(File("https://example.org/cat.png").load(), body=PNG)


def test_a_url_can_be_passed_on_unread() -> None:
    content = File("https://example.org/cat.png")
    assert content.as_url("image/png") == "https://example.org/cat.png"
    with pytest.raises(DownloadError, match="has not been downloaded"):
        content.base64()
    answered(content.load(), body=PNG)
    assert content.as_url("image/png") == "https://example.org/cat.png"
    assert File(b"AUD").as_url("audio/wav") == "data:audio/wav;base64,QVVE"


def test_no_content_is_shown_in_full() -> None:
    assert repr(File(PNG)) == f"File('{len(PNG)} bytes', name='file')"
    assert "secret" not in repr(File("https://example.org/cat.png?key=secret"))


# In a request


def test_a_request_holds_files_and_its_payload_keeps_them(picture: Path) -> None:
    request = ClassifyRequest(image=picture, mask_image=b"MASK", top_k=2)
    payload = payload_of(request)
    assert isinstance(payload.inputs, File)
    assert payload.inputs.read() == PNG
    assert payload.parameters["mask_image"].read() == b"MASK"
    assert payload.parameters["top_k"] == 2
    found = [*files_in(payload.inputs), *files_in(dict(payload.parameters))]
    assert found == [request.image, request.mask_image]


def test_files_are_stored_in_json() -> None:
    class Stored(pydantic.BaseModel):
        kind: Literal["audio"] = "audio"
        file: ContentInput

    stored = Stored(file=b"AUD").model_dump_json()
    assert File(Stored.model_validate_json(stored).file).read() == b"AUD"
