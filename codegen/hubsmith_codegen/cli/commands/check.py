"""`hubsmith check`: does the client on the disk still say what the Space says?"""

from __future__ import annotations

import argparse
from dataclasses import replace

from ...compare.api import ApiDiff
from ...compare.drift import Drift, package_drift, space_drift
from ...pipeline import Target
from ..report import Report
from ..source import Reader
from . import NO
from .arguments import add_fetching, add_names, add_output
from .diff import changes_between
from .writing import packages, recorded_target


_SNAPSHOT_KINDS = ("space", "snapshot")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_names(parser)
    parser.add_argument(
        "--live", action="store_true", help="ask the running Spaces, too, whether they changed"
    )
    parser.add_argument(
        "--fail-on",
        choices=("breaking", "any"),
        default="breaking",
        help="which changes of a running Space make the exit status 1 (default: breaking)",
    )
    add_fetching(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and return 1 where something differs, 2 where it could not be told."""
    reader = Reader(token=options.token, timeout=options.timeout)
    configuration = reader.configuration
    names = configuration.chosen(options.names)
    reader.is_alone = len(names) == 1
    with Report(options, stages=4 if options.live else 3) as report:
        targets: dict[str, Target] = {}
        for name in report.bar.each("reading", names):
            with report.space(name):
                raw = replace(reader.snapshot(name), name=name)
                targets[name] = recorded_target(configuration, name, raw)

        def ask(name: str) -> ApiDiff | None:
            before = targets[name].raw
            now = replace(reader.anew(name, before), name=name)
            return None if now.digest == before.digest else changes_between(before, now)

        asked = report.at_once("asking", targets, ask) if options.live else {}
        drift: dict[str, list[Drift]] = {name: [] for name in targets}
        for name, changes in asked.items():
            report.tell(name, changes=to_document(changes)["changes"] if changes else [])
            if changes is not None:
                drift[name].append(space_drift(name, changes))
        owns_snapshot = configuration.snapshots is None
        for name, package in packages(targets, report).items():
            with report.space(name):
                drift[name] += package_drift(
                    package.root, package.files, owns_snapshot=owns_snapshot
                )
        for name, found in drift.items():
            for item in found:
                level: Level = "error"
                if item.kind == "space" and options.fail_on == "breaking":
                    level = worst(asked[name])
                lock = configuration.folder(name) / LOCK_FILE
                file = lock if item.kind in _OF_PACKAGE else configuration.document(name)
                report.find(name, str(item), level, file)
            if not found and name not in report.failed:
                report.tell(name, "up to date.", colour="green")
            report.tell(name, drift=[item.to_json() for item in found])
    return report.status
