"""`hubsmith update`: fetch again, say what changed, then generate."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from hubsmith_runtime import SpecError

from ...compare.api import ApiDiff
from ...compare.api.report import to_document
from ...load import RawSpec
from ...pipeline import Target
from ..changes import changes_between, print_changes
from ..concurrent import at_once
from ..configuration import Configuration, read_configuration
from ..report import Report
from ..source import fetch_recorded, stored, token_for
from .arguments import add_fetching, add_names, add_out, add_output
from .writing import recorded_target, write_each


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_names(parser)
    add_out(parser)
    add_fetching(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Fetch and rewrite, and return 1 where a Space could not be: it is left as it is then."""
    configuration = read_configuration(Path.cwd())
    names = configuration.chosen(options.names)
    with Report(options, stages=3) as report:
        read = at_once(
            "reading",
            names,
            lambda name: _read(configuration, name, options, is_alone=len(names) == 1),
            report,
        )
        targets: dict[str, Target] = {}
        for name, reading in read.items():
            with report.space(name):
                _tell_changes(report, name, reading, options)
                targets[name] = recorded_target(configuration, name, reading.now, options.out)
        write_each(
            targets, report, configuration=configuration, out=options.out, with_snapshots=True
        )
    return report.status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The documents of a Space.

    Attributes:
        before: Those at hand; `None` where there are none that can be read.
        fault: Why they cannot be read; empty where they can, and where there are none.
        now: Those that the Space serves.
    """

    before: RawSpec | None
    fault: str
    now: RawSpec


def _read(
    configuration: Configuration, name: str, options: argparse.Namespace, *, is_alone: bool
) -> _Reading:
    source = configuration.space(name).source
    before, fault = None, ""
    if configuration.snapshot(name).is_dir():
        try:
            before = replace(stored(configuration, name), name=name)
        except SpecError as error:
            # A merge may have broken it. It is about to be replaced anyway.
            fault = str(error)
    token = token_for(source, options.token, is_alone=is_alone)
    raw = fetch_recorded(configuration, name, before=before, token=token, timeout=options.timeout)
    return _Reading(before=before, fault=fault, now=replace(raw, name=name))


def _tell_changes(
    report: Report, name: str, reading: _Reading, options: argparse.Namespace
) -> None:
    changes: ApiDiff | None = None
    is_same = False
    if reading.fault:
        report.warn(
            name, f"its snapshot could not be read, so what changed is unknown: {reading.fault}"
        )
    elif reading.before is None:
        report.tell(name, "it had no snapshot.")
    elif is_same := reading.before.digest == reading.now.digest:
        report.tell(name, "the Space has not changed.")
    elif changes := changes_between(reading.before, reading.now):
        if not options.json:
            report.bar.clear()
            print_changes(changes, is_quiet=options.quiet)
    else:
        report.tell(name, "the Space changed in nothing that its callers notice.")
    found = to_document(changes)["changes"] if changes else []
    report.tell(name, space_changed=not is_same, changes=found)
