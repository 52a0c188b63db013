"""`hubsmith search`: find Spaces by meaning."""

from __future__ import annotations

import argparse
import dataclasses
import json

from hubsmith_runtime import SpaceSummary, search_spaces

from ..console import printable, table
from . import OK
from .arguments import FLAG, TOKEN, add, whole_number

_LONGEST = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option, count = parser.add_argument, whole_number(1, 100)
    option("query", metavar="QUERY", nargs="+", help="what the Space should do, in a few words")
    option("--limit", type=count, default=10, metavar="N", help="how many to list (default: 10)")
    option("--all", help="also list Spaces that are sleeping, paused or broken", **FLAG)
    option("--json", help="print all details as JSON", **FLAG)
    add(parser, "--token", help=TOKEN.format("to find private Spaces"))


def run(options: argparse.Namespace) -> int:
    """Ask the Hub and list what it finds, best match first."""
    found = search_spaces(
        " ".join(options.query),
        include_non_running=options.all,
        limit=options.limit,
        token=options.token,
    )
    if options.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
    elif found:
        rows = [(one.id, one.stage or "?", f"{one.likes} likes", _about(one)) for one in found]
        print("\n".join(table(rows, right={2})))
    else:
        more = "" if options.all else " --all also searches Spaces that are not running."
        print(f"No Space found. Try other words, or more of them.{more}")
    return OK


def _about(one: SpaceSummary) -> str:
    text = printable(one.short_description or one.title)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3].rstrip()}..."
