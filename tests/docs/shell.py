"""Runs the console blocks of a page in its folder, and compares output and exit status."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubsmith_codegen.cli import main

from tests.docs.expected import matches
from tests.docs.interpreter import Unexpected
from tests.docs.page import Block

PROGRAMS = frozenset({"hubsmith", "python", "pytest", "pyright", "git", "curl", "cat", "ls", "rm"})
"""What a console block may run: it is here, and stays in the folder."""

_SECONDS = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command line and the output that the page shows below it."""

    line: int
    text: str
    output: str


def commands_of(block: Block) -> Iterator[Command]:
    """The commands of a console block: what stands behind `$ `, and the output below each."""
    lines = block.code.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        text, below = lines[start][2:], start + 1
        while text.endswith("\\"):
            text, below = f"{text[:-1].rstrip()} {lines[below].strip()}", below + 1
        output = "\n".join(lines[below:end])
        yield Command(line=block.line + start, text=text, output=output)


class Shell:
    """Runs one command after another, as a reader would.

    A command fails the page when it fails, unless `echo $?` follows and shows its exit status. One
    that ends with `&` is ended with the page.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._status = 0
        self._running: list[subprocess.Popen[str]] = []

    def run(self, block: Block) -> None:
        """Run every command of a console block."""
        commands = list(commands_of(block))
        for number, command in enumerate(commands):
            place = f"{block.path.name}:{command.line}"
            following = commands[number + 1].text if number + 1 < len(commands) else ""
            self._run(command, place, may_fail=following == "echo $?")

    def _run(self, command: Command, place: str, *, may_fail: bool) -> None:
        if command.text == "echo $?":
            said = str(self._status)
        elif command.text.endswith(" &"):
            said = self._start(command.text.removesuffix(" &"))
        else:
            run = self._hubsmith if command.text.startswith("hubsmith ") else self._program
            said, self._status = run(command.text)
            if self._status and not may_fail:
                raise Unexpected(f"{place}: `{command.text}` ended with {self._status}:\n{said}")
        if command.output and not matches(command.output, said):
            raise Unexpected(f"{place}: `{command.text}` printed:\n{said}")

    def _hubsmith(self, command: str) -> tuple[str, int]:
        """Run our command in this process, which has imported already what it needs."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                status = main(shlex.split(command)[1:])
            except SystemExit as end:
                status = int(end.code or 0)
        return output.getvalue(), status

    def _program(self, command: str) -> tuple[str, int]:
        done = subprocess.run(
            shlex.split(command),
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
        return done.stdout, done.returncode

    def _start(self, command: str) -> str:
        process = subprocess.Popen(
            shlex.split(command),
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._running.append(process)
        assert process.stdout is not None
        return process.stdout.readline()

    def close(self) -> None:
        """End what still runs."""
        for process in self._running:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)

    def _environment(self) -> dict[str, str]:
        scripts = f"{Path(sys.executable).parent}{os.pathsep}{sysconfig.get_path('scripts')}"
        person = {"NAME": "A User", "EMAIL": "user@example.com"}
        return {
            **os.environ,
            "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(self._folder),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            # What is installed beside pytest takes longer to load than the page's tests to run.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            **{
                f"GIT_{who}_{key}": text
                for who in ("AUTHOR", "COMMITTER")
                for key, text in person.items()
            },
        }
