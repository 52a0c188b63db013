"""The same fault gives the same exit status in every command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith_codegen.cli import configuration, main
from hubsmith_codegen.cli.commands import search
from hubsmith_codegen.cli.main import COMMANDS

NOWHERE = "http://127.0.0.1:9"  # Nothing listens there.


@pytest.fixture
def recorded(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A project with the client `cook` of a Space that does not answer, and `broken` snapshots."""
    assert main(["add", "one", "--name", "cook"]) == 0
    file = project / "hubsmith.toml"
    file.write_text(file.read_text().replace('"one"', f'"{NOWHERE}"'))
    (project / "broken").mkdir()
    (project / "broken" / "info.json").write_text("<<<<<<< HEAD\n")
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    capsys.readouterr()
    return project


def unreachable(project: Path) -> None:
    """The Space does not answer, nor does the Hub."""


def unreadable(project: Path) -> None:
    """A merge broke the snapshot."""
    (project / "clients" / "cook" / "spec" / "info.json").write_text("<<<<<<< HEAD\n")


def unwritable(project: Path) -> None:
    """There is a file where a folder would be, and the configuration is a link."""
    (project / "taken").write_text("")
    (project / "hubsmith.toml").rename(project.parent / "hubsmith.toml")
    (project / "hubsmith.toml").symlink_to(project.parent / "hubsmith.toml")


def unknown(project: Path) -> None:
    """A name is not recorded."""


def untold(project: Path) -> None:
    """The configuration cannot be read."""
    (project / "hubsmith.toml").write_text("[tool.hubsmith\n")


FAULTS: dict[Callable[[Path], None], list[str]] = {
    unreachable: [
        f"add {NOWHERE}",
        "update cook",
        "check --live",
        "diff cook",
        f"show {NOWHERE}",
        f"call {NOWHERE} /greet name=a",
        "call cook /greet name=a",
        "search words",
    ],
    unreadable: [
        "add broken",
        "generate",
        "generate --spec broken",
        "check",
        "diff cook two",
        "diff broken two",
        "list",
        "show cook",
        "call cook /greet name=a",
        "mock cook",
        "mock broken",
    ],
    unwritable: [
        "add two --out taken",
        "add two",
        "generate --out taken",
        "generate --spec two --out taken",
        "remove cook",
    ],
    unknown: [
        "generate nobody",
        "update nobody",
        "check nobody",
        "diff nobody",
        "remove nobody",
        "show nobody",
        "call nobody /greet name=a",
        "mock nobody",
        "add nobody",
    ],
    untold: [
        "add two",
        "generate",
        "update",
        "check",
        "diff cook",
        "list",
        "remove cook",
        "show cook",
    ],
}


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        pytest.param(fault, line, id=f"{fault.__name__}-{line}")
        for fault, lines in FAULTS.items()
        for line in lines
    ],
)
def test_what_could_not_be_done_is_2(
    fault: Callable[[Path], None],
    line: str,
    recorded: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault(recorded)
    try:
        status = main(line.split())
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    said = capsys.readouterr().err
    assert "error: " in said
    assert "internal error" not in said


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_usage_is_2(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--nonsense"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: hubsmith ")


@pytest.mark.parametrize(
    "line",
    [
        "add two",
        "generate",
        "update",
        "check",
        "diff cook",
        "list",
        "remove cook",
        "show cook",
        "call cook /greet name=a",
        "mock cook",
        "search words",
    ],
)
def test_interrupted_is_130(
    line: str,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(configuration, "read_toml", press)
    monkeypatch.setattr(search, "search_spaces", press)
    assert main(line.split()) == 130
    assert (
        capsys.readouterr().err == "hubsmith: error: interrupted; no file was left half-written.\n"
    )


@pytest.mark.parametrize(
    ("line", "module"), [("add two", "jinja2"), ("generate", "jinja2"), ("check", "jinja2")]
)
def test_a_missing_extra_is_2(
    line: str,
    module: str,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    from hubsmith_codegen.render import templating

    templating._environment.cache_clear()
    assert main(line.split()) == 2
    assert (
        f'{module} is not installed. Run: pip install "hubsmith[codegen]"'
        in capsys.readouterr().err
    )
