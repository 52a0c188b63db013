"""`hubsmith update`: fetch, say what changed, write; or leave everything as it was."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.commands import writing

from tests.life.spaces import LocalSpace, StartSpace, endpoint

STRING = {"type": "string"}


@pytest.fixture
def space(home: Path, start_space: StartSpace, capsys: pytest.CaptureFixture[str]) -> LocalSpace:
    """A running Space with the client `greeter`."""
    space = start_space("Greeter")
    assert main(["add", space.url]) == 0
    capsys.readouterr()
    return space


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_new(space: LocalSpace, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(home)
    assert main(["update"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "greeter: the Space has not changed.",
        "greeter: 1 endpoint, 11 files in clients/greeter (unchanged).",
    ]
    assert contents(home) == before


def test_what_changed_is_said_before_anything_is_written(
    space: LocalSpace,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    write = writing.write

    def write_and_look(*arguments: Any, **options: Any) -> bool:
        said.extend(capsys.readouterr().out.splitlines())
        return write(*arguments, **options)

    monkeypatch.setattr(writing, "write", write_and_look)
    space.endpoints = {"/greet": endpoint(name=STRING, style=STRING)}
    assert main(["update"]) == 0
    assert said[0] == "greeter: 1 breaking."
    assert any("/greet" in line and "`style`" in line for line in said)
    assert "style" in (home / "clients" / "greeter" / "client.py").read_text()
    assert main(["check", "--live"]) == 0


def test_a_fetch_that_fails_leaves_everything(
    space: LocalSpace, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(home)
    space.endpoints = {"/other": endpoint()}
    space.is_up = False
    assert main(["update"]) == 2
    assert "answered 503" in capsys.readouterr().err
    assert contents(home) == before


def test_a_document_that_is_late_this_time_does_not_impoverish_the_client(
    space: LocalSpace, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(home)
    answered = threading.Event()

    def wait(path: str) -> None:
        if path.endswith("/info"):
            answered.wait(10)

    space.waiting = wait
    assert main(["update", "--timeout", "0.3"]) == 2
    assert "did not serve its info document: no answer in time" in capsys.readouterr().err
    assert main(["check", "--live", "--timeout", "0.3"]) == 2
    answered.set()
    assert contents(home) == before


def test_one_that_fails_stops_no_other(
    space: LocalSpace,
    home: Path,
    start_space: StartSpace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = start_space("Other")
    main(["add", other.url])
    space.is_up = False
    other.endpoints = {"/new": endpoint()}
    capsys.readouterr()
    assert main(["update", "nobody", "greeter", "other"]) == 2
    said = capsys.readouterr()
    assert [line.partition(": ")[2].partition(":")[0] for line in said.err.splitlines()] == [
        "error",
        "error",
    ]
    assert "def new(" in (home / "clients" / "other" / "client.py").read_text()


@pytest.mark.parametrize("command", ["update", "generate", "add"])
def test_an_edit_by_hand_is_not_discarded(
    command: str, space: LocalSpace, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = home / "clients" / "greeter"
    words = [command, space.url] if command == "add" else [command]
    for name in ("client.py", "README.md"):
        (client / name).write_text("mine")
    before = contents(home)
    space.endpoints = {"/new": endpoint()}
    assert main([*words, "--quiet"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert f"edited by hand in {client}: README.md, client.py. " in error
    assert contents(home) == before
    assert main([*words, "--force"]) == 0
    assert "mine" not in (client / "client.py").read_text()
    assert main(["check"]) == 0


def test_of_several_the_edited_one_is_left_and_the_others_go_on(
    space: LocalSpace, home: Path, start_space: StartSpace, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "hubsmith.toml").write_text(
        '[tool.hubsmith]\nsnapshots = "specs"\n' + (home / "hubsmith.toml").read_text()
    )
    other = start_space("Other")
    assert main(["add", other.url]) == main(["update"]) == 0
    (home / "clients" / "greeter" / "models.py").write_text("mine")
    before = contents(home / "clients" / "greeter") | contents(home / "specs" / "greeter")
    space.endpoints = other.endpoints = {"/new": endpoint()}
    capsys.readouterr()
    assert main(["update", "--json"]) == 2
    said = json.loads(capsys.readouterr().out)["spaces"]
    assert "models.py" in said["greeter"]["error"]
    assert said["other"]["changed"] is True
    assert "def new(" in (home / "clients" / "other" / "client.py").read_text()
    after = contents(home / "clients" / "greeter") | contents(home / "specs" / "greeter")
    assert after == before


def test_what_is_written_by_hand_as_it_would_be_made_is_no_edit(
    space: LocalSpace, home: Path
) -> None:
    client = home / "clients" / "greeter" / "client.py"
    old = client.read_bytes()
    space.endpoints = {"/new": endpoint()}
    assert main(["update"]) == 0
    assert old != client.read_bytes()
    space.endpoints = {"/greet": endpoint(name=STRING)}
    client.write_bytes(old)
    assert main(["update"]) == 0


def test_a_client_whose_snapshot_is_lost_is_made_anew(space: LocalSpace, home: Path) -> None:
    before = contents(home)
    for file in (home / "clients" / "greeter" / "spec").iterdir():
        file.unlink()
    (home / "clients" / "greeter" / "spec").rmdir()
    assert main(["check"]) == 2
    assert main(["update"]) == 0
    assert contents(home) == before


@pytest.mark.parametrize("document", ["info.json", "openapi.json", "source.json"])
def test_a_deleted_document_is_fetched_again(
    space: LocalSpace, home: Path, document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """To make the client anew without it would lose what only that document says."""
    before = contents(home)
    (home / "clients" / "greeter" / "spec" / document).unlink()
    assert main(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"greeter: missing: spec/{document}. "
        "Restore it from version control, or run: hubsmith update greeter."
    ]
    assert main(["generate"]) == 2
    assert f"greeter: missing: spec/{document}. " in capsys.readouterr().err
    assert main(["update"]) == 0
    assert contents(home) == before


def test_a_snapshot_that_a_merge_broke_is_replaced(
    space: LocalSpace, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(home)
    (home / "clients" / "greeter" / "spec" / "info.json").write_text("<<<<<<< HEAD\n")
    assert main(["check"]) == 2
    capsys.readouterr()
    assert main(["update"]) == 0
    (warning,) = capsys.readouterr().err.splitlines()
    assert "greeter: its snapshot could not be read" in warning
    assert contents(home) == before


def test_a_lock_that_a_merge_broke_says_what_helps(
    space: LocalSpace, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "clients" / "greeter" / "hubsmith.lock").write_text("<<<<<<< HEAD\n")
    for command in ("update", "generate", "check"):
        assert main([command]) == 2
        (error,) = capsys.readouterr().err.splitlines()
        assert "Restore it from version control, or remove the folder" in error


def test_quiet_says_only_what_is_breaking(
    space: LocalSpace, capsys: pytest.CaptureFixture[str]
) -> None:
    space.endpoints = {"/greet": endpoint(name=STRING), "/more": endpoint()}
    assert main(["update", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    space.endpoints = {"/more": endpoint(), "/other": endpoint(name=STRING, mood=STRING)}
    assert main(["update", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "Breaking" in said
    assert "Compatible" not in said


def test_a_source_that_is_a_path_is_read_from_the_folder_of_the_configuration(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "specs" / "one").mkdir(parents=True)
    document = {"named_endpoints": {"/a": endpoint()}, "unnamed_endpoints": {}}
    (home / "specs" / "one" / "info.json").write_text(json.dumps(document))
    assert main(["add", "specs/one"]) == 0
    assert 'source = "./specs/one"' in (home / "hubsmith.toml").read_text()
    document["named_endpoints"] = {"/b": endpoint()}
    (home / "specs" / "one" / "info.json").write_text(json.dumps(document))
    monkeypatch.chdir(home / "clients")
    assert main(["check", "--live"]) == 1
    assert main(["update"]) == 0
    assert main(["check", "--live"]) == 0
    assert "def b(" in (home / "clients" / "one" / "client.py").read_text()


def test_snapshots_of_their_own_follow(home: Path, start_space: StartSpace) -> None:
    (home / "hubsmith.toml").write_text('[tool.hubsmith]\nsnapshots = "specs"\n')
    space = start_space("Greeter")
    main(["add", space.url])
    space.endpoints = {"/new": endpoint()}
    assert main(["update"]) == 0
    assert "/new" in (home / "specs" / "greeter" / "info.json").read_text()
    assert main(["check", "--live"]) == 0


def test_json(space: LocalSpace, capsys: pytest.CaptureFixture[str]) -> None:
    space.endpoints = {}
    assert main(["update", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)["spaces"]["greeter"]
    assert entry["space_changed"] is True
    assert (entry["changes"][0]["kind"], entry["changes"][0]["endpoint"]) == ("breaking", "/greet")
