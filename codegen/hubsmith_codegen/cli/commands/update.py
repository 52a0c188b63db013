"""`hubsmith update`: fetch again, say what changed, then generate."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

from hubsmith_runtime import SpecError

from ...compare.api import ApiDiff
from ...compare.api.report import to_document
from ...load import RawSpec
from ...pipeline import Target
from ..report import Report
from ..source import Reader
from .arguments import add_fetching, add_names, add_out, add_output
from .diff import changes_between, print_changes
from .writing import recorded_target, write_each


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_names(parser)
    add_out(parser)
    add_fetching(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Fetch and rewrite, and return 1 where a Space could not be: it is left as it is then."""
    reader = Reader(token=options.token, timeout=options.timeout)
    configuration = reader.configuration
    names = configuration.chosen(options.names)
    reader.is_alone = len(names) == 1
    with Report(options, stages=3) as report:
        read = report.at_once("reading", names, lambda name: _read(reader, name))
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
    """The documents of a Space."""

    before: RawSpec | None  # Those at hand, where there are some that can be read.
    fault: str  # Why those at hand cannot be read; else empty.
    now: RawSpec  # Those that the Space serves.


def _read(reader: Reader, name: str) -> _Reading:
    before, fault = None, ""
    if reader.configuration.snapshot(name).is_dir():
        try:
            before = replace(reader.snapshot(name), name=name)
        except SpecError as error:
            # A merge may have broken it. It is about to be replaced anyway.
            fault = str(error)
    return _Reading(before=before, fault=fault, now=replace(reader.anew(name, before), name=name))


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
