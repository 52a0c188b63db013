"""Tab completion in real shells, and what a shell may ask without harm."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main

_SECONDS = 60


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The surroundings of a shell that finds `hubsmith`, and has no files of a user."""
    programs = Path(sys.executable).parent
    if not (programs / "hubsmith").exists():
        pytest.skip("the command is not installed")
    home = tmp_path / "home"
    home.mkdir()
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "TERM": "dumb", "PS1": "ready> ", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def clients(project: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder of the recorded clients `one` and `two`."""
    assert main(["add", "one", "two"]) == 0
    capsys.readouterr()
    return project / "clients"


def shell(name: str) -> str:
    """The path of a shell."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


class Keyboard:
    """A shell on a terminal of its own."""

    def __init__(self, *command: str, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def type(self, text: str, until: str) -> str:
        """Type, and return what is shown until the awaited text stands there."""
        os.write(self._master, text.encode())
        shown = b""
        deadline = time.monotonic() + _SECONDS
        while until.encode() not in shown and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                shown += os.read(self._master, 65536)
        assert until.encode() in shown, shown
        return shown.decode()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@contextlib.contextmanager
def keyboard(*command: str, environment: Mapping[str, str]) -> Iterator[Keyboard]:
    keys = Keyboard(*command, environment=environment)
    try:
        yield keys
    finally:
        keys.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "before"),
    [
        (["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'"),
        (
            ["zsh", "-f", "-i"],
            "unsetopt prompt_sp zle_bracketed_paste; autoload -U compinit; compinit -u",
        ),
    ],
    ids=["bash", "zsh"],
)
def test_a_tab_completes_commands_options_and_names(
    command: list[str], before: str, clients: Path, environment: dict[str, str]
) -> None:
    name = command[0]
    with keyboard(shell(name), *command[1:], environment=environment) as keys:
        setup = f'{before}; eval "$(hubsmith completion {name})"; echo set""up\n'
        keys.type(setup, "setup\r\n")
        keys.type("hubsmith rem\t", "remove")
        keys.type("o\t", "one")
        keys.type("--fo\t", "--force")
        shown = keys.type("\n", "clients/one.")
    assert "one: removed, together with clients/one." in shown
    assert not (clients / "one").exists()


@pytest.mark.slow
def test_fish(clients: Path, environment: dict[str, str]) -> None:
    def completed(line: str) -> list[str]:
        script = f"hubsmith completion fish | source; complete -C '{line}'"
        done = subprocess.run(
            [shell("fish"), "--no-config", "-c", script],
            env=environment, capture_output=True, text=True, check=True, timeout=_SECONDS,
        )  # fmt: skip
        assert done.stderr == ""
        return [found.partition("\t")[0] for found in done.stdout.splitlines()]

    assert completed("hubsmith rem") == ["remove"]
    assert completed("hubsmith remove ") == ["one", "two"]
    assert completed("hubsmith remove one --for") == ["--force"]


def asked(line: str, environment: Mapping[str, str], *options: str) -> tuple[list[str], str]:
    """Ask as a shell does, and return the words, and what was printed meanwhile."""
    words, spy = (Path(environment["HOME"], name) for name in ("words", "sitecustomize.py"))
    words.touch()
    spy.write_text(
        "import sys\nsys.addaudithook(lambda event, _: print(event) if 'socket' in event else None)\n"
    )
    done = subprocess.run(
        [sys.executable, *options, "-m", "hubsmith_codegen"],
        env={
            **environment,
            "PYTHONPATH": environment["HOME"],
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(words),
            "_ARGCOMPLETE_IFS": "\n",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        },
        capture_output=True, text=True, check=False, timeout=_SECONDS,
    )  # fmt: skip
    return [word.rstrip() for word in words.read_text().splitlines()], done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hubsmith upd", ["update"]),
        ("hubsmith update ", ["one", "two"]),
        ("hubsmith generate one t", ["two"]),
        ("hubsmith check o", ["one"]),
        ("hubsmith show on", ["one", "one/"]),  # the name, and the folder beside it
        ("hubsmith diff tw", ["two", "two/"]),
        ("hubsmith mock tw", ["two", "two/"]),
        ("hubsmith add tw", ["two/"]),
        ("hubsmith update --out cli", ["clients/"]),
        ("hubsmith show one --lang c", ["curl"]),
        ("hubsmith completion z", ["zsh"]),
        ("hubsmith update --token ", []),
    ],
)
def test_what_may_stand_there(
    line: str, words: list[str], clients: Path, environment: dict[str, str]
) -> None:
    assert asked(line, environment) == (words, "")


@pytest.mark.parametrize("configuration", ["a = [", "[tool.hubsmith]\nspaces = 1\n", None])
def test_without_a_configuration_there_is_no_name_and_no_error(
    configuration: str | None, project: Path, environment: dict[str, str]
) -> None:
    if configuration is not None:
        (project / "hubsmith.toml").write_text(configuration)
    assert asked("hubsmith update ", environment) == ([], "")


@pytest.mark.parametrize("command", ["add", "update", "call", "search"])
def test_completing_loads_nothing_that_is_slow_or_speaks_to_the_network(
    command: str, clients: Path, environment: dict[str, str]
) -> None:
    _, said = asked(f"hubsmith {command} ", environment, "-X", "importtime")
    modules = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "hubsmith_codegen.cli.commands.arguments" in modules
    assert not modules & {"datamodel_code_generator", "jinja2", "ruff"}
    assert "socket." not in said


def test_no_argument_is_answered_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("usage: hubsmith [-h] [--version] COMMAND")
    assert "rewrite clients from their snapshots" in said.err


def test_python_m_hubsmith_is_the_command(clients: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hubsmith", "list"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[1].startswith("one ")
    done = subprocess.run([sys.executable, "-m", "hubsmith"], capture_output=True, text=True)
    assert (done.returncode, done.stderr[:15]) == (2, "usage: hubsmith")


def test_without_the_extra_python_m_hubsmith_says_what_is_missing(clients: Path) -> None:
    code = (
        "import runpy, sys; sys.argv[1:] = ['generate']; sys.modules['jinja2'] = None; "
        "runpy.run_module('hubsmith', run_name='__main__')"
    )
    (clients / "one" / "client.py").unlink()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        'hubsmith: error: jinja2 is not installed. Run: pip install "hubsmith[codegen]"\n'
    )
