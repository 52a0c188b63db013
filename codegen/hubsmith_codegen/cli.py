"""The `hubsmith` command: arguments in, an exit status out.

Whatever is heavy is imported when a command runs, so that `hubsmith --help` is quick.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from hubsmith_runtime import HubsmithError

from .console import fail

_EXTRA = frozenset({"datamodel_code_generator", "jinja2", "ruff", "tomli"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Those of the command line by default.

    Returns:
        0 when all went well, 1 when something failed or `check` found drift, 2 for a wrong usage
        and where `check` could not tell.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    # `check` keeps 1 for drift: what it cannot tell is 2.
    failure = 2 if options.command == "check" else 1
    try:
        return _run(parser, options)
    except HubsmithError as error:
        fail(str(error))
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        fail(f'{error.name} is not installed. Run: pip install "hubsmith[codegen]"')
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}.")
    except KeyboardInterrupt:
        fail("interrupted; nothing is half-written.")
        return 130
    except Exception as error:
        if os.environ.get("HUBSMITH_DEBUG"):
            raise
        fail(
            f"internal error, {type(error).__name__}: {error}. This is a fault of hubsmith; "
            "HUBSMITH_DEBUG=1 shows where."
        )
    return failure


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from . import commands

    if options.command == "add":
        return commands.add(
            options.source,
            name=options.name,
            out=options.out,
            token=options.token,
            timeout=options.timeout,
        )
    if options.command == "check":
        return commands.check(options.names)
    if options.spec and options.names:
        parser.error("generate takes names or --spec, not both")
    if options.name is not None and len(options.spec) != 1:
        parser.error("--name goes with exactly one --spec")
    return commands.generate(options.names, specs=options.spec, out=options.out, name=options.name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hubsmith", description="Typed Python clients for Hugging Face Spaces."
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = commands.add_parser("add", help="snapshot a Space, write its client, record it")
    add.add_argument(
        "source",
        metavar="SOURCE",
        help="owner/name, a URL, a snapshot folder or an openapi.json file",
    )
    _add_place(add)
    add.add_argument(
        "--token",
        help="Hub token for a private Space; better set HF_TOKEN, which no process list shows",
    )
    add.add_argument(
        "--timeout", type=_seconds, default=10.0, help="seconds for each document (default: 10)"
    )

    generate = commands.add_parser("generate", help="rewrite clients from their snapshots, offline")
    generate.add_argument(
        "names", nargs="*", metavar="NAME", help="a recorded Space (default: all)"
    )
    generate.add_argument(
        "--spec",
        nargs="+",
        action="extend",
        default=[],
        metavar="PATH",
        help="snapshot folders or documents; needs no configuration",
    )
    _add_place(generate)

    check = commands.add_parser("check", help="exit 1 where a client differs from its snapshot")
    check.add_argument("names", nargs="*", metavar="NAME", help="a recorded Space (default: all)")
    return parser


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", help="name of the client package (default: the Space's)")
    parser.add_argument(
        "--out", metavar="DIR", help="folder that holds the client packages (default: clients)"
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 3600")
    return seconds


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help, default=argparse.SUPPRESS)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"hubsmith {version('hubsmith')}")
        parser.exit()
