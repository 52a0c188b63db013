"""The user's type checker: finding it, running it, and reading its output."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from hubsmith_runtime import HubsmithError

from ..ir.text import plain

Checker: TypeAlias = Literal["pyright", "mypy"]

_CHECKERS: tuple[Checker, ...] = ("pyright", "mypy")
_SECONDS = 600
_MYPY = (
    # Functions without annotations can break, too.
    *("--check-untyped-defs", "--show-column-numbers", "--show-error-codes", "--hide-error-end"),
    *("--no-pretty", "--no-color-output", "--no-error-summary", "--hide-error-context"),
)
_MYPY_ERROR = re.compile(r"(.+?):(\d+):(\d+): error: (.*?)(?:  \[([\w-]+)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error that a type checker reports in a line of code."""

    file: Path
    line: int  # Counted from 1, like the column.
    column: int
    message: str  # One line.
    rule: str  # The checker's name for the kind of error; may be empty.
    checker: Checker

    @property
    def place(self) -> tuple[Path, int, int, str]:
        """What identifies it, without the message, which may quote the client."""
        return self.file, self.line, self.column, self.rule

    @property
    def text(self) -> str:
        """The line of code, stripped."""
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[self.line - 1].strip() if self.line <= len(lines) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeChecker:
    """pyright or mypy, with the Python whose packages it uses."""

    name: Checker
    program: str
    python: str

    def faults(self, files: Sequence[Path], top: Path, starts: Sequence[Path]) -> list[Fault]:
        """Check files of a project.

        Args:
            files: Absolute paths.
            top: The folder of the project, with its settings; imports start there.
            starts: Further folders that imports start from; pyright finds `src` by itself.

        Raises:
            HubsmithError: when the checker cannot be run, or fails.
        """
        found = (self._pyright if self.name == "pyright" else self._mypy)(files, top, starts)
        return [replace(fault, file=(top / fault.file).resolve()) for fault in found]

    def _pyright(
        self, files: Sequence[Path], top: Path, _starts: Sequence[Path]
    ) -> Iterator[Fault]:
        command = ("--outputjson", "--pythonpath", self.python, "-")
        done = self._run(command, top, given="\n".join(map(str, files)))
        try:
            # It may print something first, such as the name of a folder that it does not find.
            report: Any = json.loads(done.stdout[done.stdout.index("{") :])
            diagnostics: list[Any] = report["generalDiagnostics"]
        except (ValueError, KeyError):
            raise self._gave_up(done) from None
        for one in diagnostics:
            if one["severity"] == "error":
                at: Mapping[str, int] = one["range"]["start"]
                row, column = at["line"] + 1, at["character"] + 1
                message = one["message"].partition("\n")[0]
                yield self._fault(one["file"], row, column, message, one.get("rule"))

    def _mypy(self, files: Sequence[Path], top: Path, starts: Sequence[Path]) -> Iterator[Fault]:
        listed = top.with_name("files")  # There may be too many files for a command line.
        listed.write_text("\n".join(map(str, files)), encoding="utf-8")
        where = ("--python-executable", self.python, "--cache-dir", str(top.with_name("cache")))
        path = [*map(str, starts), *filter(None, [os.environ.get("MYPYPATH")])]
        done = self._run((*where, *_MYPY, f"@{listed}"), top, MYPYPATH=os.pathsep.join(path))
        if done.returncode not in (0, 1):
            raise self._gave_up(done)
        for line in done.stdout.splitlines():
            if found := _MYPY_ERROR.fullmatch(line):
                file, row, column, message, rule = found.groups()
                yield self._fault(file, int(row), int(column), message, rule)

    def _fault(self, file: str, line: int, column: int, message: str, rule: str | None) -> Fault:
        return Fault(
            file=Path(file), line=line, column=column, message=plain(message), rule=rule or "",
            checker=self.name,
        )  # fmt: skip

    def _run(
        self, arguments: Sequence[str], folder: Path, given: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self.program, *arguments],
                cwd=folder,
                env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", **environment},
                input=given,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HubsmithError(f"{self.program} could not be run: {error}") from None

    def _gave_up(self, done: subprocess.CompletedProcess[str]) -> HubsmithError:
        said = plain(done.stdout + done.stderr)
        return HubsmithError(f"{self.program} failed with exit status {done.returncode}: {said}")


def find_checker(project: Path) -> TypeChecker:
    """Find the type checker of a project, or raise a `HubsmithError`.

    The first one found is used: in the active environment, the project's `.venv`, the environment
    of this command, or on the `PATH`.
    """
    scripts = "Scripts" if os.name == "nt" else "bin"
    active = os.environ.get("VIRTUAL_ENV")
    environments = [Path(active)] if active else []
    own = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    places = [str(one / scripts) for one in (*environments, project / ".venv")] + own
    places.append(os.environ.get("PATH", ""))
    python = shutil.which("python", path=os.pathsep.join(places)) or sys.executable
    for place in places:
        for name in _CHECKERS:
            if program := shutil.which(name, path=place):
                return TypeChecker(name=name, program=program, python=python)
    raise HubsmithError(
        "--code needs pyright or mypy, and neither is installed. Run: pip install pyright"
    )
