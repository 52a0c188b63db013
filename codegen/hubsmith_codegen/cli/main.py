"""The `hubsmith` command: arguments in, an exit status out.

Only the module of the command that is asked for is imported, so that `hubsmith --help` is quick.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .commands import ERROR, INTERRUPTED, OK, UsageError
from .console import explained, fail, printable

COMMANDS: Mapping[str, str] = {
    "add": "snapshot Spaces, write their clients, record them",
    "generate": "rewrite clients from their snapshots, offline",
    "update": "fetch again, then generate; say what changed",
    "check": "exit 1 where a client drifted, and say which kind",
    "diff": "API changes: breaking, compatible, cosmetic",
    "list": "the recorded Spaces and the state of their clients",
    "remove": "forget recorded Spaces and delete their clients",
    "show": "every endpoint of a Space, with snippets that call it",
    "call": "one call from the shell, with progress",
    "search": "find Spaces by meaning",
    "map": "the rows of a table through an endpoint, or a task of a model",
    "mock": "a server that answers as a snapshot says",
    "tools": "the endpoints of Spaces as definitions of tools for a model",
    "mcp": "an MCP server that offers the endpoints of Spaces as tools",
    "record": "what is clicked on the page of a Space, as a script",
    "completion": "completion of words for bash, zsh and fish",
}
"""Every command with its line of help; `commands.<name>` is its module."""

_EXTRA = frozenset(
    {"anyascii", "argcomplete", "datamodel_code_generator", "jinja2", "ruff", "tomli"}
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or with those of the command line.

    Returns:
        One of those in `commands`.

    Raises:
        SystemExit: with 2 for a wrong usage, with 0 after `--help`.
    """
    if arguments is None:
        arguments = sys.argv[1:]
        # What a command makes lives until it ends: looking for garbage often only takes time.
        gc.set_threshold(50_000, *gc.get_threshold()[1:])
    output = sys.stdout
    if isinstance(output, io.TextIOWrapper):
        # Names in a spec hold letters that not every terminal or pipe has.
        output.reconfigure(errors="backslashreplace")
    try:
        status = _run(arguments)
        # A reader that is gone is to be noticed here, not when Python ends.
        sys.stdout.flush()
        return status
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        fail(f'{error.name} is not installed. Run: pip install "hubsmith[codegen]"')
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough. What Python still holds back
        # would fail again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        fail("interrupted; nothing is half-written.")
        return INTERRUPTED
    except Exception as error:
        fail(str(explained(error)))
    return ERROR


def _run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name."""
    # The program's own options take no value, so the first other word is the command.
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    parser, parsers = _parsers()
    if "_ARGCOMPLETE" in os.environ:
        from .commands.completion import complete

        complete(parser, parsers)
    if not arguments:
        parser.print_help(sys.stderr)
        return ERROR
    if wanted not in parsers:
        if "--version" in arguments:
            # What it takes to know the version would slow down `--help`.
            from ..ir.version import GENERATOR

            print(GENERATOR)
            return OK
        parser.parse_args(arguments)
        return ERROR  # never reached: it refused, or showed what was asked for
    command: Any = importlib.import_module(f".commands.{wanted}", __package__)
    command.add_arguments(parsers[wanted])
    try:
        status: int = command.run(parser.parse_args(arguments))
        return status
    except UsageError as error:
        parsers[wanted].error(str(error))


class _Parser(argparse.ArgumentParser):
    """A parser whose errors show what was typed, or pasted, without what steers a terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser of the program, and those of its commands, still without arguments."""
    parser = _Parser(prog="hubsmith", description="Typed Python clients for Hugging Face Spaces.")
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    return parser, {
        name: commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for name, text in COMMANDS.items()
    }
