"""The `hubsmith` command: arguments in, an exit status out.

Only the module of the command that is asked for is imported, so that `hubsmith --help` is quick.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from hubsmith_runtime import HubsmithError

from .commands import ERROR, INTERRUPTED, OK, UsageError
from .console import explained, fail, printable

COMMANDS: Mapping[str, str] = {
    "add": "snapshot Spaces, write their clients and record them",
    "generate": "rewrite clients from their snapshots, offline",
    "update": "fetch Spaces again, rewrite their clients and show what changed",
    "check": "check that clients are up to date; exit with 1 if one has drifted",
    "diff": "show how an API changed: breaking, compatible, cosmetic",
    "list": "list the recorded Spaces and the state of their clients",
    "remove": "remove recorded Spaces and delete their clients",
    "show": "show every endpoint of a Space, with snippets that call it",
    "call": "call one endpoint from the shell, with progress",
    "search": "find Spaces by meaning",
    "map": "call an endpoint, or a task of a model, for every row of a table",
    "mock": "run a mock server that answers as a snapshot describes",
    "tools": "print the endpoints of Spaces as tool definitions for a model",
    "mcp": "run an MCP server that offers the endpoints of Spaces as tools",
    "record": "record what you click on the page of a Space as a script",
    "completion": "print the completion script for bash, zsh or fish",
}
"""Every command with its line of help; its module is `commands.<name>`."""

_EXTRA = frozenset(
    {"anyascii", "argcomplete", "datamodel_code_generator", "jinja2", "ruff", "tomli"}
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default those of the command line.

    Returns:
        One of the exit statuses in `commands`.

    Raises:
        SystemExit: with 2 for a usage error, with 0 after `--help`.
    """
    if arguments is None:
        arguments = sys.argv[1:]
        # Most objects live until the process ends, so frequent garbage collection is wasted time.
        gc.set_threshold(50_000, *gc.get_threshold()[1:])
        _end_like_ctrl_c()
    # A service may start it without them. What would be printed there is lost, and nothing else.
    sys.stdout = output = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    if isinstance(output, io.TextIOWrapper):
        # Names in a spec may contain letters that the terminal or pipe cannot encode.
        output.reconfigure(errors="backslashreplace")
    try:
        status = _run(arguments)
        # Raise BrokenPipeError here, where it is handled, rather than when Python exits.
        sys.stdout.flush()
        return status
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _EXTRA:
            fail(f'{error.name} is not installed. Run: pip install "hubsmith[codegen]"')
        elif isinstance(error, HubsmithError):
            fail(str(error))
        else:
            raise
    except BrokenPipeError:
        # The reader of the output, such as `head`, has stopped. Flushing the rest of the buffer
        # would fail again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        fail("interrupted; no file was left half-written.")
        return INTERRUPTED
    except Exception as error:
        fail(str(explained(error)))
    return ERROR


def _end_like_ctrl_c() -> None:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does, unless they are ignored (nohup)."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # Not in the main thread.
                signal.signal(number, signal.default_int_handler)


def _run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name."""
    # The top-level options take no value, so the first word without a dash is the command.
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
            # Imported here, because finding the version would slow down `--help`.
            from ..ir.version import GENERATOR

            print(GENERATOR)
            return OK
        parser.parse_args(arguments)
        return ERROR  # Never reached: the parser has exited.
    command: Any = importlib.import_module(f".commands.{wanted}", __package__)
    command.add_arguments(parsers[wanted])
    try:
        status: int = command.run(parser.parse_args(arguments))
        return status
    except UsageError as error:
        parsers[wanted].error(str(error))


class _Parser(argparse.ArgumentParser):
    """A parser whose error messages escape control characters in what the user typed."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The top-level parser, and the parsers of the commands, still without arguments."""
    parser = _Parser(prog="hubsmith", description="Typed clients for Hugging Face Spaces.")
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
