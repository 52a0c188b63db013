"""What `add`, `generate`, `update` and `check` share: documents in, clients out."""

from __future__ import annotations

from collections.abc import Mapping

from ...load import RawSpec
from ...load.snapshot import write_snapshot
from ...pipeline import Package, Target, generate
from ...write.files import write
from ..configuration import Configuration
from ..console import shown_path
from ..report import Report


def recorded_target(configuration: Configuration, name: str, raw: RawSpec) -> Target:
    """Return the client of a recorded Space."""
    return Target(raw=raw, root=configuration.folder(name), options=configuration.options(name))


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
    targets: Mapping[str, Target], report: Report, *, configuration: Configuration | None = None
) -> None:
    """Make and write many clients.

    Args:
        targets: The clients, by what the user calls each.
        report: Where it is told.
        configuration: Where the snapshots go, unless they stay as they are.
    """
    ready = packages(targets, report)
    for name in report.bar.each("writing", ready):
        with report.space(name):
            write_one(ready[name], report, configuration=configuration)


def write_one(package: Package, report: Report, *, configuration: Configuration | None) -> None:
    """Write a client and, where it has a folder of its own, its snapshot; tell what became of it."""
    is_changed = write(package.files, package.root)
    if configuration is not None and configuration.snapshots is not None:
        write_snapshot(package.raw, configuration.snapshot(package.name))
    endpoints, folder = len(package.service.operations), shown_path(package.root)
    report.tell(
        package.name,
        f"{counted(endpoints, 'endpoint')}, {len(package.files)} files in {folder}"
        f"{'' if is_changed else ' (unchanged)'}.",
        colour="green",
        folder=folder,
        source=package.raw.source,
        endpoints=endpoints,
        files=len(package.files),
        changed=is_changed,
    )
    for omission in package.service.omissions:
        report.warn(package.name, f"left out {omission}")
    for disagreement in package.service.disagreements:
        report.warn(package.name, f"the documents disagree: {disagreement}")
    for document, reason in package.raw.notes.items():
        report.warn(package.name, f"made without {document}: {reason}")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun if number == 1 else noun + 's'}"
