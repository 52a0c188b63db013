"""From the documents of a Space to the files of its client, for one Space or many."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from hubsmith_runtime import HubsmithError

from .ir.model import Service
from .load import RawSpec
from .write.files import assemble
from .write.formatting import format_python


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A client package, rendered but not yet written.

    Attributes:
        root: The folder it belongs into; its last part is the name.
        raw: What it was made from.
        service: What that means.
        files: Its files, by path within the package.
    """

    root: Path
    raw: RawSpec
    service: Service
    files: Mapping[PurePosixPath, bytes]

    @property
    def name(self) -> str:
        """The package's name."""
        return self.root.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A client package whose Python is not formatted yet."""

    root: Path
    raw: RawSpec
    service: Service
    files: Mapping[PurePosixPath, str]
    vendor_runtime: bool = False


def draft(raw: RawSpec, root: Path, *, vendor_runtime: bool = False) -> Draft:
    """Render the client of one Space; the package gets the name of its folder.

    Args:
        raw: The documents of the Space.
        root: The folder of the package.
        vendor_runtime: Whether the client carries the runtime.

    Raises:
        SpecError: when the documents contradict what they are.
    """
    from .normalise.spaces import normalise
    from .render.space import VENDORED, render

    raw = replace(raw, name=root.name)
    try:
        service = normalise(raw)
        files = render(service, runtime=VENDORED) if vendor_runtime else render(service)
    except (HubsmithError, ImportError):
        raise
    except Exception as error:
        # Of many Spaces, one that finds a fault in the generator must not stop the others.
        if os.environ.get("HUBSMITH_DEBUG"):
            raise
        raise HubsmithError(
            f"internal error, {type(error).__name__}: {error}. This is a fault of hubsmith; "
            "HUBSMITH_DEBUG=1 shows where."
        ) from None
    return Draft(root=root, raw=raw, service=service, files=files, vendor_runtime=vendor_runtime)


def finish(drafts: Iterable[Draft]) -> list[Package]:
    """Format the code of many packages in one pass, which is far faster than one by one."""
    waiting = list(drafts)
    # Packages of one name may go to different folders, so each is told apart by its place here.
    together = {
        PurePosixPath(f"package_{number}") / path: text
        for number, item in enumerate(waiting)
        for path, text in item.files.items()
    }
    formatted = format_python(together)
    packages: list[Package] = []
    for number, item in enumerate(waiting):
        folder = PurePosixPath(f"package_{number}")
        files = {path: formatted[folder / path] for path in item.files}
        if item.vendor_runtime:
            from .write.vendor import vendored_runtime

            files.update(vendored_runtime())
        assembled = assemble(item.raw, item.service, files, vendor_runtime=item.vendor_runtime)
        packages.append(
            Package(root=item.root, raw=item.raw, service=item.service, files=assembled)
        )
    return packages


def finish_each(drafts: Iterable[Draft]) -> tuple[list[Package], list[tuple[Path, HubsmithError]]]:
    """Format many packages; where some cannot be, return why, by folder, and the others."""
    waiting = list(drafts)
    try:
        return finish(waiting), []
    except HubsmithError:
        pass
    packages: list[Package] = []
    failures: list[tuple[Path, HubsmithError]] = []
    for item in waiting:
        try:
            packages += finish([item])
        except HubsmithError as error:
            failures.append((item.root, error))
    return packages, failures
