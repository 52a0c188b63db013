"""Where files may be written: within one folder, and not through links.

The paths in a project (its configuration, locks and links) may come from someone else. Every write
and removal by a command is checked here first.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Generator
from pathlib import Path

from hubsmith_runtime import HubsmithError, SpecError

# Not every system knows all of these.
_FRESH = sum(
    getattr(os, f"O_{name}", 0) for name in ("WRONLY", "CREAT", "EXCL", "NOFOLLOW", "BINARY")
)


def confined(path: Path, boundary: Path) -> Path:
    """Return the absolute path, after checking that it may be written to.

    Args:
        path: A file or a folder, which may be missing.
        boundary: The folder that it must be in. Links on the way to this folder are allowed.

    Raises:
        SpecError: when the path leads out of the boundary, a part of it inside is a link, or it
            belongs to git.
    """
    top, lexical = boundary.resolve(), _absolute(boundary)
    target = _absolute(path)
    if target.is_relative_to(lexical):
        target = top / target.relative_to(lexical)
    if not target.is_relative_to(top):
        raise SpecError(
            f"{target} is outside of {top}. Nothing is written there unless you pass it as "
            "--out DIR."
        )
    parts = target.relative_to(top).parts
    if ".git" in map(str.lower, parts):
        raise SpecError(f"{target} belongs to git, so nothing is written there.")
    place = top
    for part in parts:
        place /= part
        if _is_link(place):
            raise SpecError(f"{place} is a link, and links are not followed. Remove it first.")
        if not place.exists():
            break
    return target


def boundary_of(out: str | None, project: Path) -> Path:
    """Return the folder that nothing is written outside of.

    Args:
        out: The folder given on the command line.
        project: The folder of the configuration.
    """
    if out is None or _absolute(Path(out)).is_relative_to(project):
        return project
    return Path(out)


@contextlib.contextmanager
def one_at_a_time(project: Path) -> Generator[None, None, None]:
    """Wait until no other command writes in this project, and keep others waiting meanwhile.

    Two at once could lose each other's lines of the configuration, or files of the user in the
    folder of a client. Does nothing where folders cannot be locked, as on Windows.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            descriptor = os.open(project, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def write_file(path: Path, content: bytes, boundary: Path) -> None:
    """Write a file within a boundary atomically, creating missing folders.

    Raises:
        SpecError: when the boundary does not allow it; see `confined`.
        HubsmithError: when the file cannot be written.
    """
    target = confined(path, boundary)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, content)
    except OSError as error:
        raise HubsmithError(f"{target} could not be written: {error.strerror or error}.") from None


def replace_file(path: Path, content: bytes) -> None:
    """Write a file atomically; an existing file keeps its mode.

    Raises:
        OSError: when it cannot be written.
    """
    # Under an unpredictable name, so that nobody can put a link there beforehand.
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}.unfinished")
    try:
        with os.fdopen(os.open(unfinished, _FRESH, 0o666), "wb") as file:
            file.write(content)
        if path.exists():
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def _absolute(path: Path) -> Path:
    # Unlike Path.resolve, this does not follow links, and needs no working folder for an absolute path.
    return Path(os.path.normpath(path.absolute()))


def _is_link(path: Path) -> bool:
    # Junctions are the other kind of link on Windows; Python recognises them since 3.12.
    return path.is_symlink() or getattr(os.path, "isjunction", os.path.islink)(path)
