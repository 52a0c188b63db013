"""`hubsmith generate`: clients from snapshots, without the network."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubsmith_runtime import SpecError

from ...load.snapshot import read_snapshot
from ...write.contents import SPEC_FOLDER, listed
from ...write.files import owned_files
from ...write.lock import LOCK_FILE
from ..configuration import RecordedSpace
from ..naming import checked_name, name_of_path
from . import UsageError
from .arguments import add, add_output
from .writing import Clients


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add(parser, "names")
    documents = "snapshot folders or documents to use instead of the recorded Spaces"
    parser.add_argument(
        "--spec", nargs="+", action="extend", default=[], metavar="PATH", help=documents
    )
    add(parser, "--name", "--out", "--force")
    add(parser, "--vendor-runtime", help="with --spec: copy the runtime into the client")
    language = "with --spec, language of the client; otherwise, only clients in this language"
    add(parser, "--language", purpose=language)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Rewrite the clients, and return 2 if one of them could not be rewritten."""
    if options.spec and options.names:
        raise UsageError("generate takes names or --spec, not both")
    if options.name is not None and len(options.spec) != 1:
        raise UsageError("--name needs exactly one --spec")
    if options.vendor_runtime is not None and not options.spec:
        raise UsageError(
            "--vendor-runtime needs --spec; for a recorded Space, set vendor-runtime "
            "in the configuration"
        )
    if options.name is not None:
        checked_name(options.name)
    clients = Clients(options, stages=2)
    configuration = clients.configuration
    wanted = dict.fromkeys(options.spec or configuration.chosen(options.names, options.language))
    with clients.report as report:
        for name in wanted:
            with report.space(name):
                if options.spec:
                    _plan_document(clients, Path(name), options)
                else:
                    root = configuration.folder(name)
                    is_recorded = (root / LOCK_FILE).is_file() and configuration.snapshots is None
                    if is_recorded and not options.force:
                        _refuse_gaps(name, root)
                    clients.plan(name, name, clients.reader.snapshot(name))
        clients.write_all(with_snapshots=False)
    return report.status


def _refuse_gaps(name: str, root: Path) -> None:
    """Refuse to generate from an incomplete snapshot: only the Space can supply the rest."""
    owned = sorted(path for path in owned_files(root) if path.parts[0] == SPEC_FOLDER)
    if gone := [path for path in owned if not (root / path).exists()]:
        raise SpecError(
            f"{name}: missing: {listed(gone)}. Restore it from version control, or run: "
            f"hubsmith update {name}. --force generates the client from what is left."
        )


def _plan_document(clients: Clients, path: Path, options: argparse.Namespace) -> None:
    raw = read_snapshot(path)
    name: str = options.name or name_of_path(path, raw)
    entry = RecordedSpace(
        source=str(path),
        vendor_runtime=bool(options.vendor_runtime),
        languages=tuple(options.language or ()) or None,
    )
    clients.plan(str(path), name, raw, entry)
