"""`hubsmith check`: does the client on the disk still say what the Space says?"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from ...compare.api import ApiDiff
from ...compare.drift import Drift, package_drift, space_drift
from ...pipeline import Target
from ..changes import changes_between
from ..concurrent import at_once
from ..configuration import read_configuration
from ..report import Report
from ..source import fetch_recorded, stored, token_for
from . import FAILED, UNKNOWN
from .arguments import add_fetching, add_names, add_output
from .writing import packages, recorded_target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_names(parser)
    parser.add_argument(
        "--live", action="store_true", help="ask the running Spaces, too, whether they changed"
    )
    add_fetching(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and return 1 where something differs, 2 where it could not be told."""
    configuration = read_configuration(Path.cwd())
    with Report(options, stages=4 if options.live else 3, failure=UNKNOWN) as report:
        targets: dict[str, Target] = {}
        for name in report.bar.each("reading", configuration.chosen(options.names)):
            with report.space(name):
                raw = replace(stored(configuration, name), name=name)
                targets[name] = recorded_target(configuration, name, raw)

        def ask(name: str) -> ApiDiff | None:
            before, source = targets[name].raw, configuration.space(name).source
            token = token_for(source, options.token, is_alone=len(targets) == 1)
            now = fetch_recorded(
                configuration, name, before=before, token=token, timeout=options.timeout
            )
            is_same = now.digest == before.digest
            return None if is_same else changes_between(before, replace(now, name=name))

        drift: dict[str, list[Drift]] = {name: [] for name in targets}
        if options.live:
            for name, changes in at_once("asking", targets, ask, report).items():
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
                report.tell(name, str(item), colour="red", is_needed=True)
                report.status = max(report.status, FAILED)
            if not found and name not in report.failed:
                report.tell(name, "up to date.", colour="green")
            report.tell(name, drift=[item.to_json() for item in found])
    return report.status
