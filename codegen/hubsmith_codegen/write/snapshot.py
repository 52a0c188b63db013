"""A snapshot onto the disk."""

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
    """Return what a folder of a snapshot holds besides it."""
    present = folder.iterdir() if folder.is_dir() else ()
    return sorted(PurePosixPath(path.name) for path in present if path.name not in _NAMES)


def write_snapshot(raw: RawSpec, folder: Path, *, boundary: Path | None = None) -> None:
    """Write a snapshot into a folder, which is made where it is missing.

    Files of an older snapshot there are replaced or removed; other files stay.

    Args:
        raw: The documents.
        folder: Where they go.
        boundary: The folder that nothing is written outside of; default: the one that holds it.

    Raises:
        SpecError: when the boundary does not allow it. Nothing is changed then.
        HubsmithError: when the disk does not.
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
