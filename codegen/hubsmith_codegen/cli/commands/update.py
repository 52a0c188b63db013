"""`hubsmith update`: fetch Spaces again, show what changed, and rewrite their clients."""

from __future__ import annotations

import argparse

from hubsmith_runtime import SpecError

from ...compare.api import ApiDiff, to_document
from ...load import RawSpec
from ..changes import print_changes, recorded_changes
from ..source import Reader
from .arguments import add, add_output
from .writing import Clients


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add(parser, "names", "--out", "--force")
    add(parser, "--language", purpose="only clients in this language")
    add(parser, "--token", "--timeout")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Fetch and rewrite, and return 2 if that failed for a Space, which is then left unchanged."""
    clients = Clients(options, stages=3)
    reader, configuration = clients.reader, clients.configuration
    names = configuration.chosen(options.names, options.language)
    reader.is_alone = len(names) == 1
    with clients.report as report:
        read = report.at_once("reading", names, lambda name: _read(reader, name))
        for name, (before, now) in read.items():
            with report.space(name):
                _tell_changes(clients, name, before, now, options)
                clients.plan(name, name, now)
        clients.write_all(with_snapshots=True)
    return report.status


def _read(reader: Reader, name: str) -> tuple[RawSpec | SpecError | None, RawSpec]:
    """Read the snapshot, or the reason why it cannot be read, and the documents of the Space."""
    before: RawSpec | SpecError | None = None
    if reader.configuration.snapshot(name).is_dir():
        try:
            before = reader.snapshot(name)
        except SpecError as error:
            # A merge may have broken it. It is going to be replaced anyway.
            before = error
    return before, reader.anew(name, before if isinstance(before, RawSpec) else None)


def _tell_changes(
    clients: Clients,
    name: str,
    before: RawSpec | SpecError | None,
    now: RawSpec,
    options: argparse.Namespace,
) -> None:
    report, configuration = clients.report, clients.configuration
    changes: ApiDiff | None = None
    is_same = False
    if before is None:
        report.tell(name, "there was no snapshot.")
    elif isinstance(before, SpecError):
        why = f"its snapshot could not be read, so what changed is unknown: {before}"
        report.warn(name, why)
    elif is_same := before.digest == now.digest:
        report.tell(name, "the Space has not changed.")
    elif changes := recorded_changes(configuration, name, before, now):
        if not options.json:
            report.bar.clear()
            print_changes(changes, is_quiet=options.quiet)
    else:
        report.tell(name, "the Space changed, but nothing that its callers notice.")
    found = to_document(changes)["changes"] if changes else []
    report.tell(name, space_changed=not is_same, changes=found)
