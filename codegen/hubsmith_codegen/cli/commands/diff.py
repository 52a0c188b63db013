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
from ..console import printable, typed_path
from ..naming import naming_part, snake
from ..report import Progress
from ..source import Reader, name_for, path_of
from . import NO, OK, UsageError
from .arguments import add, add_format

_SOURCES = """\
A and B can be:
  NAME            the snapshot of a recorded Space
  NAME@REVISION   that snapshot in a git revision
  REVISION:PATH   a snapshot in a git revision; PATH is relative to the repository
  PATH            a snapshot folder, the folder of a client, or a document
  owner/name      a running Space; a URL works too

Without B, NAME compares its snapshot with the running Space, and NAME@REVISION
compares the snapshot in that revision with the current one.

exit status: 0 nothing is breaking, 1 something is, 2 the comparison failed. With
--code, 1 if a line of that code breaks; with --fail-on, changes count as well.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _SOURCES
    parser.add_argument("old", metavar="A", help="the old API, or a recorded name on its own")
    parser.add_argument("new", metavar="B", nargs="?", help="the new API")
    parser.add_argument(
        "--code",
        nargs="+",
        metavar="PATH",
        help="list the lines of this code that break, according to your pyright or mypy",
    )
    callers = "python or typescript: language of the callers (default: as recorded, else python)"
    add(parser, "--language", action="store", help=callers)
    add(parser, "--fail-on", "--token", "--timeout")
    add_format(parser, "markdown")


def run(options: argparse.Namespace) -> int:
    """Compare two APIs and print how they differ."""
    sources = [options.old] if options.new is None else [options.old, options.new]
    if sys.stderr.isatty():
        print(printable(f"Reading {' and '.join(map(shown, sources))} ..."), file=sys.stderr)
    # With two running Spaces, the token is not sent to a URL: it was meant for one of them.
    is_alone = [path_of(source) for source in sources].count(None) < 2
    reader = Reader(token=options.token, timeout=options.timeout, is_alone=is_alone)
    configuration = reader.configuration
    old, new = _sides(reader, sources)
    name = next((side.name for side in (old, new) if side.is_recorded), None)
    language = options.language or language_of(configuration, name)
    code: BrokenCode | None = None
    if options.code is not None:
        if name is None:
            raise UsageError("--code needs a recorded client: give its name as one of the sources")
        if language != "python":
            raise UsageError(f"--code checks Python code only, and the language is {language}")
        places = [str(typed_path(place)) for place in options.code]
        code = _broken_code(configuration, name, (old.raw, new.raw), places)
    findings = Findings(
        old=old.label,
        new=new.label,
        changes=changes_for(language, *_services_of(old, new)),
        code=code,
        lock=configuration.folder(name) / LOCK_FILE if name else None,
    )
    findings.show(options.format, is_quiet=options.quiet)
    # If code was checked, it decides the exit status, unless --fail-on includes changes.
    fail_on = options.fail_on or ("code" if code else "breaking")
    counted = {"any": findings.changes.changes, "breaking": findings.changes.breaking}
    return NO if counted.get(fail_on) or (code and code.faults) else OK


def _broken_code(
    configuration: Configuration, name: str, versions: Sequence[RawSpec], code: Sequence[str]
) -> BrokenCode:
    """What the second of two versions of a recorded client breaks."""
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

    label: str  # What to call it in the output.
    raw: RawSpec
    name: str  # The client package it belongs to.
    is_recorded: bool = False  # Whether that package is in the configuration.


def _sides(reader: Reader, sources: Sequence[str]) -> tuple[_Side, _Side]:
    """Read the old and the new API."""
    if len(sources) == 2:
        return _side(reader, sources[0]), _side(reader, sources[1])
    (source,) = sources
    name, at, _ = source.partition("@")
    if name not in reader.configuration.spaces:
        raise UsageError(
            f"{source} is not a recorded name: give a second source to compare it with"
        )
    snapshot = _snapshot(reader, name)
    if at:
        return _side(reader, source), snapshot
    raw = reader.anew(name, snapshot.raw)
    label = f"{name} ({shown(reader.configuration.spaces[name].source)})"
    return snapshot, _Side(label=label, raw=raw, name=name, is_recorded=True)


def _side(reader: Reader, source: str) -> _Side:
    """Read one source.

    It is taken as the first of these that fits: a URL, an existing path, a recorded name,
    NAME@REVISION, REVISION:PATH, owner/name.
    """
    configuration = reader.configuration
    if "://" not in source and not typed_path(source).exists():
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
            f"{source}: there is no such file, folder or recorded name. "
            f"Write a git revision as NAME@{source} or {source}:PATH"
        )
    raw = reader.read(source)
    return _Side(label=shown(source), raw=raw, name=name_for(source, raw))


def _snapshot(reader: Reader, name: str) -> _Side:
    raw = reader.snapshot(name)
    return _Side(label=f"{name} (snapshot)", raw=raw, name=name, is_recorded=True)


def _services_of(old: _Side, new: _Side) -> tuple[Service, Service]:
    """Both APIs under one package name, so that the name itself is not a difference."""
    before, after = (normalise(replace(side.raw, name=old.name)) for side in (old, new))
    if not (old.is_recorded and new.is_recorded and old.name == new.name):
        # The user gave two sources, so that their addresses differ is not a change.
        after = replace(after, source=before.source)
    return before, after
