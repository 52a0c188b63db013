"""The files in the folder of a package, compared with those that its lock lists."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from ..load.document import MAX_BYTES, read_file
from .lock import LOCK_FILE, hash_of, read_lock_file

SPEC_FOLDER = "spec"
_IGNORED_FOLDERS = frozenset({"__pycache__"})
_IGNORED_FILES = frozenset({".DS_Store", "Thumbs.db"})
_LISTED = 6


def hashes(root: Path) -> Iterator[tuple[PurePosixPath, str]]:
    """The sha256 of every file in a package, except those that Python and file browsers create."""
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _IGNORED_FOLDERS]
        # A link to a folder counts as a file: its target is not part of the package.
        names += [name for name in folders if (Path(place) / name).is_symlink()]
        for name in names:
            file = Path(place) / name
            if name not in _IGNORED_FILES and file.suffix != ".pyc":
                yield PurePosixPath(file.relative_to(root).as_posix()), _hash(file)


def edited(
    root: Path, written: Mapping[PurePosixPath, str], made: Mapping[PurePosixPath, bytes]
) -> list[PurePosixPath]:
    """Return the code files that were edited by hand, unless they equal what would be written now.

    The snapshot does not count as code: it was read before writing, or is fetched again.

    Args:
        root: The folder of the package.
        written: The hashes of the files written there; an empty one means unknown.
        made: What would be written now.
    """
    return [
        path
        for path, digest in sorted(written.items())
        if digest
        and path.parts[0] != SPEC_FOLDER
        and (root / path).is_file()
        and (is_ := _hash(root / path)) != digest
        and (path not in made or is_ != hash_of(made[path]))
    ]


def not_as_written(root: Path) -> list[PurePosixPath]:
    """Return the files in a package that hubsmith did not write, and code that was edited.

    Raises:
        SpecError: when its lock cannot be read.
    """
    present = dict(hashes(root))
    is_ours = present.pop(PurePosixPath(LOCK_FILE), None) is not None
    written: Mapping[PurePosixPath, str] = {}
    if is_ours:
        written = read_lock_file(root / LOCK_FILE).files
    edits = edited(root, written, {})
    return sorted(path for path in present if path not in written or path in edits)


def listed(paths: Iterable[PurePosixPath]) -> str:
    """Return the names of the first files, and how many more there are."""
    names = list(map(str, paths))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _hash(file: Path) -> str:
    # hubsmith writes no file this large, so the content does not matter.
    if not file.is_file() or file.stat().st_size > MAX_BYTES:
        return ""
    # Version control may have converted the line endings to those of Windows.
    return hash_of(read_file(file).replace(b"\r\n", b"\n"))
