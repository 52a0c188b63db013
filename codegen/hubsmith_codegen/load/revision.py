"""Reading a snapshot from a revision of the user's git repository.

git is only asked for objects: nothing is checked out or fetched, and no filter, hook or pager runs.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
from pathlib import Path

from hubsmith_runtime import HubsmithError, SpecError

from .document import MAX_BYTES, PATHS
from .snapshot import SOURCE_FILE, snapshot_of
from .spec import RawSpec, load_document

_SECONDS = 60
_OBJECT = re.compile(r"[0-9a-f]{40,64}")
_QUIET = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
# Set by git in its hooks, where they may name another repository than the folder's.
_HOOK_VARIABLES = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"})


class Revision:
    """One revision, such as `HEAD~3` or a tag, of the git repository that contains a folder.

    Raises a `SpecError` if there is no repository or no such revision, a `HubsmithError` if git is
    not installed or fails.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._folder = folder
        # git would interpret a name that begins with a dash as an option.
        if not name or name.startswith("-") or not name.isprintable() or " " in name:
            raise SpecError(f"{name!a} is not the name of a git revision.")
        self._name = name
        root = self._ask("rev-parse", "--show-toplevel")
        if root is None:
            raise SpecError(f"{folder} is not in a git repository.")
        self._root = Path(root.rstrip("\n"))
        commit = self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if commit is None or not _OBJECT.fullmatch(commit.strip()):
            raise SpecError(
                f"git knows no revision {name!a} in {self._root}. "
                "In a shallow clone, fetch more of its history first."
            )
        self._commit = commit.strip()

    def read_folder(self, folder: Path) -> RawSpec:
        """Read the snapshot that a folder of the working tree had in this revision."""
        try:
            path = folder.resolve().relative_to(self._root.resolve())
        except ValueError:
            raise SpecError(f"{folder} is not in the git repository {self._root}.") from None
        return self._read(path.as_posix())

    def read(self, path: str) -> RawSpec:
        """Read a snapshot folder, the folder of a generated client, or a single document.

        The path starts at the top of the repository, or with a leading `./` at the folder.
        """
        if path.startswith("./"):
            path = posixpath.join((self._ask("rev-parse", "--show-prefix") or "").strip(), path)
        clean = posixpath.normpath(path or ".")
        if clean.startswith(("/", "../")) or clean == ".." or not clean.isprintable():
            raise SpecError(f"{path!a} is not a path within the git repository.")
        return self._read(clean)

    def _read(self, path: str) -> RawSpec:
        path = "" if path == "." else path
        if (document := self._blob(path)) is not None:
            return load_document(document, what=self._place(path))
        for folder in (path, posixpath.join(path, "spec")):
            names = [*(f"{kind}.json" for kind in PATHS), SOURCE_FILE]
            found = {name: self._blob(posixpath.join(folder, name)) for name in names}
            files = {name: content for name, content in found.items() if content is not None}
            if files.keys() - {SOURCE_FILE}:
                return snapshot_of(files, self._place(folder))
        raise SpecError(
            f"{self._place(path)}: there is no snapshot in this revision. If it was elsewhere "
            "then, give that path: REVISION:path/from/the/top"
        )

    def _place(self, path: str) -> str:
        return f"{self._name}:{path}"

    def _blob(self, path: str) -> bytes | None:
        """The content of a file; `None` if there is no such file."""
        # The name begins with the commit, so git cannot interpret it as an option.
        name = f"{self._commit}:{path}"
        if int(self._ask("cat-file", "-s", name) or 0) > MAX_BYTES:
            raise SpecError(f"{self._place(path)} is larger than {MAX_BYTES // 2**20} MiB.")
        return self._run("cat-file", "blob", name)

    def _ask(self, *arguments: str) -> str | None:
        content = self._run(*arguments)
        return None if content is None else content.decode("utf-8", "replace")

    def _run(self, *arguments: str) -> bytes | None:
        """The output of git; `None` if it fails, such as for an object that does not exist."""
        git = shutil.which("git")
        if git is None:
            raise HubsmithError("git is not installed, so no revision can be read.")
        command = [git, "--no-optional-locks", "-C", str(self._folder), *arguments]
        kept = {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=kept | _QUIET,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HubsmithError(f"git could not be run: {error}") from None
        if b"dubious ownership" in done.stderr:
            raise SpecError(
                f"git refuses {self._folder}, because it belongs to another user. "
                "`git config --global --add safe.directory FOLDER` allows it."
            )
        return done.stdout if done.returncode == 0 else None
