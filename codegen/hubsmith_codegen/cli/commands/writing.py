"""What `add`, `generate`, `update` and `check` share: from documents to clients."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from hubsmith_runtime import SpecError

from ...load import RawSpec
from ...pipeline import Package, Target, generate
from ...render.typescript import RUNTIME_FOLDER
from ...snippets.listing import counted
from ...write.boundary import one_at_a_time
from ...write.contents import listed, not_as_written
from ...write.files import write
from ...write.shared import is_shared, left_without
from ...write.snapshot import snapshot_place, write_snapshot
from ...write.undo import removed, restored
from ..configuration import RecordedSpace
from ..console import shown_path
from ..naming import refuse_hidden, refuse_taken
from ..report import Report
from ..source import Reader


def refuse_loss(folder: Path, files: Iterable[PurePosixPath]) -> None:
    """Refuse to remove a folder with files in it that hubsmith could not write again."""
    if names := listed(files):
        raise SpecError(
            f"{shown_path(folder)} has files that hubsmith did not write or that were edited: "
            f"{names}. Move them away, or remove them too with --force."
        )


def unused_runtime(root: Path, *, is_forced: bool) -> list[Path]:
    """Return the folder that TypeScript clients share, if the client in `root` is its only user.

    Raises:
        SpecError: when it has files that hubsmith did not write, unless `is_forced`.
    """
    shared = left_without(root, RUNTIME_FOLDER)
    if shared is None:
        return []
    if not is_forced:
        refuse_loss(shared, not_as_written(shared))
    return [shared]


class Clients:
    """The clients that one command works on: documents in, packages out, failures reported.

    Args:
        options: The options of the command line.
        stages: How many stages the progress bar has.
    """

    def __init__(self, options: argparse.Namespace, *, stages: int) -> None:
        self.report = Report(options, stages=stages)
        self.reader = Reader()
        if "token" in options:
            self.reader = Reader(token=options.token, timeout=options.timeout)
        self.configuration = self.reader.configuration
        self.targets: dict[str, Target] = {}  # By label: the source or name that the user gave.
        self._is_forced = "force" in options and bool(options.force)
        # Absolute, because the working folder may be inside a client that is replaced or moved.
        self._out = str(Path(options.out).absolute()) if "out" in options and options.out else None

    def plan(self, label: str, name: str, raw: RawSpec, entry: RecordedSpace | None = None) -> None:
        """Plan a client with the settings of `entry`, by default the recorded ones.

        `--out` on the command line overrides their folder.
        """
        configuration = self.configuration
        root = configuration.folder(name) if self._out is None else Path(self._out) / name
        if any(other.root == root for other in self.targets.values()):
            raise SpecError(
                f"{label}: another of these sources already gives a client named {name}. "
                "Run the command for this one alone, with --name."
            )
        chosen = configuration.options(entry or configuration.space(name))
        if name not in configuration.spaces:
            refuse_taken(name, root)
            if "python" in chosen.languages:
                refuse_hidden(root.parent, configuration.file.parent)
        self.targets[label] = Target(raw=raw, root=root, options=chosen)

    def packages(self) -> dict[str, Package]:
        """Generate the files of all planned clients."""
        made = generate(
            self.targets[name] for name in self.report.bar.each("rendering", self.targets)
        )
        done: dict[str, Package] = {}
        for name, item in zip(self.targets, made, strict=True):
            with self.report.space(name):
                if isinstance(item, Exception):
                    raise item
                done[name] = item
        return done

    def write_all(self, *, with_snapshots: bool) -> None:
        """Generate and write all planned clients; see `write`."""
        ready = self.packages()
        for name in self.report.bar.each("writing", ready):
            with self.report.space(name), one_at_a_time(self.configuration.file.parent):
                is_changed = self.write(ready[name], with_snapshot=with_snapshots)
                self.tell(ready[name], is_changed=is_changed)

    def write(self, package: Package, *, with_snapshot: bool = True) -> bool:
        """Write a client and, if snapshots have their own folder, its snapshot: both or neither.

        Return whether the client changed. Nothing is written outside the project, except to the
        folder given by `--out`, and no edit is overwritten without `--force`.
        """
        configuration = self.configuration
        has_own_folder = with_snapshot and bool(configuration.snapshots)
        snapshot, project = configuration.snapshot(package.name), configuration.boundary()
        with restored(snapshot_place(snapshot, project).values() if has_own_folder else ()):
            if has_own_folder:
                write_snapshot(package.raw, snapshot, boundary=project)
            if is_shared(package.root):
                raise SpecError(
                    f"{shown_path(package.root)} is the folder that TypeScript clients share. "
                    "Choose another --name or --out."
                )
            boundary = configuration.boundary(self._out)
            folders = {package.root: package.files}
            if package.shared:
                folders[package.shared_root] = package.shared
            with contextlib.ExitStack() as undo:
                if not package.shared:
                    for unused in unused_runtime(package.root, is_forced=self._is_forced):
                        undo.enter_context(removed(unused, boundary))
                changed = [
                    write(files, root, boundary=boundary, discards_edits=self._is_forced)
                    for root, files in reversed(folders.items())
                ]
            return changed[-1]

    def tell(self, package: Package, *, is_changed: bool) -> None:
        """Report the result for a client."""
        operations, folder = package.service.operations, shown_path(package.root)
        self.report.tell(
            package.name,
            f"{counted(operations, 'endpoint')}, {len(package.files)} files in {folder}"
            f"{'' if is_changed else ' (unchanged)'}.",
            colour="green",
            folder=folder,
            source=package.raw.source,
            endpoints=len(operations),
            files=len(package.files),
            changed=is_changed,
        )
        for omission in package.service.omissions:
            self.report.warn(package.name, f"left out {omission}")
        for disagreement in package.service.disagreements:
            self.report.warn(package.name, f"the documents disagree: {disagreement}")
        for document, reason in package.raw.notes.items():
            self.report.warn(package.name, f"generated without {document}: {reason}")
