"""`hubsmith diff`: what changed between two versions of an API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from hubsmith_runtime import SpecError
from hubsmith_runtime.http import shown

from ...compare.api import ApiDiff, Kind, diff_services, to_json, to_markdown, to_text
from ...ir.model import Service
from ...load import RawSpec
from ...load.revision import Revision
from ...normalise.spaces import normalise
from ..console import Colour, painted, printable
from ..naming import naming_part, snake
from ..source import Reader, name_for, path_of
from . import NO, OK, UsageError
from .arguments import add_fetching

_COLOURS: Mapping[Kind, Colour] = {"breaking": "red", "compatible": "green", "cosmetic": "dim"}

_SOURCES = """\
a source is one of:
  NAME            the snapshot of a recorded Space
  NAME@REVISION   the same, as a git revision has it
  REVISION:PATH   a snapshot in a git revision, PATH from the top of the repository
  PATH            a snapshot folder, the folder of a client, or a document
  owner/name      a running Space; a URL as well

NAME alone compares its snapshot with the running Space, NAME@REVISION alone that
revision with the snapshot as it is now.

exit status: 0 nothing is breaking, 1 something is, 2 it could not be told
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _SOURCES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("old", metavar="A", help="the older API, or the one recorded name")
    parser.add_argument("new", metavar="B", nargs="?", help="the newer API")
    add_fetching(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quiet", action="store_true", help="print breaking changes only")
    form.add_argument("--json", action="store_true", help="print one JSON document")
    form.add_argument("--markdown", action="store_true", help="print Markdown")


def run(options: argparse.Namespace) -> int:
    """Compare two APIs and print how they differ."""
    sources = [options.old] if options.new is None else [options.old, options.new]
    if sys.stderr.isatty():
        print(printable(f"Reading {' and '.join(map(shown, sources))} ..."), file=sys.stderr)
    old, new = _sides(Reader(token=options.token, timeout=options.timeout), sources)
    found = diff_services(*_services_of(old, new))
    if options.json:
        print(to_json(found, old=old.label, new=new.label))
    elif options.markdown:
        print(to_markdown(found))
    elif found.breaking or not options.quiet:
        print(f"{printable(old.label)} -> {printable(new.label)}")
        print_changes(found, is_quiet=options.quiet)
    return NO if found.breaking else OK


def changes_between(old: RawSpec, new: RawSpec) -> ApiDiff:
    """Compare two readings of one Space; both have the name of its client."""
    return diff_services(normalise(old), normalise(new))


def print_changes(diff: ApiDiff, *, is_quiet: bool) -> None:
    """Print changes, or only the breaking ones, of which there may be none."""
    if is_quiet:
        diff = replace(diff, changes=diff.breaking)
    if diff or not is_quiet:
        print(to_text(diff, paint=lambda title, kind: painted(title, _COLOURS[kind], sys.stdout)))


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
