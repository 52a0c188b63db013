"""`hubsmith list` and `hubsmith remove`: what is recorded, and no longer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.configuration import read_configuration
from hubsmith_codegen.ir.version import VERSION

from tests.codegen.conftest import files_in

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def clients(project: Path, capsys: Capture) -> Path:
    """The folder with the recorded clients `one` and `two`."""
    assert main(["add", "one", "two"]) == 0
    capsys.readouterr()
    return project / "clients"


# --- list ---


def test_lists_what_is_recorded(clients: Path, project: Path, capsys: Capture) -> None:
    text = (project / "hubsmith.toml").read_text()
    secret = 'source = "https://bob:hunter2@example.org"'
    (project / "hubsmith.toml").write_text(text.replace('source = "two"', secret))
    assert main(["list"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["name", "source", "folder", "endpoints", "made", "by", "state"]
    assert lines[1] == ["one", "one", "clients/one", "1", VERSION, "up", "to", "date"]
    assert lines[2][:3] == ["two", "https://example.org", "clients/two"]


def test_lists_as_json(clients: Path, capsys: Capture) -> None:
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spaces"]["one"] == {
        "source": "one",
        "folder": "clients/one",
        "endpoints": 1,
        "made_by": VERSION,
        "state": "up to date",
    }


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        (f'"hubsmith": "{VERSION}"', '"hubsmith": "0.0.9"', "the generator changed"),
        ('"line_length": 100', '"line_length": 80', "the generator changed"),
        ('"sha256": "', '"sha256": "0', "the snapshot changed"),
    ],
)
def test_says_how_a_client_is(
    old: str, new: str, state: str, clients: Path, capsys: Capture
) -> None:
    lock = clients / "one" / "hubsmith.lock"
    lock.write_text(lock.read_text().replace(old, new))
    assert main(["list", "--json"]) == 0
    spaces = json.loads(capsys.readouterr().out)["spaces"]
    assert (spaces["one"]["state"], spaces["two"]["state"]) == (state, "up to date")


def test_says_what_is_edited_or_missing(clients: Path, capsys: Capture) -> None:
    (clients / "one" / "client.py").write_text("mine")
    (clients / "two" / "README.md").unlink()
    assert main(["list"]) == 0
    _, one, two = capsys.readouterr().out.splitlines()
    assert one.endswith("edited by hand")
    assert two.endswith("files are missing")


def test_one_that_cannot_be_read_stops_no_other(clients: Path, capsys: Capture) -> None:
    (clients / "one" / "spec" / "info.json").write_text("<<<<<<< HEAD\n")
    assert main(["list"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("hubsmith: error: one: ")
    assert [line.split()[0] for line in said.out.splitlines()] == ["name", "one", "two"]
    assert said.out.splitlines()[1].split()[3:] == ["?", "?", "?"]


def test_nothing_recorded_is_no_fault(project: Path, capsys: Capture) -> None:
    assert main(["list"]) == 0
    assert capsys.readouterr().out == "No Space is recorded in hubsmith.toml.\n"
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"status": 0, "spaces": {}}


# --- remove ---


def test_removes_the_record_and_the_package(clients: Path, project: Path, capsys: Capture) -> None:
    (clients / "one" / "__pycache__").mkdir()
    (clients / "one" / "__pycache__" / "client.cpython-311.pyc").write_bytes(b"x")
    kept = files_in(clients / "two")
    assert main(["remove", "one"]) == 0
    assert capsys.readouterr().out == "one: removed, together with clients/one.\n"
    assert [path.name for path in clients.iterdir()] == ["two"]
    assert files_in(clients / "two") == kept
    assert list(read_configuration(project).spaces) == ["two"]
    assert main(["remove", "two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spaces"]["two"] == {"removed": ["clients/two"]}
    assert read_configuration(project).spaces == {}
    assert main(["add", "one"]) == 0


def test_a_configuration_may_begin_with_the_mark_of_windows(clients: Path, project: Path) -> None:
    file = project / "hubsmith.toml"
    file.write_text(f"\ufeff{file.read_text().lstrip()}", encoding="utf-8")
    assert main(["check"]) == 0
    assert main(["remove", "one", "two"]) == 0
    assert read_configuration(project).spaces == {}


def test_what_add_recorded_leaves_no_trace_in_the_configuration(project: Path) -> None:
    file = project / "pyproject.toml"
    before = '# mine\r\n[project]\r\nname = "x"   # odd\r\n'
    file.write_bytes(before.encode())
    assert main(["add", "one", "two"]) == 0
    text = file.read_bytes().decode() + "\r\n# about the tools\r\n[tool.other]\r\na = 1\r\n"
    file.write_bytes(text.encode())
    assert main(["remove", "one", "two"]) == 0
    assert (
        file.read_bytes().decode() == before + "\r\n# about the tools\r\n[tool.other]\r\na = 1\r\n"
    )


def test_a_form_that_cannot_be_edited_is_left_alone(
    clients: Path, project: Path, capsys: Capture
) -> None:
    (project / "hubsmith.toml").write_text('[tool.hubsmith.spaces]\none = {source = "one"}\n')
    before = files_in(project)
    assert main(["remove", "one"]) == 2
    assert "cannot be changed safely. Remove its table yourself" in capsys.readouterr().err
    assert files_in(project) == before


def test_a_snapshot_in_a_folder_of_its_own_goes_too(project: Path, capsys: Capture) -> None:
    (project / "hubsmith.toml").write_text('[tool.hubsmith]\nsnapshots = "specs"\n')
    assert main(["add", "one", "two"]) == 0
    (project / "specs" / "one" / "notes.md").write_text("mine")
    before = files_in(project)
    assert main(["remove", "one"]) == 2
    assert "specs/one has files that hubsmith did not write" in capsys.readouterr().err
    assert files_in(project) == before
    assert main(["remove", "one", "--force"]) == 0
    assert [path.name for path in (project / "specs").iterdir()] == ["two"]
    assert (project / "one" / "info.json").is_file()  # What it was made from is the user's own.


@pytest.mark.parametrize("name", ["mine.py", "client.py", "spec/mine.json", "hubsmith.lock"])
def test_what_would_be_lost_stops_it_and_only_it(
    name: str, clients: Path, project: Path, capsys: Capture
) -> None:
    (clients / "one" / name).write_text("mine")
    kept = files_in(clients / "one")
    assert main(["remove", "one", "two"]) == 2
    assert name in capsys.readouterr().err
    assert files_in(clients) == {f"one/{path}": content for path, content in kept.items()}
    assert list(read_configuration(project).spaces) == ["one"]
    assert main(["remove", "one", "--force"]) == 0
    assert not (clients / "one").exists()


def test_a_folder_without_a_lock_is_somebody_else_s(
    clients: Path, project: Path, capsys: Capture
) -> None:
    (clients / "one" / "hubsmith.lock").unlink()
    assert main(["remove", "one"]) == 2
    assert "README.md" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["../elsewhere", "linked"])
def test_nothing_goes_outside_of_the_project_or_through_a_link(
    out: str, clients: Path, project: Path, capsys: Capture
) -> None:
    clients.rename(project.parent / "elsewhere")
    (project / "linked").symlink_to(project.parent / "elsewhere")
    text = (project / "hubsmith.toml").read_text()
    (project / "hubsmith.toml").write_text(
        text.replace('source = "one"', f'source = "one"\nout = "{out}"')
    )
    before = files_in(project.parent)
    assert main(["remove", "one", "--force"]) == 2
    assert "hubsmith: error: one: " in capsys.readouterr().err
    assert files_in(project.parent) == before


def test_a_runtime_in_the_package_goes_with_it_alone(project: Path) -> None:
    assert main(["add", "one", "two", "--vendor-runtime"]) == 0
    assert main(["remove", "one"]) == 0
    assert not (project / "clients" / "one").exists()
    assert main(["check"]) == 0
    done = subprocess.run(
        [sys.executable, "-c", "import clients.two.client"], cwd=project, check=False
    )
    assert done.returncode == 0
    assert main(["remove", "two"]) == 0
    assert list((project / "clients").rglob("*")) == []


def test_names_are_needed(clients: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["remove"])
    assert ended.value.code == 2
