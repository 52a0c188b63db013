"""The last step of `add`, `generate` and `update`: clients onto the disk, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ...pipeline import Draft, Package, finish_each
from ...write.files import write
from ..concurrent import attempt
from ..console import shown_path

if TYPE_CHECKING:
    from pathlib import Path

    from hubsmith_runtime import HubsmithError

    from ..progress import Progress
    from ..report import Report


Outcome: TypeAlias = "tuple[Package, bool] | HubsmithError"
"""A client that was written and whether anything changed, or why it was not."""


def write_clients(
    drafts: Mapping[str, Draft | HubsmithError],
    *,
    bar: Progress,
    before: Callable[[str, Package], None] | None = None,
    after: Callable[[str, Package], None] | None = None,
) -> dict[str, Outcome]:
    """Format and write many clients; one that fails leaves the others alone.

    Args:
        drafts: The clients, by what the user calls each; errors are passed on.
        bar: The display.
        before: What else may refuse a client, before it is written.
        after: What else to write, after it.

    Returns:
        What came of each, by the same names and in their order.
    """
    ready = {name: item for name, item in drafts.items() if isinstance(item, Draft)}
    done = {name: item for name, item in drafts.items() if not isinstance(item, Draft)}
    names: dict[Path, str] = {draft.root: name for name, draft in ready.items()}
    bar.stage("writing", len(ready))
    packages, failures = finish_each(ready.values())
    outcomes: dict[str, Outcome] = {**done, **{names[root]: error for root, error in failures}}

    def put(name: str, package: Package) -> tuple[Package, bool]:
        if before is not None:
            before(name, package)
        is_changed = write(package.files, package.root)
        if after is not None:
            after(name, package)
        return package, is_changed

    for package in packages:
        name = names[package.root]
        with bar.working(name):
            outcomes[name] = attempt(lambda name=name, package=package: put(name, package))
    return {name: outcomes[name] for name in drafts}


def tell_written(report: Report, package: Package, *, is_changed: bool) -> None:
    """Say what was written, and what could not be."""
    endpoints = len(package.service.operations)
    omissions = [str(one) for one in package.service.omissions]
    report.note(
        package.name,
        folder=shown_path(package.root),
        source=package.raw.source,
        endpoints=endpoints,
        files=len(package.files),
        changed=is_changed,
    )
    report.say(
        package.name,
        f"{counted(endpoints, 'endpoint')}, {len(package.files)} files in "
        f"{shown_path(package.root)}{'' if is_changed else ' (unchanged)'}.",
        colour="green",
    )
    for omission in omissions:
        report.warn(package.name, f"left out {omission}")
    for document, reason in package.raw.notes.items():
        report.warn(package.name, f"made without {document}: {reason}")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def drafted(
    wanted: Sequence[str], make: Callable[[str], Draft], *, bar: Progress
) -> dict[str, Draft | HubsmithError]:
    """Render several clients, one after the other."""
    bar.stage("rendering", len(wanted))
    done: dict[str, Draft | HubsmithError] = {}
    for name in wanted:
        with bar.working(name):
            done[name] = attempt(lambda name=name: make(name))
    return done
