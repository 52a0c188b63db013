"""`hubsmith list`: the recorded Spaces and the state of their clients."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubsmith_runtime.http import shown

from ...load import RawSpec
from ...normalise.spaces import normalise
from ...write.contents import edited
from ...write.lock import LOCK_FILE, generator_versions, read_lock_file
from ...write.options import Options
from ..console import shown_path, table
from ..report import Report
from ..source import Reader
from .arguments import add_output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """List the Spaces, and return 2 if the snapshot or the lock of one cannot be read."""
    reader = Reader()
    configuration = reader.configuration
    rows: list[tuple[str, ...]] = []
    with Report(options, stages=1) as report:
        for name, space in sorted(configuration.spaces.items()):
            root, source = configuration.folder(name), shown(space.source)
            row = (name, source, shown_path(root))
            report.tell(name, source=source, folder=shown_path(root))
            with report.space(name):
                raw = reader.snapshot(name)
                endpoints = len(normalise(raw).operations)
                made_by, state = _state(root, raw, configuration.options(space))
                report.tell(name, endpoints=endpoints, made_by=made_by, state=state)
                row = (*row, str(endpoints), made_by or "-", state)
            rows.append((*row, *["?"] * (6 - len(row))))
        if rows:
            header = ("name", "source", "folder", "endpoints", "made by", "state")
            report.show(*table([header, *rows], right={3}))
        else:
            report.show(f"No Space is recorded in {shown_path(configuration.file)}.")
    return report.status


def _state(root: Path, raw: RawSpec, options: Options) -> tuple[str | None, str]:
    """Return the version of hubsmith that generated a client, and whether it is up to date.

    Both come from the lock alone: unlike `check`, this does not generate the client to compare.
    """
    if not (root / LOCK_FILE).is_file():
        return None, "missing"
    lock = read_lock_file(root / LOCK_FILE)
    made_by = lock.generators.get("hubsmith")
    if any(not (root / path).is_file() for path in lock.files):
        return made_by, "files are missing"
    if edited(root, lock.files, {}):
        return made_by, "edited by hand"
    if lock.spec.sha256 != raw.digest:
        return made_by, "the snapshot changed"
    if (lock.generators, lock.options) != (generator_versions(), options.recorded()):
        return made_by, "the generator changed"
    return made_by, "up to date"
