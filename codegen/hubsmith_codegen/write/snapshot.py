"""Writing a snapshot to disk."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from hubsmith_runtime import HubsmithError

from ..load import RawSpec
from ..load.document import PATHS
from ..load.snapshot import SOURCE_FILE, snapshot_files
from .boundary import confined, replace_file

_NAMES = (*(f"{kind}.json" for kind in PATHS), SOURCE_FILE)


def snapshot_place(folder: Path, boundary: Path) -> dict[str, Path]:
    """Return where the files of a snapshot may be written, by name.

    Raises:
        SpecError: when one of them would be outside of the boundary, or is reached through a link.
    """
    return {name: confined(folder / name, boundary) for name in _NAMES}


def other_files(folder: Path) -> list[PurePosixPath]:
    """Return the files in the folder of a snapshot that are not part of it."""
    present = folder.iterdir() if folder.is_dir() else ()
    return sorted(PurePosixPath(path.name) for path in present if path.name not in _NAMES)


def write_snapshot(raw: RawSpec, folder: Path, *, boundary: Path | None = None) -> None:
    """Write a snapshot to a folder, which is created if it is missing.

    Files of an older snapshot there are replaced or removed; other files are kept.

    Args:
        raw: The documents.
        folder: Where to write them.
        boundary: The folder that nothing is written outside of; default: the parent of `folder`.

    Raises:
        SpecError: when the boundary does not allow it. Nothing is changed then.
        HubsmithError: when the files cannot be written.
    """
    place = snapshot_place(folder, folder.parent if boundary is None else boundary)
    files = snapshot_files(raw)
    try:
        for name, path in place.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in files:
                replace_file(path, files[name].encode())
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise HubsmithError(f"{folder} could not be written: {error.strerror or error}.") from None
