"""`hubsmith check`: do the clients on disk still match their snapshots and their Spaces?"""

from __future__ import annotations

import argparse

from ...compare.api import ApiDiff, to_document
from ...compare.drift import Drift, package_drift, shared_drift, space_drift
from ...write.lock import LOCK_FILE
from ..changes import recorded_changes
from .arguments import FLAG, add, add_format
from .writing import Clients


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add(parser, "names")
    parser.add_argument("--live", help="also check whether the running Spaces changed", **FLAG)
    add(parser, "--language", purpose="only clients in this language")
    add(parser, "--fail-on", default="breaking")
    add(parser, "--token", "--timeout")
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and return 1 if something differs, 2 if a comparison failed."""
    clients = Clients(options, stages=4 if options.live else 3)
    reader, configuration = clients.reader, clients.configuration
    names = configuration.chosen(options.names, options.language)
    reader.is_alone = len(names) == 1
    with clients.report as report:
        for name in report.bar.each("reading", names):
            with report.space(name):
                clients.plan(name, name, reader.snapshot(name))

        def ask(name: str) -> ApiDiff | None:
            before = clients.targets[name].raw
            now = reader.anew(name, before)
            if now.digest == before.digest:
                return None
            return recorded_changes(configuration, name, before, now)

        asked = report.at_once("asking", clients.targets, ask) if options.live else {}
        drift: dict[str, list[Drift]] = {name: [] for name in clients.targets}
        for name, changes in asked.items():
            report.tell(name, changes=to_document(changes)["changes"] if changes else [])
            if changes is not None:
                drift[name].append(space_drift(name, changes))
        owns_snapshot = configuration.snapshots is None
        for name, package in clients.packages().items():
            with report.space(name):
                drift[name] += package_drift(
                    package.root, package.files, owns_snapshot=owns_snapshot
                )
                if package.shared:
                    drift[name] += shared_drift(name, package.shared_root, package.shared)
        for name, found in drift.items():
            for item in found:
                changes = asked.get(name) if item.kind == "space" else None
                is_failure = changes is None or options.fail_on == "any" or changes.breaking
                level = "error" if is_failure else "warning"
                report.find(name, str(item), level, configuration.folder(name) / LOCK_FILE)
            if not found and name not in report.failed:
                report.tell(name, "up to date.", colour="green")
            report.tell(name, drift=[item.to_json() for item in found])
    return report.status
