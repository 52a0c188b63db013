"""A repository that was cloned from somewhere makes no command write or remove outside of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.write.boundary import confined, replace_file
from hubsmith_runtime import SpecError

pytestmark = pytest.mark.usefixtures("project")
CONFIGURATION = '[tool.hubsmith.spaces.greeter]\nsource = "../source"\n'
SEPARATE = f'[tool.hubsmith]\nsnapshots = "snapshots"\n{CONFIGURATION}'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: dict[str, bytes]) -> Path:
    """A repository with a client, beside what is not to be touched."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    for place in (tmp_path / "source", tmp_path / "outside"):
        place.mkdir()
        for kind, content in documents.items():
            (place / f"{kind}.json").write_bytes(content)
    (tmp_path / "outside" / "precious.txt").write_text("precious")
    (folder / "hubsmith.toml").write_text(CONFIGURATION)
    monkeypatch.chdir(folder)
    return folder


def on_disk(folder: Path) -> dict[str, object]:
    """Every file with its content, every link with its target."""
    return {
        path.relative_to(folder).as_posix(): path.readlink()
        if path.is_symlink()
        else path.is_file() and path.read_bytes()
        for path in folder.rglob("*")
    }


def linked(name: str, target: str = "../outside") -> Callable[[Path], None]:
    """Put a link in the place of something in the repository."""

    def prepare(project: Path) -> None:
        path = project / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to((project / target).resolve())

    return prepare


def configured(text: str) -> Callable[[Path], None]:
    """Write another configuration."""
    return lambda project: (project / "hubsmith.toml").write_text(text) and None


def moved(text: str) -> Callable[[Path], None]:
    return configured(CONFIGURATION + text)


def listed(*paths: str) -> Callable[[Path], None]:
    """Have the lock list files that hubsmith did not write."""

    def prepare(project: Path) -> None:
        lock = project / "clients" / "greeter" / "hubsmith.lock"
        content = json.loads(lock.read_text())
        content["files"] |= dict.fromkeys(paths, "0" * 64)
        lock.write_text(json.dumps(content))

    return prepare


def both(*steps: Callable[[Path], None]) -> Callable[[Path], None]:
    def prepare(project: Path) -> None:
        for step in steps:
            step(project)

    return prepare


CLIENT = "clients/greeter"
HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "spec": (linked(f"{CLIENT}/spec"), f"{CLIENT}/spec"),
    "client": (linked(CLIENT), CLIENT),
    "out": (linked("clients"), "clients"),
    "file": (linked(f"{CLIENT}/client.py", "../outside/precious.txt"), f"{CLIENT}/client.py"),
    "lock": (linked(f"{CLIENT}/hubsmith.lock", "../outside/x"), f"{CLIENT}/hubsmith.lock"),
    "runtime": (
        both(moved("vendor-runtime = true\n"), linked(f"{CLIENT}/_runtime")),
        f"{CLIENT}/_runtime",
    ),
    "listed link": (
        both(linked(f"{CLIENT}/more"), listed("more/precious.txt")),
        f"{CLIENT}/more",
    ),
    "listed dots": (listed("../../../outside/precious.txt"), "outside/precious.txt"),
    "listed absolute": (listed("/etc/passwd"), "/etc/passwd"),
    "out with dots": (moved('out = "../outside"\n'), "outside/greeter"),
    "out with dots within": (moved('out = "a/../../outside"\n'), "outside/greeter"),
    "out behind a link": (
        both(linked("away"), moved('out = "away/deep"\n')),
        "away",
    ),
    "common out": (configured(f'[tool.hubsmith]\nout = ".."\n{CONFIGURATION}'), "greeter"),
    "git": (moved('out = ".git"\n'), ".git"),
}
SNAPSHOTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "dots": (configured(SEPARATE.replace('"snapshots"', '"../.."')), "greeter"),
    "folder": (both(configured(SEPARATE), linked("snapshots/greeter")), "snapshots/greeter"),
    "common folder": (both(configured(SEPARATE), linked("snapshots")), "snapshots"),
    "document": (
        both(configured(SEPARATE), linked("snapshots/greeter/info.json", "../outside/info.json")),
        "info.json",
    ),
    "gone document": (
        both(
            configured(SEPARATE),
            linked("snapshots/greeter/openapi.json", "../outside/openapi.json"),
            lambda project: (project.parent / "source" / "openapi.json").unlink(),
        ),
        "openapi.json",
    ),
}


