"""Which lines of the user's code a new client breaks.

The files of the project that a type checker reads are copied, and each client is written into the
copy in turn. So every import of the client finds the version under test, and the user's own files
are never touched.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import hubsmith_runtime
from hubsmith_runtime import SpecError

from ..write.lock import LOCK_FILE
from .checkers import Checker, Fault, find_checker

_SETTINGS = {"pyproject.toml", "pyrightconfig.json", "mypy.ini", ".mypy.ini", "setup.cfg"}
_COMPILED = shutil.ignore_patterns("__pycache__")
_NOT_FOUND = ("reportMissingImports", "import-not-found", "import")
# Reported for a line that no longer needs its `type: ignore`.
_MENDED = ("reportUnnecessaryTypeIgnoreComment", "unused-ignore")


def new_faults(old: Iterable[Fault], new: Iterable[Fault]) -> list[Fault]:
    """Return the faults with the new client that the old one did not have, sorted by place."""
    known = {fault.place for fault in old}
    return sorted((one for one in new if one.place not in known), key=lambda one: one.place)


class Callers:
    """Checks code that calls a client; used as a `with` block, on a copy of the project.

    Args:
        project: The folder of the project; code outside of it is not checked, and only found if it
            is installed.
        client: The folder of the client package, which may be missing.
        code: The files and folders to check, relative to the working folder.

    Raises:
        SpecError: when the client or some code is not in the project, or there is no code.
        HubsmithError: when there is no type checker, or it fails.
    """

    def __init__(self, project: Path, client: Path, code: Sequence[str]) -> None:
        self._project = project.resolve()
        self._client = self._inside(client)
        self._code = frozenset(file for place in code for file in self._files(Path(place)))
        if not self._code:
            raise SpecError(f"There is no Python file in {', '.join(code)}.")
        self._checker = find_checker(self._project)
        self.checker: Checker = self._checker.name  # The type checker that is used.

    def __enter__(self) -> Callers:
        self._folder = tempfile.TemporaryDirectory(prefix="hubsmith-")
        top = self._copy = Path(self._folder.name).resolve() / "project"
        try:
            # Without the runtime, the checker would accept any use of a client.
            runtime = Path(hubsmith_runtime.__file__).parent
            shutil.copytree(runtime, top / runtime.name, ignore=_COMPILED)
            for file in {*_walk(self._project, is_whole=True), *self._code}:
                path = file.relative_to(self._project)
                if self._client not in path.parents:
                    for target in self._places(path):
                        target.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(file, target)
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def faults(self, client: Mapping[PurePosixPath, bytes]) -> list[Fault]:
        """Return the faults that the checker finds in the code if the client has these files."""
        for root in self._places(self._client):
            shutil.rmtree(root, ignore_errors=True)
            for path, content in client.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content)
        files = [self._copy / file.relative_to(self._project) for file in sorted(self._code)]
        starts = [self._copy / start for start in (self._start, "src")]
        found: list[Fault] = []
        for fault in self._checker.faults(files, self._copy, starts):
            if fault.file not in files or fault.rule in _MENDED:
                continue
            fault = replace(fault, file=self._project / fault.file.relative_to(self._copy))
            if fault.rule in _NOT_FOUND and re.search(rf'[".]{self._client.name}"', fault.message):
                raise SpecError(
                    f"{fault.file}:{fault.line}: {self.checker} does not find the client, so it "
                    f"cannot tell what breaks. Imports start from {self._project}: {fault.message}"
                )
            found.append(fault)
        return found

    @property
    def _start(self) -> Path:
        """The folder that imports of the client start from, judging by the packages around it."""
        start = self._client.parent
        while (self._project / start / "__init__.py").is_file():
            start = start.parent
        return start if start != self._client.parent else Path()

    def _places(self, path: Path) -> list[Path]:
        """The places of a file in the copy.

        If the client's package is in an unusual folder, it is copied to the top as well: otherwise,
        pyright would prefer an editable install, which leads to the user's own files.
        """
        start = self._start
        package = start / self._client.relative_to(start).parts[0]
        is_odd = start not in (Path(), Path("src")) and path.is_relative_to(package)
        return [self._copy / path, *([self._copy / path.relative_to(start)] if is_odd else [])]

    def _inside(self, path: Path) -> Path:
        path = path.resolve()
        if not path.is_relative_to(self._project):
            raise SpecError(f"{path} is not in {self._project}, the folder of the configuration.")
        return path.relative_to(self._project)

    def _files(self, place: Path) -> Iterable[Path]:
        place = self._project / self._inside(Path.cwd() / place)
        if not place.exists():
            raise SpecError(f"{place}: there is no such file or folder.")
        return [place] if place.is_file() else _walk(place, is_whole=False)


def _walk(folder: Path, *, is_whole: bool) -> Iterator[Path]:
    """The Python files in a folder; with `is_whole`, everything that a checker reads."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in ("__pycache__", "node_modules")
            and not (here / name / "pyvenv.cfg").exists()
            # Generated clients are not the user's code.
            and (is_whole or not (here / name / LOCK_FILE).exists())
        ]
        for file in (here / name for name in names):
            is_read = is_whole and (file.name == "py.typed" or file.name in _SETTINGS)
            if (is_read or file.suffix in (".py", ".pyi")) and file.is_file():
                yield file
