"""Several Spaces at once: side by side, one display, one that fails stops no other."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.configuration import read_configuration
from hubsmith_codegen.cli.report import Progress

from tests.life.spaces import LocalSpace, StartSpace

TEN = 10


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Give `terminal() -> stream`, which becomes the error stream."""

    def make() -> Terminal:
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.delenv("NO_COLOR", raising=False)
        return stream

    return make


@pytest.fixture
def ten(start_space: StartSpace) -> list[LocalSpace]:
    return [start_space(f"Space {number}") for number in range(TEN)]


def test_ten_are_read_at_the_same_time(home: Path, ten: list[LocalSpace]) -> None:
    """No server answers its first request before all ten have been asked."""
    gate = threading.Barrier(TEN)

    def wait(path: str) -> None:
        if path == "/config":
            gate.wait(30)

    for space in ten:
        space.waiting = wait
    assert main(["add", *(space.url for space in ten)]) == 0
    assert sorted(path.name for path in (home / "clients").iterdir()) == [
        f"space_{number}" for number in range(TEN)
    ]
    assert set(read_configuration(home).spaces) == {f"space_{number}" for number in range(TEN)}
    assert main(["update"]) == 0
    assert main(["check", "--live"]) == 0


def test_one_display_shows_them_all_and_is_gone_in_the_end(
    home: Path, ten: list[LocalSpace], terminal: Callable[[], Terminal]
) -> None:
    screen = terminal()
    assert main(["add", *(space.url for space in ten)]) == 0
    frames = screen.getvalue().split("\r\x1b[2K")
    # All of it is one line that is drawn again and again, and then cleared.
    assert not any("\n" in frame for frame in frames)
    assert frames[-1] == ""
    assert any("reading 0/10" in frame for frame in frames)
    assert any("writing 10/10" in frame for frame in frames)
    assert "\x1b[32m########################\x1b[0m] writing 10/10" in frames[-2]


def test_without_a_terminal_there_is_no_display(
    home: Path, ten: list[LocalSpace], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", *(space.url for space in ten)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "\x1b" not in said.out


@pytest.mark.parametrize(
    ("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")], ids=["NO_COLOR", "dumb"]
)
def test_no_colours_where_they_are_not_wanted(
    variable: str,
    value: str,
    home: Path,
    terminal: Callable[[], Terminal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = terminal()
    monkeypatch.setenv(variable, value)
    assert main(["add", "nowhere"]) == 2
    assert "\x1b[3" not in screen.getvalue()
    assert "hubsmith: error: nowhere" in screen.getvalue()


def test_errors_are_red_on_a_terminal(home: Path, terminal: Callable[[], Terminal]) -> None:
    screen = terminal()
    main(["add", "nowhere"])
    assert "\x1b[31mhubsmith: error:\x1b[0m nowhere" in screen.getvalue()


def test_one_that_fails_stops_no_other(
    home: Path, ten: list[LocalSpace], capsys: pytest.CaptureFixture[str]
) -> None:
    ten[3].is_up = False
    assert main(["add", *(space.url for space in ten)]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"hubsmith: error: {ten[3].url}")
    assert len(list((home / "clients").iterdir())) == TEN - 1


def test_two_of_one_name_need_a_name(
    home: Path, start_space: StartSpace, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = start_space("Twin"), start_space("Twin")
    assert main(["add", first.url, second.url]) == 2
    assert "already gives a client named twin" in capsys.readouterr().err
    assert read_configuration(home).spaces["twin"].source == first.url


def test_quiet_and_json(
    home: Path, ten: list[LocalSpace], capsys: pytest.CaptureFixture[str]
) -> None:
    urls = [space.url for space in ten[:2]]
    assert main(["add", *urls, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["add", *urls, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == 0
    assert document["spaces"]["space_0"] == {
        "folder": "clients/space_0",
        "source": urls[0],
        "endpoints": 1,
        "files": 11,
        "changed": False,
        "sample": [
            "from clients.space_0 import Space0",
            "",
            "with Space0() as space_0:",
            '    result = space_0.greet(name="Hello")',
            "    print(result)",
        ],
    }
    assert main(["generate", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["spaces"]) == {"space_0", "space_1"}


def test_the_runtime_in_the_package_is_recorded_and_kept(
    home: Path, start_space: StartSpace
) -> None:
    space = start_space("Greeter")
    client = home / "clients" / "greeter"
    assert main(["add", space.url, "--vendor-runtime"]) == 0
    assert "vendor-runtime = true" in (home / "hubsmith.toml").read_text()
    assert "._runtime import" in (client / "client.py").read_text()
    assert json.loads((client / "hubsmith.lock").read_text())["options"]["vendor_runtime"] is True
    for command in (["check"], ["add", space.url], ["update"], ["generate"], ["check", "--live"]):
        assert main(command) == 0
        assert (client / "_runtime" / "__init__.py").is_file()
    assert main(["add", space.url, "--no-vendor-runtime"]) == 0
    assert "vendor-runtime" not in (home / "hubsmith.toml").read_text()
    assert not (client / "_runtime").exists()
    assert main(["check"]) == 0


def test_a_name_on_the_display_is_harmless() -> None:
    screen = Terminal()
    bar = Progress(1, stream=screen)
    bar.stage("reading", 1)
    with bar.working("evil\x1b]0;title\x07\n"):
        pass
    assert "\x1b]" not in screen.getvalue()
    assert "\n" not in screen.getvalue()


def test_a_token_goes_to_no_plain_address_among_several(
    home: Path, start_space: StartSpace
) -> None:
    one, other = start_space("One"), start_space("Other")
    assert main(["add", one.url, other.url, "--token", "hf_secret"]) == 0
    assert main(["update", "--token", "hf_secret"]) == 0
    assert main(["check", "--live", "--token", "hf_secret"]) == 0
    assert "hf_secret" not in "".join(one.seen + other.seen)
    assert main(["update", "one", "--token", "hf_secret"]) == 0
    assert "hf_secret" in "".join(one.seen)
    assert "hf_secret" not in "".join(other.seen)


def test_a_reader_that_has_seen_enough_is_no_error(home: Path, start_space: StartSpace) -> None:
    space = start_space("Greeter")
    command = [sys.executable, "-m", "hubsmith_codegen", "add", space.url]
    process = subprocess.Popen(
        command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(60) == 2
    assert (home / "clients" / "greeter" / "client.py").is_file()
