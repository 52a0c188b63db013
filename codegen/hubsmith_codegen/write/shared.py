"""What the clients of one folder share: a folder beside them, with a lock of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hubsmith_runtime import SpecError

from .lock import LOCK_FILE, Lock, LockedSpec, generator_versions, hash_of, read_lock_file

_MARK = "shared"


def assemble_shared(texts: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, bytes]:
    """Return every file of the folder, the lock included; none where nothing is shared."""
    if not texts:
        return {}
    files = {path: text.encode() for path, text in texts.items()}
    hashes = {path: hash_of(content) for path, content in files.items()}
    listed = "".join(f"{path} {hashes[path]}\n" for path in sorted(hashes))
    lock = Lock(
        name="runtime",
        source=None,
        gradio="",
        spec=LockedSpec(sha256=hash_of(listed.encode()), documents=(), missing={}),
        generators={"hubsmith": generator_versions()["hubsmith"]},
        options={_MARK: True},
        files=hashes,
    )
    return {**files, PurePosixPath(LOCK_FILE): lock.to_text().encode()}


def is_shared(root: Path) -> bool:
    """Whether a folder is one that clients share, as its lock says."""
    file = root / LOCK_FILE
    return file.is_file() and _MARK in read_lock_file(file).options


def left_without(root: Path, name: str) -> Path | None:
    """Return the shared folder of this name beside a client where no other client needs it."""
    shared = root.parent / name
    if not (root / "client.ts").is_file() or not is_shared(shared):
        return None
    # Those that no configuration records count as well.
    others = (file.parent for file in root.parent.glob("*/client.ts"))
    return None if any(other not in (root, shared) for other in others) else shared


def refuse_shared(root: Path, name: str) -> None:
    """Refuse a client that would be where the shared folder of this name is, or the reverse."""
    shared = root.parent / name
    if root.name == name:
        raise SpecError(
            f"{name} is the folder that TypeScript clients share. Choose another --name."
        )
    if (shared / LOCK_FILE).is_file() and not is_shared(shared):
        raise SpecError(
            f"{shared} is a client, and TypeScript clients share a folder of this name. Give that "
            "client another name, or choose another --out."
        )
