"""`hubsmith add`: from sources to clients on the disk."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from hubsmith_runtime import SpecError
from hubsmith_runtime.http import shown

from ...load import RawSpec
from ...pipeline import Target
from ...snippets.sample import sample
from ...write.options import Options
from ..configuration import (
    Configuration,
    RecordedSpace,
    read_configuration,
    with_space,
    write_configuration,
)
from ..console import shown_path
from ..naming import checked_name, refuse_taken
from ..report import Report
from ..source import Reader, name_for, path_of, recorded_path
from . import UsageError
from .arguments import add_fetching, add_output, add_place, add_vendor_runtime
from .writing import packages, write_one


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
    if options.name is not None:
        checked_name(options.name)
    is_alone = len(options.sources) == 1
    reader = Reader(token=options.token, timeout=options.timeout, is_alone=is_alone)
    configuration = reader.configuration
    # A URL may hold a password, so it is called by what may be shown of it.
    sources: dict[str, str] = {shown(source): source for source in options.sources}
    with Report(options, stages=3) as report:
        read = report.at_once("reading", sources, lambda label: reader.read(sources[label]))
        targets: dict[str, Target] = {}
        entries: dict[str, RecordedSpace] = {}
        for label, raw in read.items():
            with report.space(label):
                name, entry = _entry(configuration, sources[label], raw, options)
                _refuse_twin(label, name, targets.values())
                out: str | None = options.out
                root = configuration.folder(name) if out is None else Path(out) / name
                refuse_taken(name, root)
                chosen = Options(
                    vendor_runtime=entry.vendor_runtime,
                    outputs=entry.outputs or configuration.outputs,
                )
                targets[label] = Target(raw=raw, root=root, options=chosen)
                entries[label] = entry
        ready = packages(targets, report)
        for label in report.bar.each("writing", ready):
            with report.space(label):
                package = ready[label]
                # What cannot be recorded is not written either.
                text = with_space(configuration, package.name, entries[label])
                write_one(package, report, configuration=configuration, out=options.out)
                lines = sample(package.service, package.root, Path.cwd(), configuration.file.parent)
                report.tell(package.name, sample=[line.removeprefix("    ") for line in lines[1:]])
                if text is not None:
                    write_configuration(configuration.file, text)
                    configuration = read_configuration(Path.cwd())
                    lines = [
                        f"Recorded {package.name} in {shown_path(configuration.file)}.",
                        *lines,
                    ]
                report.show(*lines)
    return report.status


def _entry(
    configuration: Configuration, source: str, raw: RawSpec, options: argparse.Namespace
) -> tuple[str, RecordedSpace]:
    """Return the name of a Space's client, and how it is recorded."""
    base, path = configuration.file.parent, path_of(source)
    recorded = raw.source or (source if path is None else recorded_path(path, base))
    name: str = options.name or name_for(source, raw)
    known = configuration.spaces.get(name, RecordedSpace(source=recorded))
    if known.source != recorded:
        raise SpecError(
            f"{name} is the client of {shown(known.source)} already. Choose another name with "
            f"--name, or change its source in {shown_path(configuration.file)} and run: "
            f"hubsmith update {name}"
        )
    out, vendor_runtime = known.out, known.vendor_runtime
    if options.out is not None:
        is_common = Path(options.out).resolve() == (base / configuration.out).resolve()
        out = None if is_common else recorded_path(Path(options.out), base).removeprefix("./")
    if options.vendor_runtime is not None:
        vendor_runtime = bool(options.vendor_runtime)
    return name, RecordedSpace(
        source=recorded, out=out, vendor_runtime=vendor_runtime, outputs=known.outputs
    )


def _refuse_twin(label: str, name: str, others: Iterable[Target]) -> None:
    if any(other.root.name == name for other in others):
        raise SpecError(
            f"{label}: another of these sources gives a client named {name} already. "
            "Add it alone, with --name."
        )
