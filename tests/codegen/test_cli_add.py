"""`hubsmith add`: from a source to a client on the disk, or one clear line and nothing."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main

Serve = Callable[[dict[str, Any]], str]

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "home"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def everything(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".git")


def one_error(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("hubsmith: error: ")
    return lines[0]


def test_adds_a_running_space(
    home: Path, serve: Serve, gradio_routes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve(gradio_routes)
    assert main(["add", url]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "greeter: 1 endpoint, 11 files in clients/greeter.",
        "Recorded greeter in hubsmith.toml.",
        "",
        "    from clients.greeter import Greeter",
        "",
        "    with Greeter() as greeter:",
        '        result = greeter.greet(name="Hello")',
        "        print(result)",
    ]
    assert (home / "hubsmith.toml").read_text() == (
        f'[tool.hubsmith.spaces.greeter]\nsource = "{url}"\n'
    )
    assert (home / "clients" / "greeter" / "spec" / "config.json").is_file()


def test_adding_again_changes_nothing(
    home: Path, serve: Serve, gradio_routes: dict[str, Any]
) -> None:
    url = serve(gradio_routes)
    main(["add", url])
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    config = json.loads(gradio_routes["/config"]) | {"app_id": 1, "root": "http://127.0.0.1:1"}
    gradio_routes["/config"] = json.dumps(config).encode()
    assert main(["add", url]) == 0
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_snapshot_folder_and_a_document_are_sources_too(
    home: Path, documents: dict[str, bytes]
) -> None:
    (home / "my-snap").mkdir()
    (home / "my-snap" / "info.json").write_bytes(documents["info"])
    (home / "openapi.json").write_bytes(documents["openapi"])
    assert main(["add", "my-snap"]) == 0
    assert main(["add", "openapi.json", "--out", "elsewhere"]) == 0
    assert everything(home / "clients") == ["my_snap"]
    assert everything(home / "elsewhere") == ["greeter"]
    assert 'out = "elsewhere"' in (home / "hubsmith.toml").read_text()


def test_warns_of_what_is_missing(
    serve: Serve, gradio_routes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", serve({**gradio_routes, "/gradio_api/info": (500, b"")})]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "hubsmith: warning: greeter: generated without info: answered 500",
    ]


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ((404, b""), "this is not a Gradio app"),
        ((401, b""), "needs a token or a login"),
        (b"<html>", "is an HTML page"),
        (b"<html>Log in", "login page"),
        (b'{"components": [', "is cut off"),
        (b'{"openapi": "3.1.0", "paths": {"/pets": {}}}', "of something other than a Gradio app"),
    ],
)
def test_a_server_that_is_no_app_gives_one_line_and_no_file(
    route: Any, message: str, home: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", serve({"/config": route})]) == 2
    assert message in one_error(capsys)
    assert everything(home) == []


def test_a_server_that_is_down_or_silent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert main(["add", url]) == 2
        assert "no connection" in one_error(capsys)
        silent.listen()
        assert main(["add", url, "--timeout", "0.2"]) == 2
        assert "not complete after 0.2 s" in one_error(capsys)
    assert everything(home) == []


@pytest.mark.parametrize("source", ["nowhere", "./nowhere", "no.json", "a/b/c", "ftp://x/y"])
def test_a_source_that_is_none(source: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", source]) == 2
    one_error(capsys)
    assert everything(home) == []


@pytest.mark.parametrize("name", ["../evil", "a-b", "class", "__init__", "", "hubsmith", "1a", "ﬁ"])
def test_a_name_that_is_no_identifier_is_refused(
    name: str, home: Path, documents: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "info.json").write_bytes(documents["info"])
    assert main(["add", "info.json", "--name", name]) == 2
    assert "cannot be the name of a client" in one_error(capsys)
    assert everything(home) == ["info.json"]


@pytest.mark.parametrize(
    ("title", "package"),
    [
        ("../../evil", "evil"),
        ("/etc/passwd", "etc_passwd"),
        ("__init__", "init"),
        ("class", "class_"),
        ("hubsmith", "hubsmith_"),
        ("..", "space"),
        ("My Space!", "my_space"),
        ("HelloWorld", "hello_world"),
        ("a\n[tool.evil]", "a_tool_evil"),
        ("Gradio", "space"),
    ],
)
def test_a_title_becomes_neither_a_path_nor_code(
    title: str, package: str, home: Path, serve: Serve, gradio_routes: dict[str, Any]
) -> None:
    config = json.loads(gradio_routes["/config"]) | {"title": title}
    assert main(["add", serve({**gradio_routes, "/config": json.dumps(config).encode()})]) == 0
    assert everything(home / "clients") == [package]
    assert everything(home) == ["clients", "hubsmith.toml"]
    assert everything(home.parent) == ["home"]


def test_a_folder_of_somebody_else_stays(
    home: Path, serve: Serve, gradio_routes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "clients" / "greeter").mkdir(parents=True)
    (home / "clients" / "greeter" / "thesis.tex").write_text("precious")
    assert main(["add", serve(gradio_routes)]) == 2
    assert "was not written by hubsmith" in one_error(capsys)
    assert everything(home) == ["clients"]
    assert everything(home / "clients" / "greeter") == ["thesis.tex"]


def test_another_space_of_the_same_name_needs_a_name(
    home: Path, serve: Serve, gradio_routes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = serve(gradio_routes), serve(gradio_routes)
    main(["add", first])
    capsys.readouterr()
    assert main(["add", second]) == 2
    assert f"greeter is already the client of {first}" in one_error(capsys)
    assert main(["add", second, "--name", "greeter"]) == 2
    assert "or change its source in hubsmith.toml" in one_error(capsys)
    assert main(["add", second, "--name", "other"]) == 0
    assert everything(home / "clients") == ["greeter", "other"]


def test_no_secret_is_printed_or_stored(
    home: Path, serve: Serve, gradio_routes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve(gradio_routes).replace("://", "://bob:s3cret@")
    assert main(["add", url, "--token", "hf_s3cret"]) == 0
    assert "s3cret" not in "".join(capsys.readouterr())
    assert not any(b"s3cret" in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_missing_extra_is_named(
    home: Path,
    documents: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / "info.json").write_bytes(documents["info"])
    monkeypatch.setitem(sys.modules, "ruff", None)
    assert main(["add", "info.json"]) == 2
    assert 'pip install "hubsmith[codegen]"' in one_error(capsys)
    assert everything(home) == ["info.json"]
