"""`hubsmith generate`: clients from snapshots, without the network."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...load.snapshot import read_snapshot
from ...pipeline import Target
from ...write.options import Language, Options
from ..configuration import Configuration
from ..naming import checked_name, name_of_path, refuse_taken
from ..report import Report
from ..source import Reader
from . import UsageError
from .arguments import add, add_output
from .writing import recorded_target, refuse_twin, write_each


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add(parser, "names")
    documents = "snapshot folders or documents; needs no configuration"
    parser.add_argument(
        "--spec", nargs="+", action="extend", default=[], metavar="PATH", help=documents
    )
    add(parser, "--name", "--out", "--force")
    add(parser, "--vendor-runtime", help="with --spec: copy the runtime into the client")
    language = "with --spec what to write, else only the clients written in it"
    add(parser, "--language", purpose=language)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Rewrite the clients, and return 2 where one of them could not be."""
    if options.spec and options.names:
        raise UsageError("generate takes names or --spec, not both")
    if options.name is not None and len(options.spec) != 1:
        raise UsageError("--name goes with exactly one --spec")
    if options.vendor_runtime is not None and not options.spec:
        raise UsageError(
            "--vendor-runtime goes with --spec; for a recorded Space, set vendor-runtime "
            "in the configuration"
        )
    if options.name is not None:
        checked_name(options.name)
    reader = Reader()
    configuration = reader.configuration
    wanted = dict.fromkeys(options.spec or configuration.chosen(options.names, options.language))
    with Report(options, stages=2) as report:
        targets: dict[str, Target] = {}
        for name in wanted:
            with report.space(name):
                if not options.spec:
                    raw = reader.snapshot(name)
                    target = recorded_target(configuration, name, raw, options.out)
                else:
                    target = _of_document(configuration, Path(name), options)
                    refuse_twin(name, target, targets.values())
                targets[name] = target
        write_each(targets, report, configuration, options, with_snapshots=False)
    return report.status


def _of_document(configuration: Configuration, path: Path, options: argparse.Namespace) -> Target:
    raw = read_snapshot(path)
    name: str = options.name or name_of_path(path, raw)
    folder = configuration.folder(name).parent if options.out is None else Path(options.out)
    refuse_taken(name, folder / name)
    named: set[Language] = {*(options.language or configuration.languages)}
    languages = tuple(sorted(named))
    chosen = Options(
        vendor_runtime=bool(options.vendor_runtime),
        outputs=configuration.outputs,
        languages=languages,
    )
    return Target(raw=raw, root=folder / name, options=chosen)