@pytest.mark.parametrize("command", ["generate", "update"])
@pytest.mark.parametrize(("prepare", "named"), HOSTILE.values(), ids=list(HOSTILE))
def test_nothing_is_written_outside(
    prepare: Callable[[Path], None],
    named: str,
    command: str,
    project: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["update"]) == 0
    shutil.copytree(project / CLIENT / "spec", tmp_path / "outside", dirs_exist_ok=True)
    shutil.copytree(project / CLIENT / "spec", tmp_path / "outside" / "spec")
    shutil.copytree(project / CLIENT / "spec", tmp_path / "outside" / "greeter" / "spec")
    prepare(project)
    before = on_disk(tmp_path)
    capsys.readouterr()
    assert main([command]) == 2
    assert named in capsys.readouterr().err
    assert on_disk(tmp_path) == before


@pytest.mark.parametrize(("prepare", "named"), SNAPSHOTS.values(), ids=list(SNAPSHOTS))
def test_no_snapshot_is_written_outside(
    prepare: Callable[[Path], None],
    named: str,
    project: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare(project)
    before = on_disk(tmp_path)
    for words in (["update"], ["add", "../source", "--name", "greeter"]):
        assert main(words) == 2
        assert named in capsys.readouterr().err
        assert on_disk(tmp_path) == before


@pytest.mark.parametrize("name", ["hubsmith.toml", "pyproject.toml"])
def test_a_configuration_that_is_a_link_is_not_changed(
    name: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outside" / name).write_text("[tool.hubsmith]\n")
    (project / "hubsmith.toml").unlink()
    (project / name).symlink_to(tmp_path / "outside" / name)
    before = on_disk(tmp_path)
    assert main(["add", "../source"]) == 2
    assert name in capsys.readouterr().err
    assert on_disk(tmp_path) == before


def test_links_in_the_place_of_unfinished_files_lead_nowhere(project: Path, tmp_path: Path) -> None:
    (project / "hubsmith.toml").write_text('[tool.hubsmith]\nsnapshots = "snapshots"\n')
    (project / "snapshots" / "source").mkdir(parents=True)
    precious = tmp_path / "outside" / "precious.txt"
    (project / ".hubsmith.toml.unfinished").symlink_to(precious)
    for name in ("config", "info", "openapi", "source"):
        (project / "snapshots" / "source" / f".{name}.json.unfinished").symlink_to(precious)
    outside = on_disk(tmp_path / "outside")
    assert main(["add", "../source", "--name", "source"]) == 0
    assert on_disk(tmp_path / "outside") == outside
    assert (project / "snapshots" / "source" / "info.json").is_file()


@pytest.mark.parametrize("name", ["..", ".", "/tmp", "a/b", "", ".git"])
def test_no_name_of_a_package_leads_elsewhere(
    name: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "hubsmith.toml").write_text(f"[tool.hubsmith.spaces.'{name}']\nsource = 'a/b'\n")
    before = on_disk(tmp_path)
    assert main(["generate"]) == 2
    assert "cannot be the name of a client" in capsys.readouterr().err
    (project / "hubsmith.toml").unlink()
    assert main(["generate", "--spec", "../source", "--name", name]) == 2
    assert main(["add", "../source", "--name", name]) == 2
    assert {*on_disk(tmp_path)} == {*before} - {"project/hubsmith.toml"}


def test_what_the_command_line_names_may_be_outside(project: Path, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert main(["generate", "--spec", "../source", "--name", "one", "--out", elsewhere]) == 0
    assert main(["add", "../source", "--name", "two", "--out", "../elsewhere"]) == 0
    assert main(["update", "two", "--out", "../elsewhere"]) == 0
    assert main(["generate", "two", "--out", "../elsewhere"]) == 0
    assert sorted(path.name for path in Path(elsewhere).iterdir()) == ["one", "two"]


def test_the_way_out_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "../source", "--name", "two", "--out", "../elsewhere"]) == 0
    capsys.readouterr()
    assert main(["update", "two"]) == 2
    assert "--out" in capsys.readouterr().err


def test_a_link_that_the_command_line_goes_through_is_refused_within_the_project(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    linked("clients")(project)
    before = on_disk(tmp_path)
    assert main(["add", "../source", "--name", "two", "--out", "clients"]) == 2
    assert "clients is a link" in capsys.readouterr().err
    assert on_disk(tmp_path) == before


def test_links_above_the_boundary_are_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "project")
    assert confined(tmp_path / "link" / "a", tmp_path / "link") == tmp_path / "project" / "a"
    with pytest.raises(SpecError, match="is outside of"):
        confined(tmp_path / "link" / ".." / "a", tmp_path / "link")


def test_a_file_is_replaced_through_no_link_and_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    replace_file(target, b"one")
    target.chmod(0o600)
    replace_file(target, b"two")
    assert target.read_bytes() == b"two"
    assert target.stat().st_mode & 0o777 == 0o600
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        replace_file(tmp_path / "folder", b"three")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert PurePosixPath("file").name in {path.name for path in tmp_path.iterdir()}
