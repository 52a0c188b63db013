"""Formatting generated Python with the pinned ruff and fixed options."""

from __future__ import annotations

import importlib
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from hubsmith_runtime import HubsmithError

from .lock import checked_path
from .options import LINE_LENGTH, TARGET

_COMMON = ("--isolated", "--no-cache", "--quiet", "--target-version", TARGET)
_WIDTH = f"line-length = {LINE_LENGTH}"
# The sorting of imports must not depend on the folders that happen to be beside a file.
_ISORT = (
    'lint.isort = {known-third-party = ["hubsmith_runtime", "pydantic", "typing_extensions"], '
    # Join lines that become short when unused imports are removed.
    "split-on-trailing-comma = false}"
)
_SECONDS = 300


def format_python(files: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, str]:
    """Sort imports, drop unused ones and format every Python file, in one pass.

    Args:
        files: Files of one package or of several; those that are not Python are unchanged.

    Raises:
        HubsmithError: when a file is not valid Python, which is a bug in the generator.
    """
    formatted = dict(files)
    modules = [path for path in sorted(files) if path.suffix == ".py"]
    for path in modules:
        compile_python(path, files[path])
    if not modules:
        return formatted
    with tempfile.TemporaryDirectory(prefix="hubsmith-") as folder:
        root = Path(folder)
        for path in modules:
            target = root / checked_path(path, "Generated file")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], encoding="utf-8", newline="\n")
        _ruff(root, "check", "--fix", "--select", "F,I", "--config", _WIDTH, "--config", _ISORT)
        _ruff(root, "format", "--config", _WIDTH)
        for path in modules:
            formatted[path] = (root / path).read_text(encoding="utf-8")
    return formatted


def compile_python(path: PurePosixPath, content: str | bytes) -> None:
    """Check that a generated file is valid Python, without executing it.

    Raises:
        HubsmithError: when it is not.
    """
    try:
        compile(content, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise HubsmithError(
            f"The generated {path}{line} is not valid Python: {reason}. This is a bug in hubsmith."
        ) from None


def _ruff(root: Path, *arguments: str) -> None:
    # Found through the package, because a `ruff` on the PATH may be another version.
    find: Callable[[], str] = importlib.import_module("ruff").find_ruff_bin
    command = [find(), arguments[0], *_COMMON, *arguments[1:], "."]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HubsmithError(f"ruff could not be run: {error}") from None
    if done.returncode != 0:
        said = (done.stdout or done.stderr).strip().replace(str(root), "")
        raise HubsmithError(
            f"ruff rejects the generated code, which is a bug in hubsmith: {said[:400]}"
        )
