"""What `add`, `generate`, `update` and `check` share: documents in, clients out."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from hubsmith_runtime import SpecError

from ...load import RawSpec
from ...pipeline import Package, Target, generate
from ...render.typescript import RUNTIME_FOLDER
from ...snippets.listing import counted
from ...write.contents import listed, not_as_written
from ...write.files import write
from ...write.shared import is_shared, left_without
from ...write.snapshot import snapshot_place, write_snapshot
from ...write.undo import removed, restored
from ..configuration import Configuration
from ..console import shown_path
from ..report import Report


def recorded_target(
    configuration: Configuration, name: str, raw: RawSpec, out: str | None = None
) -> Target:
    """Return the client of a recorded Space, in the folder that the command line names, if any."""
    root = configuration.folder(name) if out is None else Path(out) / name
    return Target(raw=raw, root=root, options=configuration.options(configuration.space(name)))


def refuse_twin(label: str, target: Target, others: Iterable[Target]) -> None:
    """Refuse a client that would replace another one of the same command."""
    if any(other.root == target.root for other in others):
        raise SpecError(
            f"{label}: another of these sources gives a client named {target.root.name} already. "
            "Run the command for it alone, with --name."
        )


def refuse_loss(folder: Path, files: Iterable[PurePosixPath]) -> None:
    """Refuse to remove a folder because of files in it that nobody could write again."""
    if names := listed(files):
        raise SpecError(
            f"{shown_path(folder)} holds what hubsmith did not write, or what was edited since: "
            f"{names}. Move it away, or remove it as well with --force."
        )


def unused_runtime(root: Path, *, is_forced: bool) -> list[Path]:
    """Return the folder that TypeScript clients share where nothing but the client in `root` needs it.

    Raises:
        SpecError: when it holds what hubsmith did not write, unless `is_forced`.
    """
    shared = left_without(root, RUNTIME_FOLDER)
    if shared is None:
        return []
    if not is_forced:
        refuse_loss(shared, not_as_written(shared))
    return [shared]


def packages(targets: Mapping[str, Target], report: Report) -> dict[str, Package]:
    """Make the files of many clients, by what the user calls each; what fails is reported."""
    made = generate(targets[name] for name in report.bar.each("rendering", targets))
    done: dict[str, Package] = {}
    for name, item in zip(targets, made, strict=True):
        with report.space(name):
            if isinstance(item, Exception):
                raise item
            done[name] = item
    return done


def write_each(
    targets: Mapping[str, Target],
    report: Report,
    configuration: Configuration,
    options: argparse.Namespace,
    *,
    with_snapshots: bool,
) -> None:
    """Make and write many clients; see `write_one`."""
    ready = packages(targets, report)
    for name in report.bar.each("writing", ready):
        with report.space(name):
            package = ready[name]
            is_changed = write_one(package, configuration, options, with_snapshot=with_snapshots)
            tell_written(package, report, is_changed=is_changed)


def write_one(
    package: Package,
    configuration: Configuration,
    options: argparse.Namespace,
    *,
    with_snapshot: bool = True,
) -> bool:
    """Write a client and, where it has a folder of its own, its snapshot: both or none.

    Return whether the client changed. Nothing is written outside of the project but into the folder that the command line names, and
    no edit is overwritten but with `force`.
    """
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
        boundary = configuration.boundary(options.out)
        folders = {package.root: package.files}
        if package.shared:
            folders[package.shared_root] = package.shared
        with contextlib.ExitStack() as undo:
            if not package.shared:
                for unused in unused_runtime(package.root, is_forced=options.force):
                    undo.enter_context(removed(unused, boundary))
            changed = [
                write(files, root, boundary=boundary, discards_edits=options.force)
                for root, files in reversed(folders.items())
            ]
        return changed[-1]


def tell_written(package: Package, report: Report, *, is_changed: bool) -> None:
    """Tell what became of a client."""
    operations, folder = package.service.operations, shown_path(package.root)
    report.tell(
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
        report.warn(package.name, f"left out {omission}")
    for disagreement in package.service.disagreements:
        report.warn(package.name, f"the documents disagree: {disagreement}")
    for document, reason in package.raw.notes.items():
        report.warn(package.name, f"made without {document}: {reason}")
