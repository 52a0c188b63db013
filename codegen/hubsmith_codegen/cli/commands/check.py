"""`hubsmith check`: does the client on the disk still say what the Space says?"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from . import FAILED, UNKNOWN
from .arguments import add_fetching, add_names, add_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubsmith_runtime import HubsmithError

    from ...compare.drift import Finding, OnDisk
    from ...load import RawSpec
    from ..configuration import Configuration
    from ..progress import Progress
    from ..report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_names(parser)
    parser.add_argument(
        "--live", action="store_true", help="ask the running Spaces, too, whether they changed"
    )
    add_fetching(parser)
    add_output(parser)


@dataclass(slots=True, kw_only=True)
class _Client:
    """A client under check.

    Attributes:
        name: As it is recorded.
        root: The folder of the package.
        raw: Its snapshot.
        disk: The package as it is.
        vendor_runtime: Whether it carries the runtime.
        owns_snapshot: Whether the snapshot stands in the package.
        found: How it drifted.
        errors: What could not be told.
    """

    name: str
    root: Path
    raw: RawSpec
    disk: OnDisk
    vendor_runtime: bool
    owns_snapshot: bool
    found: list[Finding] = field(default_factory=list["Finding"])
    errors: list[HubsmithError] = field(default_factory=list["HubsmithError"])


def run(options: argparse.Namespace) -> int:
    """Compare, and return 1 where something differs, 2 where it could not be told."""
    from ...load.source import every_name
    from ..concurrent import attempt
    from ..configuration import read_configuration
    from ..progress import Progress
    from ..report import Report

    configuration = read_configuration(Path.cwd())
    report = Report(is_json=options.json, is_quiet=options.quiet)
    names = list(dict.fromkeys(options.names or every_name(configuration)))
    with Progress(3 if options.live else 2, is_quiet=report.is_silent) as bar:
        bar.stage("reading", len(names))
        read: dict[str, _Client | HubsmithError] = {}
        for name in names:
            with bar.working(name):
                read[name] = attempt(lambda name=name: _read(configuration, name))
        clients = [item for item in read.values() if isinstance(item, _Client)]
        if options.live:
            bar.stage("asking", len(clients))
            _ask(configuration, clients, bar, options)
        bar.stage("comparing", len(clients))
        _compare(clients)
    for name, item in read.items():
        if isinstance(item, _Client):
            _tell(report, item)
        else:
            report.fail(name, item, status=UNKNOWN)
    return report.finish()


def _read(configuration: Configuration, name: str) -> _Client:
    from ...compare.drift import on_disk
    from ...load.source import stored

    root = configuration.folder(name)
    return _Client(
        name=name,
        root=root,
        raw=replace(stored(configuration, name), name=name),
        disk=on_disk(root),
        vendor_runtime=configuration.spaces[name].vendor_runtime,
        owns_snapshot=configuration.snapshots is None,
    )


def _ask(
    configuration: Configuration,
    clients: Sequence[_Client],
    bar: Progress,
    options: argparse.Namespace,
) -> None:
    """Ask all Spaces at the same time, and note which of them changed."""
    from ...compare.api import ApiDiff
    from ...compare.changes import brief, changes_between
    from ...compare.drift import Finding
    from ...load.source import fetch_recorded, token_for
    from ..concurrent import side_by_side

    def ask(client: _Client) -> ApiDiff | None:
        source = configuration.spaces[client.name].source
        raw = fetch_recorded(
            configuration,
            client.name,
            before=client.raw,
            token=token_for(source, options.token, is_alone=len(clients) == 1),
            timeout=options.timeout,
        )
        if raw.digest == client.raw.digest:
            return None
        return changes_between(client.raw, replace(raw, name=client.name))

    answers = side_by_side(clients, ask, label=lambda client: client.name, bar=bar)
    for client, answer in zip(clients, answers, strict=True):
        if answer is None:
            continue
        if not isinstance(answer, ApiDiff):
            client.errors.append(answer)
            continue
        client.found.append(
            Finding(
                kind="space",
                what=f"the Space changed: {brief(answer)}",
                advice=f"Run: hubsmith update {client.name}.",
            )
        )


def _compare(clients: Sequence[_Client]) -> None:
    """Compare every client with what its snapshot gives; generate only what a lock leaves open."""
    from ...compare.drift import findings, is_made_from
    from ...write.files import options_of
    from ..concurrent import attempt

    open_: list[_Client] = []
    for client in clients:
        lock = client.disk.lock
        wanted = options_of(vendor_runtime=client.vendor_runtime)
        if lock is not None and is_made_from(lock, client.raw, wanted):
            client.found += findings(client.disk, lock, owns_snapshot=client.owns_snapshot)
        else:
            open_.append(client)
    if not open_:
        return

    from ...pipeline import Draft, draft, finish_each
    from ...write.lock import LOCK_FILE, read_lock

    drafts: list[Draft] = []
    for client in open_:
        drafted = attempt(
            lambda client=client: draft(
                client.raw, client.root, vendor_runtime=client.vendor_runtime
            )
        )
        if isinstance(drafted, Draft):
            drafts.append(drafted)
        else:
            client.errors.append(drafted)
    packages, failures = finish_each(drafts)
    by_root = {client.root: client for client in open_}
    for root, error in failures:
        by_root[root].errors.append(error)
    for package in packages:
        client = by_root[package.root]
        made = read_lock(package.files[PurePosixPath(LOCK_FILE)], LOCK_FILE)
        client.found += findings(client.disk, made, owns_snapshot=client.owns_snapshot)


def _tell(report: Report, client: _Client) -> None:
    report.note(client.name, drift=[item.to_json() for item in client.found])
    for item in client.found:
        report.tell(client.name, str(item), colour="red")
        report.raise_status(FAILED)
    for error in client.errors:
        report.fail(client.name, error, status=UNKNOWN)
    if not client.found and not client.errors:
        report.say(client.name, "up to date.", colour="green")
