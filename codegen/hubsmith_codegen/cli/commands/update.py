"""`hubsmith update`: fetch again, say what changed, then generate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import add_fetching, add_names, add_output

if TYPE_CHECKING:
    from hubsmith_runtime import HubsmithError

    from ...compare.api import ApiDiff, Kind
    from ...load import RawSpec
    from ...pipeline import Draft, Package
    from ..configuration import Configuration
    from ..console import Colour
    from ..report import Report


_COLOURS: Mapping[Kind, Colour] = {"breaking": "red", "compatible": "green", "cosmetic": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_names(parser)
    add_fetching(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Fetch and rewrite, and return 1 where a Space could not be: it is left as it is then."""
    from ...load.source import every_name
    from ..concurrent import side_by_side
    from ..configuration import read_configuration
    from ..progress import Progress
    from ..report import Report
    from .writing import drafted, tell_written, write_clients

    configuration = read_configuration(Path.cwd())
    report = Report(is_json=options.json, is_quiet=options.quiet)
    names = list(dict.fromkeys(options.names or every_name(configuration)))
    with Progress(2, is_quiet=report.is_silent) as bar:
        bar.stage("reading", len(names))
        is_alone = len(names) == 1
        answers = side_by_side(
            names,
            lambda name: _fetch(configuration, name, options, is_alone=is_alone),
            label=str,
            bar=bar,
        )
        news = dict(zip(names, answers, strict=True))
        drafts = drafted(names, lambda name: _draft(configuration, name, news[name]), bar=bar)
    # What changed is said before anything is written.
    for name, item in news.items():
        if isinstance(item, _News):
            _tell(report, name, item)

    def record(name: str, package: Package) -> None:
        from ...load.snapshot import write_snapshot

        if configuration.snapshots is not None:
            write_snapshot(package.raw, configuration.snapshot(name))

    with Progress(1, is_quiet=report.is_silent) as bar:
        done = write_clients(drafts, bar=bar, after=record)
    for name, item in done.items():
        if isinstance(item, tuple):
            tell_written(report, item[0], is_changed=item[1])
        else:
            report.fail(name, item)
    return report.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """What a Space says now.

    Attributes:
        before: The snapshot at hand; `None` where there is none that can be read.
        fault: Why it cannot be read; empty where it can, and where there is none.
        raw: The documents as they are now.
        changes: How the API changed; `None` where the documents are the same, or new.
    """

    before: RawSpec | None
    fault: str
    raw: RawSpec
    changes: ApiDiff | None


def _fetch(
    configuration: Configuration, name: str, options: argparse.Namespace, *, is_alone: bool
) -> _News:
    from hubsmith_runtime import SpecError

    from ...compare.changes import changes_between
    from ...load.source import fetch_recorded, require, stored, token_for

    require(configuration, name)
    before, fault = None, ""
    if configuration.snapshot(name).is_dir():
        try:
            before = replace(stored(configuration, name), name=name)
        except SpecError as error:
            # A merge may have broken it. It is about to be replaced anyway.
            fault = str(error)
    source = configuration.spaces[name].source
    token = token_for(source, options.token, is_alone=is_alone)
    raw = fetch_recorded(configuration, name, before=before, token=token, timeout=options.timeout)
    raw = replace(raw, name=name)
    is_other = before is not None and before.digest != raw.digest
    changes = changes_between(before, raw) if before is not None and is_other else None
    return _News(before=before, fault=fault, raw=raw, changes=changes)


def _draft(configuration: Configuration, name: str, news: _News | HubsmithError) -> Draft:
    from ...pipeline import draft

    if not isinstance(news, _News):
        raise news
    vendor_runtime = configuration.spaces[name].vendor_runtime
    return draft(news.raw, configuration.folder(name), vendor_runtime=vendor_runtime)


def _tell(report: Report, name: str, news: _News) -> None:
    from ...compare.api import to_text
    from ...compare.api.report import to_document
    from ..console import painted

    is_same = news.before is not None and news.before.digest == news.raw.digest
    if news.fault:
        report.warn(
            name, f"its snapshot could not be read, so what changed is unknown: {news.fault}"
        )
    elif news.before is None:
        report.say(name, "it had no snapshot.")
    elif is_same:
        report.say(name, "the Space has not changed.")
    elif not news.changes:
        report.say(name, "the Space changed in nothing that its callers notice.")
    else:
        changes = news.changes
        if report.is_silent:
            changes = replace(changes, changes=changes.breaking)
        if changes:
            report.block(
                to_text(
                    changes, paint=lambda title, kind: painted(title, _COLOURS[kind], sys.stdout)
                )
            )
    found = to_document(news.changes)["changes"] if news.changes else []
    report.note(name, space_changed=not is_same, changes=found)
