"""`hubsmith add`: from sources to clients on the disk."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import UsageError
from .arguments import add_fetching, add_output, add_place, add_vendor_runtime

if TYPE_CHECKING:
    from hubsmith_runtime import HubsmithError

    from ...load import RawSpec
    from ...pipeline import Draft, Package
    from ..configuration import Configuration, RecordedSpace
    from ..report import Report
    from .writing import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="owner/name, a URL, a snapshot folder or an openapi.json file",
    )
    add_place(parser)
    add_vendor_runtime(
        parser, "copy the runtime into the client, which then needs httpx and pydantic only"
    )
    add_fetching(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Add the Spaces, and return 1 where one of them could not be."""
    if options.name is not None and len(options.sources) != 1:
        raise UsageError("--name goes with exactly one SOURCE")

    from hubsmith_runtime.http import shown

    from ..concurrent import side_by_side
    from ..configuration import read_configuration
    from ..naming import checked_name
    from ..progress import Progress
    from ..report import Report
    from .writing import drafted, write_clients

    if options.name is not None:
        checked_name(options.name)
    addition = _Addition(read_configuration(Path.cwd()), options)
    report = Report(is_json=options.json, is_quiet=options.quiet)
    # A URL may hold a password, so it is called by what may be shown of it.
    sources: dict[str, str] = {shown(source): source for source in options.sources}
    labels = list(sources)
    with Progress(3, is_quiet=report.is_silent) as bar:
        bar.stage("reading", len(labels))
        answers = side_by_side(
            labels, lambda label: addition.read(sources[label]), label=str, bar=bar
        )
        found = dict(zip(labels, answers, strict=True))
        drafts = drafted(labels, lambda label: addition.draft(label, found[label]), bar=bar)
        done = write_clients(drafts, bar=bar, before=addition.plan, after=addition.record)
    _tell(report, addition, done)
    return report.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a source turned out to be.

    Attributes:
        raw: Its documents.
        recorded: How the configuration names it.
        name: The name of its client.
    """

    raw: RawSpec
    recorded: str
    name: str


class _Addition:
    """The Spaces that one command adds, and the configuration that they go into."""

    def __init__(self, configuration: Configuration, options: argparse.Namespace) -> None:
        self._configuration = configuration
        self._options = options
        self._found: dict[str, _Found] = {}
        self._edit: str | None = None
        self.recorded: set[str] = set()

    @property
    def file(self) -> Path:
        """The file of the configuration."""
        return self._configuration.file

    def read(self, source: str) -> _Found:
        """Read the documents of a source, and settle what its client is called."""
        from ...load.snapshot import read_snapshot
        from ...load.source import path_of, recorded_path, token_for
        from ..naming import name_of_path, name_of_source

        options = self._options
        path = path_of(source)
        if path is not None:
            raw = read_snapshot(path)
            recorded = raw.source or recorded_path(path, self.file.parent)
            return _Found(raw=raw, recorded=recorded, name=options.name or name_of_path(path, raw))
        from ...load.fetch import fetch

        token = token_for(source, options.token, is_alone=len(options.sources) == 1)
        raw = fetch(source, token=token, timeout=options.timeout)
        recorded = raw.source or source
        return _Found(
            raw=raw, recorded=recorded, name=options.name or name_of_source(recorded, raw)
        )

    def draft(self, label: str, found: _Found | HubsmithError) -> Draft:
        """Render the client of a source."""
        from hubsmith_runtime import SpecError
        from hubsmith_runtime.http import shown

        from ...pipeline import draft
        from ..console import shown_path

        if not isinstance(found, _Found):
            raise found
        name, known = found.name, self._configuration.spaces.get(found.name)
        if any(other.name == name for other in self._found.values()):
            raise SpecError(
                f"{label}: another of these sources gives a client named {name} already. "
                "Add it alone, with --name."
            )
        if known is not None and known.source != found.recorded:
            raise SpecError(
                f"{name} is the client of {shown(known.source)} already. Choose another name with "
                f"--name, or change its source in {shown_path(self.file)} and run: "
                f"hubsmith update {name}"
            )
        out: str | None = self._options.out
        root = Path(out) / name if out is not None else self._configuration.folder(name)
        made = draft(found.raw, root, vendor_runtime=self._vendors(name))
        self._found[label] = found
        return made

    def plan(self, label: str, package: Package) -> None:
        """Make up the entry before anything is written, so that a refusal leaves all as it was."""
        from ..configuration import with_space

        self._edit = with_space(self._configuration, package.name, self._entry(label))

    def record(self, label: str, package: Package) -> None:
        """Write the entry, and the snapshot where it has a folder of its own."""
        from ...load.snapshot import write_snapshot
        from ..configuration import read_configuration, write_configuration

        if self._configuration.snapshots is not None:
            write_snapshot(package.raw, self._configuration.snapshot(package.name))
        if self._edit is not None:
            write_configuration(self.file, self._edit)
            self.recorded.add(label)
            self._configuration = read_configuration(Path.cwd())

    def _entry(self, label: str) -> RecordedSpace:
        from ..configuration import RecordedSpace

        found = self._found[label]
        return RecordedSpace(
            source=found.recorded,
            out=self._own_out(found.name),
            vendor_runtime=self._vendors(found.name),
        )

    def _vendors(self, name: str) -> bool:
        if self._options.vendor_runtime is not None:
            return bool(self._options.vendor_runtime)
        known = self._configuration.spaces.get(name)
        return known is not None and known.vendor_runtime

    def _own_out(self, name: str) -> str | None:
        """Return what to record as the Space's own folder: nothing, where it is the common one."""
        from ...load.source import recorded_path

        base, out = self.file.parent, self._options.out
        if out is None:
            known = self._configuration.spaces.get(name)
            return known.out if known else None
        if Path(out).resolve() == (base / self._configuration.out).resolve():
            return None
        return recorded_path(Path(out), base).removeprefix("./")


def _tell(report: Report, addition: _Addition, done: Mapping[str, Outcome]) -> None:
    from ...snippets.sample import sample
    from ..console import shown_path
    from .writing import tell_written

    for label, item in done.items():
        if not isinstance(item, tuple):
            report.fail(label, item)
            continue
        package, is_changed = item
        tell_written(report, package, is_changed=is_changed)
        if label in addition.recorded:
            report.plain(f"Recorded {package.name} in {shown_path(addition.file)}.")
        lines = sample(package.service, package.root, Path.cwd(), addition.file.parent)
        report.note(package.name, sample=[line.removeprefix("    ") for line in lines[1:]])
        for line in lines:
            report.plain(line)
