"""The files that the clients in one folder share: in a folder beside them, with its own lock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hubsmith_runtime import SpecError

from .lock import LOCK_FILE, Lock, LockedSpec, generator_versions, hash_of, read_lock_file

_MARK = "shared"


def assemble_shared(texts: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, bytes]:
    """Return every file of the shared folder, including the lock; none if nothing is shared."""
    if not texts:
        return {}
    files = {path: text.encode() for path, text in texts.items()}
    lock = Lock(
        name="runtime",
        source=None,
        gradio="",
        spec=LockedSpec(sha256=hash_of(b""), documents=(), missing={}),  # It is made from none.
        generators={"hubsmith": generator_versions()["hubsmith"]},
        options={_MARK: True},
        files={path: hash_of(content) for path, content in files.items()},
    )
    return {**files, PurePosixPath(LOCK_FILE): lock.to_text().encode()}


def is_shared(root: Path) -> bool:
    """Whether a folder is shared by clients, according to its lock."""
    file = root / LOCK_FILE
    return file.is_file() and _MARK in read_lock_file(file).options


def left_without(root: Path, name: str) -> Path | None:
    """Return the shared folder of this name beside a client, if no other client needs it."""
    shared = root.parent / name
    if not (root / "client.ts").is_file() or not is_shared(shared):
        return None
    # Clients that are in no configuration count, too.
    others = (file.parent for file in root.parent.glob("*/client.ts"))
    return None if any(other not in (root, shared) for other in others) else shared


def refuse_shared(root: Path, name: str) -> None:
    """Refuse a client in the place of the shared folder of this name, and the reverse."""
    shared = root.parent / name
    if root.name.lower() == name:  # One folder on systems that ignore case.
        raise SpecError(
            f"{name} is the folder that TypeScript clients share. Choose another --name."
        )
    if (shared / LOCK_FILE).is_file() and not is_shared(shared):
        raise SpecError(
            f"{shared} is a client, and TypeScript clients share a folder of this name. Give that "
            "client another name, or choose another --out."
        )
