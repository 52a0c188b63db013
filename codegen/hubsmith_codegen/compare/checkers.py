"""The user's type checker: found, run on files, and what it says."""

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
    # Who wrote no annotations wants to know as well what breaks.
    *("--check-untyped-defs", "--show-column-numbers", "--show-error-codes", "--hide-error-end"),
    *("--no-pretty", "--no-color-output", "--no-error-summary", "--hide-error-context"),
)
_MYPY_ERROR = re.compile(r"(.+?):(\d+):(\d+): error: (.*?)(?:  \[([\w-]+)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a type checker does not accept in a line of code."""

    file: Path
    line: int  # From 1, as the column.
    column: int
    message: str  # One line.
    rule: str  # The checker's name for it; may be empty.
    checker: Checker

    @property
    def place(self) -> tuple[Path, int, int, str]:
        """What tells it from others; its message may name what a client says."""
        return self.file, self.line, self.column, self.rule

    @property
    def text(self) -> str:
        """The line as it stands in the file."""
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[self.line - 1].strip() if self.line <= len(lines) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeChecker:
    """pyright or mypy, with the Python whose packages it sees."""

    name: Checker
    program: str
    python: str

    def faults(self, files: Sequence[Path], top: Path, starts: Sequence[Path]) -> list[Fault]:
        """Check files of a project.

        Args:
            files: Absolute paths.
            top: The folder of the project, which has its settings and is where imports start.
            starts: Further folders that imports start from; pyright knows `src` by itself.

        Raises:
            HubsmithError: when it cannot be run, or gives up.
        """
        found = (self._pyright if self.name == "pyright" else self._mypy)(files, top, starts)
        return [replace(fault, file=(top / fault.file).resolve()) for fault in found]

    def _pyright(
        self, files: Sequence[Path], top: Path, _starts: Sequence[Path]
    ) -> Iterator[Fault]:
        command = ("--outputjson", "--pythonpath", self.python, "-")
        done = self._run(command, top, given="\n".join(map(str, files)))
        try:
            # It may say something before, such as which folder it does not find.
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
        listed = top.with_name("files")  # There may be more than a command line holds.
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
        return HubsmithError(
            f"{self.program} ended with {done.returncode}, unable to check: {said}"
        )


def find_checker(project: Path) -> TypeChecker:
    """Find the type checker of a project, or raise a `HubsmithError`.

    It is looked for in the active environment, in that of the project, in that of this command, and
    on the `PATH`; the nearest one counts.
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
        "There is neither pyright nor mypy, one of which --code needs. Run: pip install pyright"
    )
