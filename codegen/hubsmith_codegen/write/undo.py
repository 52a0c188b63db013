"""Changes that are undone if a later step fails."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from hubsmith_runtime import HubsmithError, SpecError

from .boundary import confined, replace_file


@contextmanager
def restored(files: Iterable[Path]) -> Generator[None, None, None]:
    """Restore the content of files if the block fails, and remove those that it created."""
    held = {file: file.read_bytes() if file.is_file() else None for file in files}
    made = {folder for file in held for folder in file.parents if not folder.exists()}
    try:
        yield
    except BaseException:
        for file, content in held.items():
            with contextlib.suppress(OSError):
                if content is None:
                    file.unlink(missing_ok=True)
                elif file.read_bytes() != content:
                    replace_file(file, content)
        for folder in sorted(made, reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def removed(folder: Path, boundary: Path) -> Generator[None, None, None]:
    """Remove a folder, if it exists, with its contents; restore it if the block fails.

    Args:
        folder: The folder to remove.
        boundary: The folder that nothing is removed outside of.

    Raises:
        SpecError: when the boundary does not allow it, or it is not a folder.
        HubsmithError: when it cannot be removed.
    """
    folder = confined(folder, boundary)
    if not folder.exists():
        yield
        return
    if not folder.is_dir():
        raise SpecError(f"{folder} is not a folder.")
    with contextlib.ExitStack() as stack:
        try:
            place = tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent)
            aside = folder.rename(Path(stack.enter_context(place)) / folder.name)
        except OSError as error:
            reason = error.strerror or error
            raise HubsmithError(f"{folder} could not be removed: {reason}.") from None
        try:
            yield
        except BaseException:
            aside.rename(folder)
            raise
