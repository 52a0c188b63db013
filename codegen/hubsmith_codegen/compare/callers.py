"""What the user's type checker says of the user's code, with one client or another in its place.

The project is copied, as far as a type checker reads it, and the client is written into the copy.
So every import of the client means the one that is tried, and nothing of the user's is touched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias

import hubsmith_runtime
from hubsmith_runtime import HubsmithError, SpecError

from ..ir.text import plain
from ..write.lock import LOCK_FILE

Checker: TypeAlias = Literal["pyright", "mypy"]
_Found: TypeAlias = tuple[str, int, int, str, str]  # File, line, column, message, rule.

_SECONDS = 600
_COMPILED = shutil.ignore_patterns("__pycache__")
_SETTINGS = {"pyproject.toml", "pyrightconfig.json", "mypy.ini", ".mypy.ini", "setup.cfg"}
_MYPY = (
    # Who wrote no annotations wants to know as well what breaks.
    *("--check-untyped-defs", "--show-column-numbers", "--show-error-codes", "--hide-error-end"),
    *("--no-pretty", "--no-color-output", "--no-error-summary", "--hide-error-context"),
)
_MYPY_ERROR = re.compile(r"(.+?):(\d+):(\d+): error: (.*?)(?:  \[([\w-]+)\])?")
_NOT_FOUND = ("reportMissingImports", "import-not-found", "import")
# A line that had to be excused and is right now.
_MENDED = ("reportUnnecessaryTypeIgnoreComment", "unused-ignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a type checker does not accept in a line of the user's code."""

    file: Path
    line: int  # From 1, as the column.
    column: int
    message: str
    rule: str  # The checker's name for it; may be empty.
    checker: Checker

    @property
    def text(self) -> str:
        """The line as it stands in the file."""
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[self.line - 1].strip() if self.line <= len(lines) else ""


def new_faults(old: Iterable[Fault], new: Iterable[Fault]) -> list[Fault]:
    """Return what is found with the new client and was not with the old one, by its place.

    The same rule at the same place is the same fault: its message may name what the client says.
    """
    known = {(one.file, one.line, one.column, one.rule) for one in old}
    found = [one for one in new if (one.file, one.line, one.column, one.rule) not in known]
    return sorted(found, key=lambda one: (one.file, one.line, one.column))


