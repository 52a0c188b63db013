"""Arguments that several commands share, each declared once."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, get_args

from ...write.options import Language


def positive_number(text: str) -> float:
    """Read a number above 0, such as a number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 1_000_000:
        raise argparse.ArgumentTypeError("must be a number above 0, at most 1000000")
    return number


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number within bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


PORT = whole_number(0, 65535)
FLAG: Mapping[str, Any] = {"action": "store_true"}
_SOURCE = "owner/name, a URL, a snapshot folder"
TOKEN = "Hub token {}; prefer setting HF_TOKEN, which process lists do not show"
_ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "sources": {
        "nargs": "+",
        "metavar": "SOURCE",
        "help": f"{_SOURCE} or an openapi.json file",
    },
    "source": {"metavar": "SOURCE", "help": f"{_SOURCE}, an openapi.json file or a recorded name"},
    "spaces": {
        "nargs": "+",
        "metavar": "SPACE",
        "help": "a recorded Space, owner/name, a URL, or a snapshot folder",
    },
    "names": {"nargs": "*", "metavar": "NAME", "help": "a recorded Space (default: all)"},
    "--name": {"help": "name of the client package (default: the name of the Space)"},
    "--out": {
        "metavar": "DIR",
        "help": "folder for the client packages (default: as recorded, otherwise clients)",
    },
    "--force": {**FLAG, "help": "overwrite generated files that were edited by hand"},
    "--vendor-runtime": {"action": argparse.BooleanOptionalAction},
    "--language": {
        "action": "append",
        "choices": get_args(Language),
        "metavar": "LANGUAGE",
        "help": "{}: python or typescript; may be repeated",
    },
    "--endpoint": {"action": "append", "metavar": "E"},
    "--port": {"type": PORT, "default": 0, "help": "port {} (default: a free one)"},
    "--timeout": {
        "type": positive_number,
        "default": 10.0,
        "help": "seconds to wait for each document (default: 10)",
    },
    "--token": {"help": TOKEN.format("for a private Space")},
    "--fail-on": {
        "choices": ("breaking", "any"),
        "help": "which changes of a Space set the exit status to 1 (default: breaking)",
    },
}


def add(parser: argparse.ArgumentParser, *names: str, purpose: str = "", **settings: Any) -> None:
    """Add shared arguments; `settings` override theirs, `purpose` fills the gap in their help."""
    for name in names:
        shared = {**_ARGUMENTS[name], **settings}
        if purpose:
            shared["help"] = shared["help"].format(purpose)
        parser.add_argument(name, **shared)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options for how much to print, and in which format: `quiet` and `json`."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quiet", help="print only errors and what needs attention", **FLAG)
    how.add_argument("--json", help="print a single JSON document", **FLAG)


def add_format(parser: argparse.ArgumentParser, *others: str) -> None:
    """Add the options for how much to print, and in which format: `quiet` and `format`."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quiet", help="print only errors and what breaks", **FLAG)
    how.add_argument(
        "--format",
        choices=("text", "json", *others, "github"),
        default="text",
        help="output format (default: text); github prints annotations for GitHub Actions",
    )
    for form in ("json", *others):
        how.add_argument(
            f"--{form}", action="store_const", dest="format", const=form, help=f"--format {form}"
        )
