"""`hubsmith add --out` on a recorded Space: its package moves, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.commands import add, writing
from hubsmith_codegen.cli.configuration import read_configuration
from hubsmith_runtime import HubsmithError

from tests.codegen.conftest import files_in

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def client(project: Path, capsys: Capture) -> Path:
    """The recorded client `one`."""
    assert main(["add", "one"]) == 0
    capsys.readouterr()
    return project / "clients" / "one"


def test_the_package_moves_with_its_record(client: Path, project: Path, capsys: Capture) -> None:
    package = files_in(client)
    (client / "__pycache__").mkdir()
    (client / "__pycache__" / "client.cpython-311.pyc").write_bytes(b"x")
    assert main(["add", "one", "--out", "lib"]) == 0
    assert "Moved one from clients/one." in capsys.readouterr().out.splitlines()
    assert not client.exists()
    assert files_in(project / "lib" / "one") == package
    assert read_configuration(project).spaces["one"].out == "lib"
    assert main(["check"]) == 0
    # Back again, which is the common place.
    assert main(["add", "one", "--out", "clients", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2])["spaces"]["one"]["moved_from"]
    assert read_configuration(project).spaces["one"].out is None
    assert files_in(client) == package
    assert not (project / "lib" / "one").exists()


def test_a_client_keeps_the_name_of_a_module_that_came_later(client: Path, project: Path) -> None:
    text = (project / "hubsmith.toml").read_text()
    (project / "hubsmith.toml").write_text(text.replace("spaces.one", "spaces.json"))
    client.rename(client.with_name("json"))
    assert main(["add", "one", "--name", "json", "--out", "lib", "--force"]) == 0


@pytest.mark.parametrize("what", ["foreign", "edited", "edited lock"])
def test_what_would_be_lost_stops_it(
    what: str, client: Path, project: Path, capsys: Capture
) -> None:
    name = {"foreign": "mine.py", "edited": "client.py", "edited lock": "hubsmith.lock"}[what]
    (client / name).write_text("mine")
    before = files_in(project)
    assert main(["add", "one", "--out", "lib"]) == 2
    assert name in capsys.readouterr().err
    assert files_in(project) == before
    assert not (project / "lib").exists()
    assert main(["add", "one", "--out", "lib", "--force"]) == 0
    assert not client.exists()
    assert main(["check"]) == 0


def test_a_snapshot_in_the_folder_is_not_lost(client: Path, project: Path, capsys: Capture) -> None:
    (project / "hubsmith.toml").write_text(
        '[tool.hubsmith.spaces.one]\nsource = "./clients/one/spec"\n'
    )
    before = files_in(project)
    assert main(["add", "clients/one/spec", "--out", "lib"]) == 2
    assert "Copy it first" in capsys.readouterr().err
    assert files_in(project) == before


@pytest.mark.parametrize("step", ["write_configuration", "write", "write_snapshot"])
@pytest.mark.parametrize("error", [HubsmithError("no space left"), KeyboardInterrupt()])
def test_a_step_that_fails_leaves_everything_as_it_was(
    step: str,
    error: BaseException,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / "hubsmith.toml").write_text('[tool.hubsmith]\nsnapshots = "specs"\n')
    assert main(["add", "one"]) == 0
    before = files_in(project)

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(add if step == "write_configuration" else writing, step, fail)
    status = 130 if isinstance(error, KeyboardInterrupt) else 2
    assert main(["add", "one", "--out", "lib"]) == status
    # A new Space is as if it had never been asked for.
    assert main(["add", "two"]) == status
    assert files_in(project) == before
    assert not (project / "specs" / "two").exists()


def test_the_place_that_is_taken_stays(client: Path, project: Path, capsys: Capture) -> None:
    (project / "lib" / "one").mkdir(parents=True)
    (project / "lib" / "one" / "mine.py").write_text("mine")
    before = files_in(project)
    assert main(["add", "one", "--out", "lib", "--force"]) == 2
    assert "was not written by hubsmith" in capsys.readouterr().err
    assert files_in(project) == before