class Callers:
    """Checks code that calls a client; used as a `with` block, in which it has a copy of a project.

    Args:
        project: The folder of the project; the checker sees nothing outside of it that is not
            installed.
        client: The folder of the client package, which may be missing.
        code: The files and folders to check, relative to the working folder.

    Raises:
        SpecError: when the client or some code is not in the project, or there is no code.
        HubsmithError: when there is no type checker, or it does not work.
    """

    def __init__(self, project: Path, client: Path, code: Sequence[str]) -> None:
        self._project = project.resolve()
        self._client = self._inside(client)
        self._code = sorted({file for place in code for file in self._files(Path(place))})
        if not self._code:
            raise SpecError(f"There is no Python file in {', '.join(code)}.")
        self.checker: Checker
        """The type checker that is used."""
        self.checker, self._program, self._python = _tools(self._project)

    def __enter__(self) -> Callers:
        self._folder = tempfile.TemporaryDirectory(prefix="hubsmith-")
        top = Path(self._folder.name).resolve()
        self._copy, self._cache, self._list = top / "project", top / "cache", top / "files"
        try:
            for file in {*_walk(self._project, is_whole=True), *self._code}:
                target = self._copy / file.relative_to(self._project)
                if self._client not in target.relative_to(self._copy).parents:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, target)
            # Without it a type checker takes anything of a client for right.
            runtime = Path(hubsmith_runtime.__file__).parent
            shutil.copytree(runtime, top / "runtime" / runtime.name, ignore=_COMPILED)
            self._working_folder.mkdir(parents=True, exist_ok=True)
            files = "\n".join(
                str(self._copy / one.relative_to(self._project)) for one in self._code
            )
            self._list.write_text(files, encoding="utf-8")
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def faults(self, client: Mapping[PurePosixPath, bytes]) -> list[Fault]:
        """Return what the checker says of the code where the client has these files."""
        root = self._copy / self._client
        shutil.rmtree(root, ignore_errors=True)
        for path, content in client.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        read = self._pyright if self.checker == "pyright" else self._mypy
        found = [fault for fault in map(self._fault, read()) if fault.file in self._code]
        for one in found:
            if one.rule in _NOT_FOUND and re.search(rf'[".]{root.name}"', one.message):
                raise SpecError(
                    f"{one.file}:{one.line}: {self.checker} does not find the client, so what breaks "
                    f"cannot be told. Imports are looked up from {self._project}: {one.message}"
                )
        return [one for one in found if one.rule not in _MENDED]

    def _pyright(self) -> Iterator[_Found]:
        names = self._list.read_text(encoding="utf-8")
        done = self._run("--outputjson", "--pythonpath", self._python, "-", given=names)
        try:
            # It may say something before, such as which folder it does not find.
            report: Any = json.loads(done.stdout[done.stdout.index("{") :])
            diagnostics: list[Any] = report["generalDiagnostics"]
        except (ValueError, KeyError):
            raise self._failed(done) from None
        for one in diagnostics:
            if one["severity"] == "error":
                at: Mapping[str, int] = one["range"]["start"]
                message, rule = one["message"].partition("\n")[0], one.get("rule", "")
                yield one["file"], at["line"] + 1, at["character"] + 1, message, rule

    def _mypy(self) -> Iterator[_Found]:
        where = ("--python-executable", self._python, "--cache-dir", str(self._cache))
        done = self._run(*where, *_MYPY, f"@{self._list}")
        if done.returncode not in (0, 1):  # 2 where it gave up.
            raise self._failed(done)
        for line in done.stdout.splitlines():
            if found := _MYPY_ERROR.fullmatch(line):
                file, row, column, message, rule = found.groups()
                yield file, int(row), int(column), message, rule or ""

    def _fault(self, found: _Found) -> Fault:
        name, line, column, message, rule = found
        file = (self._working_folder / name).resolve()
        if file.is_relative_to(self._copy):
            file = self._project / file.relative_to(self._copy)
        message = plain(message.replace(str(self._copy), str(self._project)))
        return Fault(
            file=file, line=line, column=column, message=message, rule=rule, checker=self.checker
        )

    def _run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        # What is installed for development would otherwise lead to the user's own client.
        names = ("PYTHONPATH", "MYPYPATH")
        paths = {
            name: os.pathsep.join([*map(str, self._bases()), *filter(None, [os.environ.get(name)])])
            for name in names
        }
        try:
            return subprocess.run(
                [self._program, *arguments],
                cwd=self._working_folder,
                env={**os.environ, **paths, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
                input=given,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HubsmithError(f"{self._program} could not be run: {error}") from None

    def _failed(self, done: subprocess.CompletedProcess[str]) -> HubsmithError:
        said = plain((done.stdout + done.stderr).replace(str(self._copy), str(self._project)))
        return HubsmithError(
            f"{self._program} ended with {done.returncode}, unable to check: {said}"
        )

    def _bases(self) -> list[Path]:
        """The folders that imports of the client may start from."""
        base = self._client.parent
        while (self._project / base / "__init__.py").is_file():
            base = base.parent
        top = Path("src" if self._client.parts[0] == "src" else "")
        # Below a folder that is no package, the name of any module could be that of a library's.
        starts = [base] if base != self._client.parent else []
        runtime = self._copy.with_name("runtime")
        return [self._copy / start for start in dict.fromkeys([*starts, top, Path(), runtime])]

    @property
    def _working_folder(self) -> Path:
        here = Path.cwd().resolve()
        is_inside = here.is_relative_to(self._project)
        return self._copy / here.relative_to(self._project) if is_inside else self._copy

    def _inside(self, path: Path) -> Path:
        path = path.resolve()
        if not path.is_relative_to(self._project):
            raise SpecError(f"{path} is not in {self._project}, the folder of the configuration.")
        return path.relative_to(self._project)

    def _files(self, place: Path) -> Iterable[Path]:
        place = self._project / self._inside(Path.cwd() / place.expanduser())
        if not place.exists():
            raise SpecError(f"{place}: there is no such file or folder.")
        return [place] if place.is_file() else _walk(place, is_whole=False)


def _walk(folder: Path, *, is_whole: bool) -> Iterator[Path]:
    """The Python files in a folder; the whole is all that a checker reads, the rest is code to check."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in ("__pycache__", "node_modules")
            and not (here / name / "pyvenv.cfg").exists()
            # Clients are not the user's code.
            and (is_whole or not (here / name / LOCK_FILE).exists())
        ]
        for file in (here / name for name in names):
            is_read = is_whole and (file.name == "py.typed" or file.name in _SETTINGS)
            if (is_read or file.suffix in (".py", ".pyi")) and file.is_file():
                yield file


def _tools(project: Path) -> tuple[Checker, str, str]:
    """The name of the type checker, its program, and the user's Python.

    They are looked for in the active environment, in that of the project, in that of this command,
    and on the `PATH`.
    """
    active = os.environ.get("VIRTUAL_ENV")
    scripts = "Scripts" if os.name == "nt" else "bin"
    environments = [*([Path(active)] if active else []), project / ".venv"]
    own = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    places = [*(str(one / scripts) for one in environments), *own, os.environ.get("PATH", "")]
    python = shutil.which("python", path=os.pathsep.join(places)) or sys.executable
    checkers: tuple[Checker, ...] = ("pyright", "mypy")
    for place in places:
        for checker in checkers:
            if program := shutil.which(checker, path=place):
                return checker, program, python
    raise HubsmithError(
        "There is neither pyright nor mypy, one of which --code needs. Run: pip install pyright"
    )
