"""How a client on the disk differs from what its snapshot, its Space and the generator say."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from hubsmith_runtime import SpecError

from ..ir.model import Json
from ..load import RawSpec
from ..write.files import SPEC_FOLDER
from ..write.fingerprint import fingerprint
from ..write.lock import LOCK_FILE, LOST_LOCK, Lock, generator_versions, hash_of, read_lock

Kind: TypeAlias = Literal["space", "snapshot", "generator", "files"]

_IGNORED_FOLDERS = frozenset({"__pycache__"})
_IGNORED_FILES = frozenset({".DS_Store", "Thumbs.db"})
_LISTED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One way in which a client drifted.

    Attributes:
        kind: What changed: the live Space, the snapshot, the generator with its options, or the
            files of the package.
        what: What is different, in words.
        advice: What to do about it.
        files: The files concerned, by path within the package.
    """

    kind: Kind
    what: str
    advice: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.what}. {self.advice}"

    def to_json(self) -> dict[str, Json]:
        """Return it as it stands in a JSON document."""
        return {
            "kind": self.kind,
            "what": self.what,
            "advice": self.advice,
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
    lock_file = root / LOCK_FILE
    if files.pop(PurePosixPath(LOCK_FILE), None) is None:
        return OnDisk(lock=None, files=files)
    return OnDisk(lock=read_lock(lock_file.read_bytes(), str(lock_file)), files=files)


def is_made_from(lock: Lock, raw: RawSpec, options: Mapping[str, Json]) -> bool:
    """Whether the generator at hand would write this lock for a snapshot, without making it.

    Args:
        lock: The lock of a client.
        raw: The snapshot, with the name of the client.
        options: The choices that the configuration asks for.
    """
    made = _facts(lock) == (raw.digest, raw.source, raw.name, dict(raw.notes))
    code = fingerprint(with_runtime=bool(options.get("vendor_runtime")))
    return (
        made
        and dict(lock.options) == dict(options)
        and dict(lock.generators) == generator_versions()
        and lock == lock.sealed(code)
    )


def findings(
    disk: OnDisk, made: Lock, *, owns_snapshot: bool, name: str | None = None
) -> list[Finding]:
    """Say how a package differs from what would be made of its snapshot now.

    Args:
        disk: The package.
        made: The lock that it would get.
        owns_snapshot: Whether its own `spec` folder is the snapshot.
        name: What `hubsmith generate` calls it; default: the name in the lock.
    """
    generate = f"Run: hubsmith generate {name or made.name}"
    lock = disk.lock
    if lock is None:
        return [_without_lock(disk, generate)]
    found: list[Finding] = []
    is_snapshot_changed = (lock.digest, lock.source, dict(lock.missing)) != (
        made.digest,
        made.source,
        dict(made.missing),
    )
    outdated: list[PurePosixPath] = []
    missing: list[PurePosixPath] = []
    edited: list[PurePosixPath] = []
    left_over: list[PurePosixPath] = []
    for path in sorted({*disk.files, *lock.files, *made.files}):
        is_, was, would = disk.files.get(path), lock.files.get(path), made.files.get(path)
        is_spec = path.parts[0] == SPEC_FOLDER and (was or would) is not None
        if would not in (was, is_):
            outdated.append(path)
        if is_ in (was, would) or (is_spec and owns_snapshot and is_snapshot_changed):
            continue
        if is_ is None:
            missing.append(path)
        elif was is None:
            left_over.append(path)
        else:
            edited.append(path)
    if is_snapshot_changed:
        documents = [
            path for path in sorted({*lock.files, *made.files}) if path.parts[0] == SPEC_FOLDER
        ]
        # Without it the client would be made anew from less: only the Space knows the rest.
        gone = [path for path in documents if owns_snapshot and path not in disk.files]
        if gone:
            back = f"Take it back from version control, or run: hubsmith update {name or made.name}"
            found.append(_finding("files", "missing", back, gone))
        changed = [
            path
            for path in documents
            if path not in gone and lock.files.get(path) != made.files.get(path)
        ]
        if changed or not gone:
            what = "the snapshot changed after the client was made from it"
            found.append(_finding("snapshot", what, generate, changed))
    found += _generator_findings(lock, made, [] if is_snapshot_changed else outdated, generate)
    if missing:
        found.append(_finding("files", "missing", generate, missing))
    if edited:
        undo = f"{generate} to undo it, and keep additions in a subclass elsewhere"
        found.append(_finding("files", "edited by hand", undo, edited))
    if left_over:
        away = "Move it out of the package: hubsmith did not write it"
        found.append(_finding("files", "left over", away, left_over))
    if not found and _signed(lock) != _signed(made):
        found.append(_finding("files", "edited by hand", generate, [PurePosixPath(LOCK_FILE)]))
    return found


def _generator_findings(
    lock: Lock, made: Lock, outdated: Sequence[PurePosixPath], generate: str
) -> list[Finding]:
    choices = [
        f"{key} was {_option(lock.options.get(key))}, is {_option(made.options.get(key))}"
        for key in sorted({*lock.options, *made.options})
        if lock.options.get(key) != made.options.get(key)
    ]
    if lock.name != made.name:
        choices.append(f"name was {lock.name}, is {made.name}")
    if choices:
        return [_finding("generator", f"the options changed: {', '.join(choices)}", generate, ())]
    if not outdated:
        return []
    versions = [
        f"{key} {lock.generators.get(key, 'none')} -> {made.generators.get(key, 'none')}"
        for key in sorted({*lock.generators, *made.generators})
        if lock.generators.get(key) != made.generators.get(key)
    ]
    which = f" ({', '.join(versions)})" if versions else ""
    what = f"the generator changed{which} and makes other files"
    return [_finding("generator", what, generate, outdated)]


def _without_lock(disk: OnDisk, generate: str) -> Finding:
    if not disk.files:
        return Finding(kind="files", what="the client is missing", advice=f"{generate}.")
    return _finding("files", "missing", LOST_LOCK, [PurePosixPath(LOCK_FILE)])


def _finding(kind: Kind, what: str, advice: str, paths: Sequence[PurePosixPath]) -> Finding:
    names = [str(path) for path in paths]
    if names:
        shown = ", ".join(names[:_LISTED])
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        what = f"{what}: {shown}{more}"
    return Finding(kind=kind, what=what, advice=f"{advice}.", files=tuple(names))


def _facts(lock: Lock) -> tuple[str, str | None, str, dict[str, str]]:
    return lock.digest, lock.source, lock.name, dict(lock.missing)


def _signed(lock: Lock) -> Lock:
    """A lock without what may differ while every file is the same."""
    return replace(lock, generators={}, seal="")


def _option(value: Json) -> str:
    return "not set" if value is None else str(value).lower()
