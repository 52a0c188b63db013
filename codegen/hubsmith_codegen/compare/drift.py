"""How a client on the disk differs from what its snapshot, its Space and the generator say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from hubsmith_runtime import SpecError

from ..ir.model import Json
from ..write.files import SPEC_FOLDER
from ..write.lock import LOCK_FILE, LOST_LOCK, Lock, hash_of, read_lock
from .api import ApiDiff

Cause: TypeAlias = Literal["space", "snapshot", "generator", "files"]

_IGNORED_FOLDERS = frozenset({"__pycache__"})
_IGNORED_FILES = frozenset({".DS_Store", "Thumbs.db"})
_LISTED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One way in which a client drifted.

    Attributes:
        kind: What changed: the running Space, the snapshot, the generator with its options, or the
            files of the package.
        what: What is different, in words.
        advice: What to do about it.
        files: The files concerned, by path within the package.
    """

    kind: Cause
    what: str
    advice: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.what}. {self.advice}."

    def to_json(self) -> dict[str, Json]:
        """Return it as it stands in a JSON document."""
        return {
            "kind": self.kind,
            "what": self.what,
            "advice": f"{self.advice}.",
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """A client package as it is.

    Attributes:
        lock: What made it; `None` where the lock is missing.
        files: sha256 of every file but the lock, by path within the package.
    """

    lock: Lock | None
    files: Mapping[PurePosixPath, str]


def on_disk(root: Path) -> OnDisk:
    """Read a client package.

    Raises:
        SpecError: when its lock is not one.
    """
    if root.exists() and not root.is_dir():
        raise SpecError(f"{root} is not a folder.")
    files: dict[PurePosixPath, str] = {}
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _IGNORED_FOLDERS]
        # A link to a folder is left over like a file: its target is not part of the package.
        names += [name for name in folders if (Path(place) / name).is_symlink()]
        for name in names:
            file = Path(place) / name
            if name not in _IGNORED_FILES and file.suffix != ".pyc":
                path = PurePosixPath(file.relative_to(root).as_posix())
                files[path] = hash_of(file.read_bytes()) if file.is_file() else ""
    lock = None
    if files.pop(PurePosixPath(LOCK_FILE), None) is not None:
        lock_file = root / LOCK_FILE
        lock = read_lock(lock_file.read_bytes(), str(lock_file))
    return OnDisk(lock=lock, files=files)


def space_drift(name: str, changes: ApiDiff) -> Drift:
    """Say that a Space changed since its snapshot."""
    what = f"the Space changed: {changes.brief()}"
    return Drift(kind="space", what=what, advice=f"Run: hubsmith update {name}")


def package_drift(disk: OnDisk, made: Lock, *, owns_snapshot: bool) -> list[Drift]:
    """Say how a package differs from what is made of its snapshot now.

    Args:
        disk: The package.
        made: The lock that it would get.
        owns_snapshot: Whether its own `spec` folder is the snapshot.
    """
    generate = f"Run: hubsmith generate {made.name}"
    lock = disk.lock
    if lock is None:
        if not disk.files:
            return [Drift(kind="files", what="the client is missing", advice=generate)]
        return [_of_files("files", "missing", LOST_LOCK, [PurePosixPath(LOCK_FILE)])]
    found: list[Drift] = []
    is_spec_changed = _spec(lock) != _spec(made)
    if is_spec_changed:
        found += _snapshot_drift(disk, lock, made, owns_snapshot=owns_snapshot)
    found += _generator_drift(disk, lock, made, is_spec_changed=is_spec_changed)
    # While its documents are being edited in the package, they differ from what was written.
    is_edited_here = owns_snapshot and is_spec_changed
    found += _file_drift(disk, lock, made, are_documents_left_out=is_edited_here)
    if not found and replace(lock, generators={}) != replace(made, generators={}):
        # Other versions of the generator may make the very same files.
        found.append(_of_files("files", "edited by hand", generate, [PurePosixPath(LOCK_FILE)]))
    return found


def _spec(lock: Lock) -> tuple[str, str | None, Mapping[str, str]]:
    return lock.digest, lock.source, dict(lock.missing)


def _snapshot_drift(
    disk: OnDisk, lock: Lock, made: Lock, *, owns_snapshot: bool
) -> Iterator[Drift]:
    documents = sorted(filter(_is_document, {*lock.files, *made.files}))
    # Without it the client would be made anew from less: only the Space knows the rest.
    gone = [path for path in documents if owns_snapshot and path not in disk.files]
    if gone:
        back = f"Take it back from version control, or run: hubsmith update {made.name}"
        yield _of_files("files", "missing", back, gone)
    changed = [
        path
        for path in documents
        if path not in gone and lock.files.get(path) != made.files.get(path)
    ]
    if changed or not gone:
        what = "the snapshot changed after the client was made from it"
        yield _of_files("snapshot", what, f"Run: hubsmith generate {made.name}", changed)


def _generator_drift(
    disk: OnDisk, lock: Lock, made: Lock, *, is_spec_changed: bool
) -> Iterator[Drift]:
    generate = f"Run: hubsmith generate {made.name}"
    choices = _changed(lock.options, made.options, "{key} was {was}, is {is_}")
    if lock.name != made.name:
        choices.append(f"name was {lock.name}, is {made.name}")
    if choices:
        what = f"the options changed: {', '.join(choices)}"
        yield Drift(kind="generator", what=what, advice=generate)
        return
    outdated = [
        path
        for path in sorted({*disk.files, *lock.files, *made.files})
        if made.files.get(path) not in (lock.files.get(path), disk.files.get(path))
    ]
    if outdated and not is_spec_changed:
        versions = _changed(lock.generators, made.generators, "{key} {was} -> {is_}")
        which = f" ({', '.join(versions)})" if versions else ""
        what = f"the generator changed{which} and makes other files"
        yield _of_files("generator", what, generate, outdated)


def _file_drift(
    disk: OnDisk, lock: Lock, made: Lock, *, are_documents_left_out: bool
) -> Iterator[Drift]:
    found: dict[str, list[PurePosixPath]] = {"missing": [], "edited by hand": [], "left over": []}
    for path in sorted({*disk.files, *lock.files, *made.files}):
        is_, was, would = disk.files.get(path), lock.files.get(path), made.files.get(path)
        is_written = was is not None or would is not None
        if are_documents_left_out and is_written and _is_document(path):
            continue
        if is_ not in (was, would):
            is_own = "left over" if was is None else "edited by hand"
            found["missing" if is_ is None else is_own].append(path)
    generate = f"Run: hubsmith generate {made.name}"
    advice = {
        "missing": generate,
        "edited by hand": f"{generate} to undo it, and keep additions in a subclass elsewhere",
        "left over": "Move it out of the package: hubsmith did not write it",
    }
    for what, paths in found.items():
        if paths:
            yield _of_files("files", what, advice[what], paths)


def _is_document(path: PurePosixPath) -> bool:
    return path.parts[0] == SPEC_FOLDER


def _changed(old: Mapping[str, Json], new: Mapping[str, Json], words: str) -> list[str]:
    """What changed in a table of the lock, entry by entry."""
    return [
        words.format(key=key, was=_entry(old, key), is_=_entry(new, key))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]


def _entry(table: Mapping[str, Json], key: str) -> str:
    return str(table[key]).lower() if key in table else "not set"


def _of_files(cause: Cause, what: str, advice: str, paths: Iterable[PurePosixPath]) -> Drift:
    names = tuple(map(str, paths))
    if names:
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        what = f"{what}: {', '.join(names[:_LISTED])}{more}"
    return Drift(kind=cause, what=what, advice=advice, files=names)
