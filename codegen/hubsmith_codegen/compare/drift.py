"""How a client on disk differs from its Space, its snapshot and what the generator writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from hubsmith_runtime import SpecError

from ..ir.json_type import Json
from ..write.contents import SPEC_FOLDER, hashes, listed
from ..write.lock import LOCK_FILE, LOST_LOCK, Lock, read_lock, read_lock_file
from .api import ApiDiff

Kind: TypeAlias = Literal["space", "snapshot", "generator", "files"]

_LOCK = PurePosixPath(LOCK_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One way in which a client has drifted: what differs, and what to do about it.

    `kind` says what changed: the running Space, the snapshot, the generator with its options, or
    the files of the package.
    """

    kind: Kind
    what: str
    advice: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.what}. {self.advice}."

    def to_json(self) -> dict[str, Json]:
        """Return its form in a JSON document."""
        return {**asdict(self), "advice": f"{self.advice}."}


def space_drift(name: str, changes: ApiDiff) -> Drift:
    """Return the drift of a Space that changed since its snapshot."""
    what = f"the Space changed: {changes.brief()}"
    return Drift(kind="space", what=what, advice=f"Run: hubsmith update {name}")


def package_drift(
    root: Path, made: Mapping[PurePosixPath, bytes], *, owns_snapshot: bool
) -> list[Drift]:
    """Return how a package on disk differs from `made`, the files that its snapshot gives now.

    It owns its snapshot if that is in its own `spec` folder.
    """
    if root.exists() and not root.is_dir():
        raise SpecError(f"{root} is not a folder.")
    wanted = read_lock(made[_LOCK], LOCK_FILE)
    files = dict(hashes(root))
    if _LOCK in files:
        lock = read_lock_file(root / LOCK_FILE)
        return _Judgement(files, lock, wanted, owns_snapshot=owns_snapshot).drift()
    if files:
        return [_of_files("files", "missing", LOST_LOCK, [_LOCK])]
    advice = f"Run: hubsmith generate {wanted.name}"
    return [Drift(kind="files", what="the client is missing", advice=advice)]


def shared_drift(name: str, root: Path, made: Mapping[PurePosixPath, bytes]) -> Iterator[Drift]:
    """Return how the folder that a client shares with its neighbours differs from `made`."""
    wanted = read_lock(made[_LOCK], LOCK_FILE).name
    for found in package_drift(root, made, owns_snapshot=False):
        advice = found.advice.replace(f"hubsmith generate {wanted}", f"hubsmith generate {name}")
        what = found.what.replace("the client is missing", "it is missing")
        yield replace(found, what=f"{root.name}, which clients share: {what}", advice=advice)


class _Judgement:
    """Judges each file by three hashes: of the file on disk, as last written, and as generated now.

    Which two are equal tells what changed.
    """

    def __init__(
        self, files: Mapping[PurePosixPath, str], lock: Lock, made: Lock, *, owns_snapshot: bool
    ) -> None:
        self._files = files
        self._lock = lock
        self._made = made
        self._owns_snapshot = owns_snapshot
        self._is_spec_changed = _spec(lock) != _spec(made)
        self._paths = sorted({*files, *lock.files, *made.files} - {_LOCK})
        written = sorted({*lock.files, *made.files})
        self._documents = [path for path in written if path.parts[0] == SPEC_FOLDER]
        self._generate = f"Run: hubsmith generate {made.name}"

    def drift(self) -> list[Drift]:
        """Everything that has drifted, grouped by cause."""
        found = [*self._of_snapshot(), *self._of_generator(), *self._of_package()]
        # Another version of the generator may write the very same files.
        if not found and replace(self._lock, generators={}) != replace(self._made, generators={}):
            found.append(_of_files("files", "edited by hand", self._generate, [_LOCK]))
        return found

    def _of_snapshot(self) -> Iterator[Drift]:
        if not self._is_spec_changed:
            return
        # Generating from an incomplete snapshot would lose information that only the Space has.
        gone = [path for path in self._documents if self._owns_snapshot and path not in self._files]
        if gone:
            update = f"hubsmith update {self._made.name}"
            back = f"Restore it from version control, or run: {update}"
            yield _of_files("files", "missing", back, gone)
        changed = [
            path
            for path in self._documents
            if path not in gone and self._lock.files.get(path) != self._made.files.get(path)
        ]
        if changed or not gone:
            what = "the snapshot changed after the client was made from it"
            yield _of_files("snapshot", what, self._generate, changed)

    def _of_generator(self) -> Iterator[Drift]:
        lock, made = self._lock, self._made
        choices = _changed(lock.options, made.options, "{key} was {was}, is {is_}")
        if lock.name != made.name:
            choices.append(f"name was {lock.name}, is {made.name}")
        outdated = [
            path
            for path in self._paths
            if made.files.get(path) not in (lock.files.get(path), self._files.get(path))
        ]
        if choices:
            what = f"the options changed: {', '.join(choices)}"
            yield Drift(kind="generator", what=what, advice=self._generate)
        elif outdated and not self._is_spec_changed:
            versions = _changed(lock.generators, made.generators, "{key} {was} -> {is_}")
            which = f" ({', '.join(versions)})" if versions else ""
            what = f"the generator changed{which} and writes different files"
            yield _of_files("generator", what, self._generate, outdated)

    def _of_package(self) -> Iterator[Drift]:
        # A changed snapshot inside the package is reported by `_of_snapshot`.
        is_judged = self._owns_snapshot and self._is_spec_changed
        judged = self._documents if is_judged else []
        found: dict[str, list[PurePosixPath]] = defaultdict(list)
        for path in self._paths:
            is_, was = self._files.get(path), self._lock.files.get(path)
            if path not in judged and is_ not in (was, self._made.files.get(path)):
                own = "left over" if was is None else "edited by hand"
                found["missing" if is_ is None else own].append(path)
        undo = f"{self._generate} --force to undo it, and keep additions in a subclass elsewhere"
        for what, advice in (
            ("missing", self._generate),
            ("edited by hand", undo),
            ("left over", "Move it out of the package: hubsmith did not write it"),
        ):
            if what in found:
                yield _of_files("files", what, advice, found[what])


def _spec(lock: Lock) -> tuple[str, str | None, Mapping[str, str]]:
    return lock.spec.sha256, lock.source, lock.spec.missing


def _changed(old: Mapping[str, Json], new: Mapping[str, Json], words: str) -> list[str]:
    """The changed entries of a table of the lock, in words."""

    def entry(table: Mapping[str, Json], key: str) -> str:
        return str(table[key]).lower() if key in table else "not set"

    return [
        words.format(key=key, was=entry(old, key), is_=entry(new, key))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]


def _of_files(kind: Kind, what: str, advice: str, paths: Iterable[PurePosixPath]) -> Drift:
    paths = tuple(paths)
    if paths:
        what = f"{what}: {listed(paths)}"
    return Drift(kind=kind, what=what, advice=advice, files=tuple(map(str, paths)))
