"""Writing files to disk: all of them or none, and never over files that hubsmith did not write."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Collection, Generator, Mapping
from pathlib import Path, PurePosixPath

from hubsmith_runtime import HubsmithError, SpecError

from ..ir.model import Service
from ..ir.names import RUNTIME_FOLDER
from ..load import RawSpec
from ..load.snapshot import snapshot_files
from .boundary import confined
from .contents import SPEC_FOLDER, edited, listed
from .formatting import compile_python
from .lock import (
    LOCK_FILE,
    Lock,
    LockedSpec,
    checked_path,
    generator_versions,
    hash_of,
    read_lock_file,
)
from .options import Options
from .syntax import check_syntax


def assemble(
    raw: RawSpec,
    service: Service,
    rendered: Mapping[PurePosixPath, str],
    options: Options,
) -> dict[PurePosixPath, bytes]:
    """Return every file of a client package: the formatted code, the snapshot and the lock.

    Args:
        raw: The documents.
        service: The service that they describe.
        rendered: The code, including the runtime if the client contains it.
        options: The options of the client.

    Raises:
        HubsmithError: when the code does more than a client may, which is a bug in hubsmith.
    """
    files = {checked_path(path, "Generated file"): text.encode() for path, text in rendered.items()}
    for path, content in files.items():
        if path.suffix == ".py" and path.parts[0] != RUNTIME_FOLDER:
            check_syntax(path, content)
    for name, text in snapshot_files(raw).items():
        files[PurePosixPath(SPEC_FOLDER, name)] = text.encode()
    lock = Lock(
        name=raw.name or "",
        source=raw.source,
        gradio=raw.gradio_version,
        spec=LockedSpec(sha256=raw.digest, documents=service.documents, missing=dict(raw.notes)),
        generators=generator_versions(),
        options=options.recorded(),
        omissions=service.omissions,
        files={path: hash_of(content) for path, content in files.items()},
    )
    return {**files, PurePosixPath(LOCK_FILE): lock.to_text().encode()}


def write(
    files: Mapping[PurePosixPath, bytes],
    root: Path,
    *,
    boundary: Path | None = None,
    owned: Collection[PurePosixPath] | None = None,
    discards_edits: bool = False,
) -> bool:
    """Replace the generated files in a folder atomically.

    Other files in the folder, such as the user's own, are kept.

    Args:
        files: What `assemble` returned.
        root: The folder of the package. It may be missing, empty, or written by hubsmith before.
        boundary: The folder that nothing is written outside of; default: the parent of the
            package.
        owned: The files in it that were generated before; default: those that its lock lists.
        discards_edits: Whether to overwrite generated files that were edited by hand.

    Returns:
        Whether anything changed.

    Raises:
        SpecError: when the folder has files but no lock, a foreign file or an edit would be lost,
            or a path leads out of the folder or through a link. Nothing is changed then.
    """
    for path, content in files.items():
        checked_path(path, str(root))
        if path.suffix == ".py":
            compile_python(path, content)
    root = confined(root, root.parent if boundary is None else boundary)
    confined(root / LOCK_FILE, root)
    owned = owned_files(root) if owned is None else dict.fromkeys(owned, "")
    for path in {*files, *owned}:
        confined(root / path, root)
    _refuse_foreign(files, root, owned)
    if not discards_edits:
        _refuse_edits(files, root, owned)
    if not differences(files, root, owned=owned):
        return False
    with _staging(root) as staging:
        fresh = staging / "new"
        if root.exists():
            _copy_kept(root, fresh, owned)
        for path, content in files.items():
            target = confined(fresh / path, fresh)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        _swap(fresh, root, staging / "old")
    return True


def differences(
    files: Mapping[PurePosixPath, bytes],
    root: Path,
    *,
    owned: Collection[PurePosixPath] | None = None,
) -> list[PurePosixPath]:
    """Return what `write` would change: files that are missing, different or no longer needed."""
    owned = owned_files(root) if owned is None else owned
    different = [
        path
        for path, content in files.items()
        if not (root / path).is_file() or (root / path).read_bytes() != content
    ]
    return sorted([*different, *(path for path in owned if path not in files)])


def owned_files(root: Path) -> dict[PurePosixPath, str]:
    """Return the files that the lock of a folder lists with their hashes, and the lock itself.

    Raises:
        SpecError: when the folder is not empty and has no lock.
    """
    if not root.exists():
        return {}
    if not root.is_dir():
        raise SpecError(f"{root} exists and is not a folder. Choose another --name or --out.")
    lock_file = root / LOCK_FILE
    if lock_file.is_file():
        return {**read_lock_file(lock_file).files, PurePosixPath(LOCK_FILE): ""}
    if any(root.iterdir()):
        raise SpecError(
            f"{root} exists and was not written by hubsmith (it has no {LOCK_FILE}). "
            "Choose another --name or --out, or remove it."
        )
    return {}


def _refuse_foreign(
    files: Mapping[PurePosixPath, bytes], root: Path, owned: Collection[PurePosixPath]
) -> None:
    for path in files:
        target = root / path
        if path not in owned and (target.exists() or target.is_symlink()):
            raise SpecError(f"{target} exists and was not written by hubsmith. Move it away first.")


def _refuse_edits(
    files: Mapping[PurePosixPath, bytes], root: Path, owned: Mapping[PurePosixPath, str]
) -> None:
    if edits := edited(root, owned, files):
        raise SpecError(
            f"edited by hand in {root}: {listed(edits)}. Move what you added to a subclass "
            "elsewhere, then overwrite the files with --force."
        )


@contextlib.contextmanager
def _staging(root: Path) -> Generator[Path, None, None]:
    """A temporary folder beside the target, where a rename is enough to replace it."""
    made = [folder for folder in root.parents if not folder.exists()]
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{root.name}.", dir=root.parent) as folder:
            yield Path(folder)
    except BaseException as error:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise HubsmithError(
                f"{root} could not be written: {error.strerror or error}."
            ) from None
        raise


def _copy_kept(root: Path, fresh: Path, owned: Collection[PurePosixPath]) -> None:
    def ignored(folder: str, names: list[str]) -> list[str]:
        inside = PurePosixPath(Path(folder).relative_to(root).as_posix())
        return [name for name in names if inside / name in owned]

    shutil.copytree(root, fresh, symlinks=True, ignore=ignored)
    # A folder with only generated files was generated, too.
    for folder in sorted((path for path in fresh.rglob("*") if path.is_dir()), reverse=True):
        if not folder.is_symlink() and not any(folder.iterdir()):
            relative = PurePosixPath(folder.relative_to(fresh).as_posix())
            if any(relative in path.parents for path in owned):
                folder.rmdir()


def _swap(fresh: Path, root: Path, old: Path) -> None:
    if not root.exists():
        fresh.rename(root)
        return
    root.rename(old)
    try:
        fresh.rename(root)
    except BaseException:
        old.rename(root)
        raise
