"""Files: sent from wherever they are, fetched when they are needed."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from hubsmith_runtime import (
    AuthenticationError,
    DownloadError,
    File,
    FileTooLargeError,
    ValidationError,
    handle_file,
)
from hubsmith_runtime.errors import MissingFileError
from hubsmith_runtime.saving import safe_name
from hypothesis import given, strategies as st
from pydantic_core import to_json

from tests.runtime.kitchen_client import (
    Kitchen,
    ManyFilesRequest,
    OriginalNameRequest,
    PictureRequest,
    UpperFileRequest,
)


def test_a_file_may_be_a_path_bytes_an_open_file_or_a_file(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    path = tmp_path / "a b#é.txt"
    path.write_bytes(b"abc")
    with path.open("rb") as stream:
        for source in (path, str(path), b"abc", io.BytesIO(b"abc"), stream, handle_file(path)):
            assert kitchen.run(UpperFileRequest(file=source)).read() == b"ABC"


def test_a_pillow_image_is_sent_as_png(kitchen: Kitchen) -> None:
    image = pytest.importorskip("PIL.Image").new("RGB", (2, 1), "red")
    result = kitchen.run(PictureRequest(image=image))
    assert result.read()
    assert kitchen.run(PictureRequest()) is None


def test_the_original_name_goes_along(kitchen: Kitchen, tmp_path: Path) -> None:
    path = tmp_path / "näme.txt"
    path.write_bytes(b"x")
    assert kitchen.run(OriginalNameRequest(file=path)) == "näme.txt"
    assert kitchen.run(OriginalNameRequest(file=File(b"x", name="given.txt"))) == "given.txt"


def test_several_files_go_in_one_list(kitchen: Kitchen) -> None:
    assert kitchen.run(ManyFilesRequest(files=[b"one", b"two", b"one"])) == ["one", "two", "one"]


def test_a_result_is_saved_whole_and_inside_its_folder(kitchen: Kitchen, tmp_path: Path) -> None:
    file = kitchen.run(UpperFileRequest(file=b"abc"))
    assert file.size == 3
    folder = tmp_path / "out"
    folder.mkdir()
    saved = file.save(folder)
    assert (saved.parent, saved.name) == (folder, "out put#1é.txt")
    assert saved.read_bytes() == b"ABC"
    assert file.save(tmp_path / "named.bin").name == "named.bin"
    assert list(folder.iterdir()) == [saved]
    with pytest.raises(DownloadError, match="no folder"):
        file.save(tmp_path / "missing" / "x")


def test_a_result_as_a_path_is_downloaded_once(kitchen: Kitchen, tmp_path: Path) -> None:
    file = kitchen.run(UpperFileRequest(file=b"abc"))
    path = Path(file)
    assert path == Path(file)
    assert tmp_path in path.parents
    with file.open() as stream:
        assert stream.read() == b"ABC"


def test_a_result_can_be_read_after_the_client_is_closed(url: str) -> None:
    with Kitchen(url) as client:
        file = client.run(UpperFileRequest(file=b"abc"))
    assert file.read() == b"ABC"


def test_a_result_is_not_sent_again_to_its_own_space(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kitchen.run(UpperFileRequest(file=b"abc"))
    monkeypatch.setattr(File, "open", lambda self: pytest.fail("it was sent again"))
    assert kitchen.run(OriginalNameRequest(file=file)) == file.name


def test_a_private_url_is_fetched_here_and_sent(kitchen: Kitchen) -> None:
    address = kitchen.run(UpperFileRequest(file=b"abc")).url
    assert address is not None
    assert kitchen.run(UpperFileRequest(file=f"{address}?x")).read() == b"ABC"


def test_a_public_url_is_left_to_the_space() -> None:
    reference = File("https://example.org/a/cat%20one.png").reference("http://127.0.0.1:1")
    assert reference is not None
    assert reference["path"] == "https://example.org/a/cat%20one.png"
    assert reference["orig_name"] == "cat one.png"
    assert File("http://10.0.0.1/a.png").reference("http://127.0.0.1:1") is None
    assert File("http://localhost/a.png").reference("http://127.0.0.1:1") is None


def test_a_missing_file_on_the_server_is_told(kitchen: Kitchen) -> None:
    file = kitchen.run(UpperFileRequest(file=b"abc"))
    file.url = f"{file.url}-gone"
    with pytest.raises(DownloadError, match="40"):
        file.read()


@pytest.mark.parametrize("source", ["no/such/file.png", ".", "\0", 7, None, ["x"]])
def test_what_is_no_file_is_refused_by_name(source: object) -> None:
    with pytest.raises(ValidationError, match="/upper_file: file: "):
        UpperFileRequest(file=source)  # pyright: ignore[reportArgumentType]  # wrong on purpose


def test_an_open_file_is_taken_from_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    with path.open("rb") as stream:
        whole = File(stream)
        stream.seek(1)
        rest = File(stream)
    assert (whole.name, whole.read(), whole.size) == ("a.txt", b"abc", 3)
    assert (rest.name, rest.read(), rest.size) == ("a.txt", b"bc", 2)


def test_what_decompresses_a_file_is_read_and_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"abc"))
    with gzip.open(path) as stream:
        assert File(stream).read() == b"abc"


def test_a_wrong_source_is_an_error_of_two_kinds(tmp_path: Path) -> None:
    closed = (tmp_path / "closed").open("xb+")
    closed.close()
    for source, kind, reason in (
        (tmp_path / "none", FileNotFoundError, "not an existing file"),
        (tmp_path, FileNotFoundError, "a folder"),
        ("x" * 5000, FileNotFoundError, "not an existing file"),
        ("\ud800", FileNotFoundError, "not an existing file"),
        ("http://[::1", ValueError, "not a valid URL"),
        (closed, ValueError, "closed file"),
        (7, TypeError, "an int is not a file"),
        (numpy.zeros(1), TypeError, "an ndarray is not a file"),
        (io.StringIO("x"), TypeError, "'rb'"),
    ):
        with pytest.raises(ValidationError, match=reason) as caught:
            File(source)  # pyright: ignore[reportArgumentType]  # wrong on purpose
        assert isinstance(caught.value, kind)
    with pytest.raises(MissingFileError, match=r"/upper_file: file: '.*none' is not an existing"):
        UpperFileRequest(file=tmp_path / "none")


def test_the_repr_of_a_file_is_short_and_without_secrets() -> None:
    file = File("https://user:hunter2@example.org/a.png?__sign=secret")
    assert repr(file) == "File('https://example.org/a.png', name='a.png')"
    assert len(repr(File(b"x" * 1000))) < 50


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    file = File(path)
    path.unlink()
    for use in (file.read, file.open):
        with pytest.raises(ValidationError, match="Cannot read"):
            use()


def test_a_text_stream_is_refused() -> None:
    with pytest.raises(ValidationError, match="'rb'"):
        File(io.StringIO("x"))  # pyright: ignore[reportArgumentType]  # wrong on purpose


def test_a_request_with_files_survives_storage(kitchen: Kitchen, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    remote = kitchen.run(UpperFileRequest(file=b"abc"))
    for source in (path, b"abc", remote):
        stored = UpperFileRequest(file=source).model_dump_json()
        assert kitchen.run(UpperFileRequest.model_validate_json(stored)).read() == b"ABC"


def test_a_file_keeps_its_name_in_storage() -> None:
    for source in (b"abc", "https://example.org/x.bin"):
        request = UpperFileRequest(file=File(source, name="model.safetensors"))
        again = UpperFileRequest.model_validate_json(request.model_dump_json())
        assert File(again.file).name == "model.safetensors"
    plain = UpperFileRequest(file="https://example.org/x.bin").model_dump()
    assert UpperFileRequest(**plain).model_dump_json() == '{"file":"https://example.org/x.bin"}'


def test_a_file_within_any_has_the_form_of_a_stored_one() -> None:
    assert to_json({"found": [File(b"abc", mime_type="text/plain")]}) == (
        b'{"found":["data:text/plain;base64,YWJj"]}'
    )


def test_requests_with_files_have_a_json_schema() -> None:
    schema = UpperFileRequest.model_json_schema()
    assert schema["required"] == ["file"]
    assert schema["properties"]["file"] == {"type": "string", "format": "uri", "title": "File"}


def test_a_file_that_is_too_large_is_not_sent(start_gradio: Callable[..., str]) -> None:
    url = start_gradio(Path(__file__).parent / "app.py", APP_MAX_FILE_SIZE="10", APP_AUTH="1")
    with Kitchen(url, auth=("user", "pass")) as client:
        assert client.run(UpperFileRequest(file=b"x" * 10)).read() == b"X" * 10
        with pytest.raises(FileTooLargeError, match="at most 10 bytes"):
            client.run(UpperFileRequest(file=b"x" * 11))
    with Kitchen(url) as client, pytest.raises(AuthenticationError, match="auth="):
        client.echo("x")
    with Kitchen(url, auth=("user", "hunter2")) as client:
        with pytest.raises(AuthenticationError) as caught:
            client.echo("x")
        assert "hunter2" not in str(caught.value)


@given(st.text(max_size=300))
def test_a_name_of_a_server_is_a_plain_name(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('/\\:*?"<>|\0')
    assert safe not in (".", "..")
    assert not safe.startswith(".")
    assert len(safe.encode(errors="replace")) <= 255


def test_a_fetched_file_is_measured_before_it_is_sent_on(kitchen: Kitchen) -> None:
    address = kitchen.run(UpperFileRequest(file=b"abc")).url
    assert address is not None
    file = File(address)
    assert file.size is None
    assert kitchen.run(UpperFileRequest(file=file)).read() == b"ABC"
    assert file.size == 3
