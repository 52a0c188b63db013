"""`hubsmith generate`: clients from snapshots, without the network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import UsageError
from .arguments import add_names, add_output, add_place, add_vendor_runtime

if TYPE_CHECKING:
    from ...pipeline import Draft
    from ..configuration import Configuration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_names(parser)
    parser.add_argument(
        "--spec",
        nargs="+",
        action="extend",
        default=[],
        metavar="PATH",
        help="snapshot folders or documents; needs no configuration",
    )
    add_place(parser)
    add_vendor_runtime(parser, "with --spec: copy the runtime into the client")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Rewrite the clients, and return 1 where one of them could not be."""
    if options.spec and options.names:
        raise UsageError("generate takes names or --spec, not both")
    if options.name is not None and len(options.spec) != 1:
        raise UsageError("--name goes with exactly one --spec")
    if options.vendor_runtime is not None and not options.spec:
        raise UsageError(
            "--vendor-runtime goes with --spec; for a recorded Space, set vendor-runtime "
            "in the configuration"
        )

    from ...load.source import every_name
    from ..configuration import read_configuration
    from ..naming import checked_name
    from ..progress import Progress
    from ..report import Report
    from .writing import drafted, tell_written, write_clients

    if options.name is not None:
        checked_name(options.name)
    configuration = read_configuration(Path.cwd())
    report = Report(is_json=options.json, is_quiet=options.quiet)
    wanted = list(dict.fromkeys(options.spec or options.names or every_name(configuration)))
    taken: set[Path] = set()

    def make(name: str) -> Draft:
        if options.spec:
            return _of_document(configuration, Path(name), options, taken)
        return _of_record(configuration, name, options.out)

    with Progress(2, is_quiet=report.is_silent) as bar:
        drafts = drafted(wanted, make, bar=bar)
        done = write_clients(drafts, bar=bar)
    for name, item in done.items():
        if isinstance(item, tuple):
            tell_written(report, item[0], is_changed=item[1])
        else:
            report.fail(name, item)
    return report.finish()


def _of_record(configuration: Configuration, name: str, out: str | None) -> Draft:
    from ...load.source import stored
    from ...pipeline import draft

    raw = stored(configuration, name)
    root = Path(out) / name if out is not None else configuration.folder(name)
    return draft(raw, root, vendor_runtime=configuration.spaces[name].vendor_runtime)


def _of_document(
    configuration: Configuration, path: Path, options: argparse.Namespace, taken: set[Path]
) -> Draft:
    from hubsmith_runtime import SpecError

    from ...load.snapshot import read_snapshot
    from ...pipeline import draft
    from ..naming import name_of_path

    raw = read_snapshot(path)
    name: str = options.name or name_of_path(path, raw)
    out: str | None = options.out
    root = (Path(out) if out is not None else configuration.folder(name).parent) / name
    if root in taken:
        raise SpecError(
            f"{path}: another of these documents gives a client named {name} already. "
            "Generate it alone, with --name."
        )
    made = draft(raw, root, vendor_runtime=bool(options.vendor_runtime))
    taken.add(root)
    return made
