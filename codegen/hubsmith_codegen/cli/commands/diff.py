"""`hubsmith diff`: what changed between two versions of an API."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubsmith_runtime.http import shown

from ...compare.api import diff_services, to_json, to_markdown
from ..changes import print_changes
from ..configuration import read_configuration
from ..console import printable, progress
from ..diff_sources import SideReader, services_of
from . import FAILED, OK
from .arguments import add_fetching

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
    """Declare the arguments."""
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
    progress(f"Reading {' and '.join(map(shown, sources))} ...")
    reader = SideReader(
        configuration=read_configuration(Path.cwd()), token=options.token, timeout=options.timeout
    )
    old, new = reader.both(sources)
    found = diff_services(*services_of(old, new))
    if options.json:
        print(to_json(found, old=old.label, new=new.label))
    elif options.markdown:
        print(to_markdown(found))
    elif found.breaking or not options.quiet:
        print(f"{printable(old.label)} -> {printable(new.label)}")
        print_changes(found, is_quiet=options.quiet)
    return FAILED if found.breaking else OK
