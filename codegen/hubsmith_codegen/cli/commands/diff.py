"""`hubsmith diff`: what changed between two versions of an API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from hubsmith_runtime import SpecError
from hubsmith_runtime.http import shown

from ...ir.model import Service
from ...load import RawSpec
from ...load.revision import Revision
from ...normalise.spaces import normalise
from ...write.lock import LOCK_FILE
from ..changes import BrokenCode, Findings, changes_for, language_of
from ..configuration import Configuration
from ..console import printable
from ..naming import naming_part, snake
from ..report import Progress
from ..source import Reader, name_for, path_of
from . import NO, OK, UsageError
from .arguments import add, add_format

_SOURCES = """\
a source is one of:
  NAME            the snapshot of a recorded Space
  NAME@REVISION   the same, as a git revision has it
  REVISION:PATH   a snapshot in a git revision, PATH from the top of the repository
  PATH            a snapshot folder, the folder of a client, or a document
  owner/name      a running Space; a URL as well

NAME alone compares its snapshot with the running Space, NAME@REVISION alone that
revision with the snapshot as it is now.

exit status: 0 nothing is breaking, 1 something is, 2 that is not known. With
--code it is 1 where a line of that code breaks; --fail-on counts changes as well.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _SOURCES
    parser.add_argument("old", metavar="A", help="the older API, or the one recorded name")
    parser.add_argument("new", metavar="B", nargs="?", help="the newer API")
    parser.add_argument(
        "--code",
        nargs="+",
        metavar="PATH",
        help="list the lines of this code that break, as your pyright or mypy says",
    )
    callers = "whose callers are meant (default: that of the recorded client, or else python)"
    add(parser, "--language", action="store", help=f"python or typescript: {callers}")
    add(parser, "--fail-on", "--token", "--timeout")
    add_format(parser, "markdown")


def run(options: argparse.Namespace) -> int:
    """Compare two APIs and print how they differ."""
    sources = [options.old] if options.new is None else [options.old, options.new]
    if sys.stderr.isatty():
        print(printable(f"Reading {' and '.join(map(shown, sources))} ..."), file=sys.stderr)
    # Of two running Spaces, a plain address does not get the token: it was meant for one of them.
    is_alone = [path_of(source) for source in sources].count(None) < 2
    reader = Reader(token=options.token, timeout=options.timeout, is_alone=is_alone)
    configuration = reader.configuration
    old, new = _sides(reader, sources)
    name = next((side.name for side in (old, new) if side.is_recorded), None)
    language = options.language or language_of(configuration, name)
    code: BrokenCode | None = None
    if options.code is not None:
        if name is None:
            raise UsageError("--code needs a recorded client: name it as one of the sources")
        if language != "python":
            raise UsageError(f"--code reads Python, and callers in {language} are meant")
        code = _broken_code(configuration, name, (old.raw, new.raw), options.code)
    findings = Findings(
        old=old.label,
        new=new.label,
        changes=changes_for(language, *_services_of(old, new)),
        code=code,
        lock=configuration.folder(name) / LOCK_FILE if name else None,
    )
    findings.show(options.format, is_quiet=options.quiet)
    # Where code was looked at, it is what counts, unless changes are to count as well.
    fail_on = options.fail_on or ("code" if code else "breaking")
    counted = {"any": findings.changes.changes, "breaking": findings.changes.breaking}
    return NO if counted.get(fail_on) or (code and code.faults) else OK


def _broken_code(
    configuration: Configuration, name: str, versions: Sequence[RawSpec], code: Sequence[str]
) -> BrokenCode:
    """What the new one of two versions of a recorded client breaks."""
    from ...compare.callers import Callers, new_faults
    from ...pipeline import Package, Target, generate

    folder, chosen = configuration.folder(name), configuration.options(configuration.space(name))
    with Callers(configuration.file.parent, folder, code) as callers:
        clients: list[Package] = []
        for made in generate(Target(raw=raw, root=folder, options=chosen) for raw in versions):
            if isinstance(made, Exception):
                raise made
            clients.append(made)
        bar = Progress(stages=1)
        try:
            labels = ("with the old client", "with the new client")
            verb = f"checking ({callers.checker})"
            old, new = [
                callers.faults(client.files)
                for client, _ in zip(clients, bar.each(verb, labels), strict=True)
            ]
        finally:
            bar.clear()
        return BrokenCode(checker=callers.checker, faults=tuple(new_faults(old, new)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One of the two APIs."""

    label: str  # What it is, for the reader.
    raw: RawSpec
    name: str  # The client package it belongs to.
    is_recorded: bool = False  # Whether that is one of the configuration.


def _sides(reader: Reader, sources: Sequence[str]) -> tuple[_Side, _Side]:
    """Read the old and the new API."""
    if len(sources) == 2:
        return _side(reader, sources[0]), _side(reader, sources[1])
    (source,) = sources
    name, at, _ = source.partition("@")
    if name not in reader.configuration.spaces:
        raise UsageError(
            f"{source} is no recorded name, so name a second source to compare it with"
        )
    snapshot = _snapshot(reader, name)
    if at:
        return _side(reader, source), snapshot
    raw = reader.anew(name, snapshot.raw)
    label = f"{name} ({shown(reader.configuration.spaces[name].source)})"
    return snapshot, _Side(label=label, raw=raw, name=name, is_recorded=True)


def _side(reader: Reader, source: str) -> _Side:
    """Read one source.

    A URL, what exists as a path, a recorded name, NAME@REVISION, REVISION:path, owner/name: the
    first of these that it is.
    """
    configuration = reader.configuration
    if "://" not in source and not Path(source).expanduser().exists():
        if source in configuration.spaces:
            return _snapshot(reader, source)
        name, at, revision = source.partition("@")
        if at and name in configuration.spaces:
            folder = configuration.snapshot(name)
            raw = Revision(revision, configuration.file.parent).read_folder(folder)
            return _Side(label=source, raw=raw, name=name, is_recorded=True)
        revision, colon, part = source.partition(":")
        if colon:
            raw = Revision(revision, Path.cwd()).read(part)
            name = raw.name or naming_part(PurePosixPath(part))
            return _Side(label=source, raw=raw, name=snake(name))
    path = path_of(source)
    if path is not None and not path.exists():
        raise SpecError(
            f"{source}: there is no such file or folder, nor a recorded name. "
            f"A revision needs a name or a path: NAME@{source} or {source}:PATH"
        )
    raw = reader.read(source)
    return _Side(label=shown(source), raw=raw, name=name_for(source, raw))


def _snapshot(reader: Reader, name: str) -> _Side:
    raw = reader.snapshot(name)
    return _Side(label=f"{name} (snapshot)", raw=raw, name=name, is_recorded=True)


def _services_of(old: _Side, new: _Side) -> tuple[Service, Service]:
    """What both APIs say, under one name, so that only what changed differs."""
    before, after = (normalise(replace(side.raw, name=old.name)) for side in (old, new))
    if not (old.is_recorded and new.is_recorded and old.name == new.name):
        # Two places were named: that they are two is no news.
        after = replace(after, source=before.source)
    return before, after
