"""Which token is used, and which servers see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import AuthenticationError, File, HubsmithError, SpecError
from hubsmith_runtime.files import answered_file
from hubsmith_runtime.tokens import choose_token, saved_token

from tests.runtime.echo_client import AsyncEcho, Echo, EchoRequest
from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace
from tests.support.recorder import Recorder, Seen

SECRET = "hf_secret"


class OtherServer(Recorder):
    """Another server, which answers everything with a little content."""

    def answer(self, seen: Seen) -> Any:
        return 200, {}, b"elsewhere"


@pytest.fixture
def other_server() -> Iterator[OtherServer]:
    server = OtherServer()
    with server.running():
        yield server


def bearers(recorder: Recorder) -> list[str]:
    """Return every request that carried the secret in any header or in its body."""
    return [
        seen.path
        for seen in recorder.seen
        if SECRET in f"{seen.headers} {seen.body!r} {seen.query}"
    ]


def test_the_order_of_places(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "cache" / "huggingface").mkdir(parents=True)
    for place, token in [("a", "of_path"), ("token", "of_home")]:
        (home / place).write_text(f"{token}\n")
    (home / "cache" / "huggingface" / "token").write_text("of_cache")
    everything = {
        "HF_TOKEN": " first ",
        "HUGGING_FACE_HUB_TOKEN": "second",
        "HF_TOKEN_PATH": str(home / "a"),
        "HF_HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    found: list[str | None] = []
    for name in list(everything):
        found.append(saved_token(everything))
        del everything[name]
    assert found == ["first", "second", "of_path", "of_home", "of_cache"]


def test_the_usual_file_lies_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".cache" / "huggingface").mkdir(parents=True)
    assert saved_token({}) is None
    (tmp_path / ".cache" / "huggingface" / "token").write_text("of_file\r\n")
    assert saved_token({}) == "of_file"
    assert saved_token({"HF_HOME": "~/elsewhere"}) is None
    assert saved_token({"HF_TOKEN": "\n"}) == "of_file"


def test_a_token_file_that_is_none_is_no_token(tmp_path: Path) -> None:
    assert saved_token({"HF_TOKEN_PATH": str(tmp_path)}) is None
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert saved_token({"HF_TOKEN_PATH": str(tmp_path / "bytes")}) is None


@pytest.mark.parametrize(
    ("token", "disabled", "expected"),
    [
        (None, "", "saved"),
        (None, "0", "saved"),
        (None, "1", None),
        (None, "true", None),
        (False, "", None),
        (True, "1", "saved"),
        ("own", "1", "own"),
        ("own", "", "own"),
        ("", "", None),
    ],
)
def test_what_the_caller_says_counts(
    token: str | bool | None, disabled: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "saved")
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", disabled)
    assert choose_token(token, "x") == expected


def test_a_token_that_is_demanded_must_be_there(fake_hub: FakeHub) -> None:
    with pytest.raises(AuthenticationError, match=r"owner/name.*HF_TOKEN"):
        Echo("owner/name", token=True)
    with pytest.raises(AuthenticationError, match="owner/name"):
        Echo(fake_hub.url, token=True)


def test_hub_and_space_see_the_token_of_an_owner_name(
    fake_hub: FakeHub, fake_space: FakeSpace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    fake_hub.users[SECRET] = "owner"
    fake_hub.add("owner/echo", fake_space.url, private=True)
    with Echo("owner/echo", auth=("user", "password"), download_dir=tmp_path) as echo:
        file = echo.echo(File(b"content", name="a.txt"))
        assert file.answer["path"] == "/files/a.txt"
        assert file.read() == b"content of the file"
        assert SECRET not in f"{echo!r} {vars(echo)!r} {echo._core!r}"
    heard = {seen.path: seen.headers for seen in fake_space.seen}
    assert set(heard) == {
        "/login", "/config", "/gradio_api/info", "/gradio_api/upload", "/gradio_api/queue/join",
        "/gradio_api/queue/data", "/gradio_api/file=/files/a.txt",
    }  # fmt: skip
    for headers in heard.values():
        assert headers["x-hf-authorization"] == f"Bearer {SECRET}"
        # The Hub does not hide this one from the Space's own code.
        assert "authorization" not in headers
    assert bearers(fake_hub) == ["/api/spaces/owner/echo/host"]


@pytest.mark.parametrize("token", [None, False])
def test_a_url_does_not_get_the_saved_token(
    token: bool | None, fake_hub: FakeHub, fake_space: FakeSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    with Echo(fake_space.url, token=token) as echo:
        assert echo.echo("x") == "x"
    assert fake_space.seen
    assert bearers(fake_space) == []
    assert fake_hub.seen == []


def test_a_url_gets_a_token_that_is_given_for_it(fake_space: FakeSpace) -> None:
    with Echo(fake_space.url, token=SECRET) as echo:
        assert echo.echo("x") == "x"
    assert len(bearers(fake_space)) == len(fake_space.seen) > 3


def test_own_headers_win_over_the_token(fake_space: FakeSpace) -> None:
    with Echo(fake_space.url, token=SECRET, headers={"X-HF-Authorization": "mine"}) as echo:
        assert echo.echo("x") == "x"
    assert {seen.headers["x-hf-authorization"] for seen in fake_space.seen} == {"mine"}


def test_a_token_can_be_turned_off(
    fake_hub: FakeHub, fake_space: FakeSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    fake_hub.add("owner/echo", fake_space.url)
    with Echo("owner/echo", token=False) as echo:
        assert echo.echo("x") == "x"
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    with Echo("owner/echo") as echo:
        assert echo.echo("x") == "x"
    assert bearers(fake_hub) == bearers(fake_space) == []


def test_a_redirect_elsewhere_does_not_see_the_token(
    fake_hub: FakeHub, fake_space: FakeSpace, other_server: OtherServer
) -> None:
    fake_hub.users[SECRET] = "owner"
    fake_hub.add("owner/echo", fake_space.url)
    path = "/gradio_api/file=/files/a.txt"
    fake_space.plan(path, (302, {"location": f"{other_server.url}/elsewhere"}, b""))
    with Echo("owner/echo", token=SECRET, headers={"x-own": SECRET}) as echo:
        file = echo.echo({"path": "/files/a.txt", "meta": {"_type": "gradio.FileData"}})
        assert file.read() == b"elsewhere"
    assert [seen.path for seen in other_server.seen] == ["/elsewhere"]
    assert bearers(other_server) == []
    assert path in bearers(fake_space)


def test_a_redirect_of_the_hub_does_not_see_the_token(
    fake_hub: FakeHub, fake_space: FakeSpace, other_server: OtherServer
) -> None:
    fake_hub.users[SECRET] = "owner"
    fake_hub.add("owner/echo", fake_space.url)
    moved = (302, {"location": f"{other_server.url}/host"}, b"")
    fake_hub.plan("/api/spaces/owner/echo/host", moved)
    with Echo("owner/echo", token=SECRET) as echo, pytest.raises(HubsmithError):
        echo.echo("x")
    assert bearers(other_server) == [] != other_server.seen


@pytest.mark.parametrize(
    "answer",
    [
        {"path": "", "url": "OTHER/file"},
        {"path": None, "url": "OTHER/file"},
        {"path": "s/r/1/playlist.m3u8", "url": "OTHER/playlist.m3u8", "is_stream": True},
        {"path": "/files/a.txt", "url": "OTHER/a.txt"},
    ],
    ids=["empty path", "no path", "stream", "both"],
)
def test_a_host_that_an_answer_names_does_not_see_the_token(
    answer: dict[str, Any], fake_hub: FakeHub, fake_space: FakeSpace, other_server: OtherServer
) -> None:
    fake_hub.users[SECRET] = "owner"
    fake_hub.add("owner/echo", fake_space.url)
    fake_space.result = lambda _: {
        **answer,
        "url": answer["url"].replace("OTHER", other_server.url),
    }

    async def read_it() -> bytes:
        async with AsyncEcho("owner/echo", token=SECRET) as echo:
            found = await echo.echo("x")
            origin = echo._core.connector.files
            return await answered_file(found, origin).aread()

    with Echo("owner/echo", token=SECRET) as echo:
        file = answered_file(echo.echo("x"), echo._core.connector.files)
        content = file.read()
    # A file with a path is fetched from the Space itself, whatever its URL says.
    assert content == (b"content of the file" if answer["path"] else b"elsewhere")
    assert asyncio.run(read_it()) == content
    assert len(other_server.seen) == (0 if answer["path"] else 2)
    assert bearers(other_server) == []


def test_a_file_of_another_server_is_fetched_without_the_token(
    fake_hub: FakeHub, fake_space: FakeSpace, other_server: OtherServer
) -> None:
    fake_hub.users[SECRET] = "owner"
    fake_hub.add("owner/echo", fake_space.url)
    with Echo("owner/echo", token=SECRET) as echo:
        echo.echo(File(f"{other_server.url}/a.txt"))
    assert other_server.paths() == ["/a.txt"]
    assert bearers(other_server) == []
    [upload] = fake_space.requests("/gradio_api/upload")
    assert b"elsewhere" in upload.body


def test_the_token_is_not_sent_over_plain_http_for_a_hub_that_uses_https(
    fake_hub: FakeHub,
) -> None:
    from hubsmith_runtime.http import Response
    from hubsmith_runtime.spaces.source import Source

    answer = Response(status=200, headers={}, body=b'{"host": "http://a.example"}', url="")
    source = Source.parse("owner/name", SECRET, None)
    assert source.read_host(answer) == "http://a.example"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SpecError, match="https"):
        patch.setenv("HF_ENDPOINT", "https://hub.example")
        source.read_host(answer)


def test_an_error_does_not_quote_the_token(fake_hub: FakeHub) -> None:
    with Echo("owner/echo", token=SECRET) as echo, pytest.raises(AuthenticationError) as caught:
        echo.run(EchoRequest(value=1))
    assert SECRET not in str(caught.value)
