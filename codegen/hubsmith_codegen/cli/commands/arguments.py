"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import get_args

from ...write.options import Language


def add_names(parser: argparse.ArgumentParser) -> None:
    """The recorded Spaces to work on: `names`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a recorded Space (default: all)")


def add_place(parser: argparse.ArgumentParser) -> None:
    """Where a client goes: `name`, `out` and `force`."""
    parser.add_argument("--name", help="name of the client package (default: the Space's)")
    add_out(parser)


def add_out(parser: argparse.ArgumentParser) -> None:
    """The folder of the client packages, which may be outside of the project: `out` and `force`."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder that holds the client packages (default: as recorded, or else clients)",
    )
    parser.add_argument(
        "--force", action="store_true", help="overwrite generated files that were edited by hand"
    )


def add_language(parser: argparse.ArgumentParser, purpose: str) -> None:
    """The languages of clients: `language`."""
    parser.add_argument(
        "--language",
        action="append",
        choices=get_args(Language),
        metavar="LANGUAGE",
        help=f"python or typescript, which may be repeated: {purpose}",
    )


def add_fetching(parser: argparse.ArgumentParser) -> None:
    """How a running Space is read: `token` and `timeout`."""
    add_token(parser)
    parser.add_argument(
        "--timeout", type=seconds, default=10.0, help="seconds for each document (default: 10)"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """How much is said, and in which form: `quiet` and `json`."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--quiet", action="store_true", help="print only errors and what needs attention"
    )
    how.add_argument("--json", action="store_true", help="print one JSON document")


def add_fail_on(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Which changes of an API make the exit status 1: `fail_on`."""
    parser.add_argument(
        "--fail-on",
        choices=("breaking", "any"),
        default=default,
        help="which changes of a Space make the exit status 1 (default: breaking)",
    )


def add_format(parser: argparse.ArgumentParser, *others: str) -> None:
    """How much is said, and in which form: `quiet` and `format`, with short options for most."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quiet", action="store_true", help="print only errors and what breaks")
    how.add_argument(
        "--format",
        choices=("text", "json", *others, "github"),
        default="text",
        help="text, one JSON document, or annotations for GitHub Actions (default: text)",
    )
    for form in ("json", *others):
        short = f"--{form}"
        how.add_argument(
            short, action="store_const", dest="format", const=form, help=f"--format {form}"
        )


def add_token(parser: argparse.ArgumentParser, purpose: str = "for a private Space") -> None:
    """A Hub token: `token`."""
    parser.add_argument(
        "--token", help=f"Hub token {purpose}; better set HF_TOKEN, which no process list shows"
    )


def seconds(text: str) -> float:
    """Read a number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 1_000_000:
        raise argparse.ArgumentTypeError("must be a number of seconds above 0")
    return number


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number within bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read
