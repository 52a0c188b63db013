"""`hubsmith call`: one call of an endpoint from the shell."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubsmith_runtime import HubsmithError, ValidationError

from ..console import fail, printable
from . import FAILED, OK, UsageError

if TYPE_CHECKING:
    from ...ir.model import Service
    from ...load import RawSpec
    from ..calling.caller import Caller
    from ..calling.display import Display

_OPTIONS = """\
options:
  --json           print the result as JSON, as it is where the output is no terminal
  --stream         print each partial result, a line of JSON each
  --out DIR        save the files of the result into DIR
  --timeout S      cancel the call after so many seconds
  --url URL        call the app at this address instead of the one that the source names
  --token TOKEN    Hub token for a private Space; better set HF_TOKEN
  -q, --quiet      show no progress
"""
_VALUES = """\
Write numbers, true and false, and choices as they are; lists and objects as JSON or as @file.json;
files as a path, @path or URL. A list may also be given item by item: name=a name=b.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments; those of the endpoint come with the documents."""
    parser.usage = "hubsmith call SOURCE ENDPOINT [name=value ...] [options]"
    parser.epilog = "`hubsmith call SOURCE ENDPOINT --help` lists the endpoint's parameters."
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="owner/name, a URL, a snapshot folder, an openapi.json file or a recorded name",
    )
    parser.add_argument(
        "rest", metavar="ENDPOINT", nargs=argparse.REMAINDER, help="such as /predict, and arguments"
    )
    _add_options(parser, None)


def run(options: argparse.Namespace) -> int:
    """Read the documents, check the arguments, make the call and show what comes of it."""
    words = _words(options)
    asks = any(word in ("-h", "--help") for word in words)
    words = [word for word in words if word not in ("-h", "--help")]
    if asks:
        service, _ = _read(options)
        _help(options.source, service, words[:1])
        return OK
    if not words:
        raise UsageError("the following arguments are required: ENDPOINT")

    from ..calling.arguments import find_operation, read_arguments
    from ..calling.display import Display
    from ..calling.execution import Manners, execute

    display = Display(sys.stderr, is_quiet=options.quiet)
    with contextlib.ExitStack() as stack:
        stack.callback(display.clear)
        if _is_name(options.source) and not options.url:
            # It may be asleep, and gives no documents before it is up.
            display.status(f"Connecting to {options.source} ...")
            client = stack.enter_context(_client(options.source, options, display))
            client.view_api(print_info=False)
            service, _ = _read(options)
        else:
            service, raw = _read(options)
            client = stack.enter_context(_client(_address(options, raw), options, display))
        operation = find_operation(service, words[0])
        try:
            arguments = read_arguments(service, operation, words[1:])
        except ValidationError as error:
            display.clear()
            for line in str(error).splitlines():
                fail(line)
            return FAILED
        manners = Manners(
            is_json=options.json,
            streams=options.stream,
            out=Path(options.out) if options.out else None,
            timeout=options.timeout,
        )
        return execute(client, operation, arguments, manners, display)


def _words(options: argparse.Namespace) -> list[str]:
    """Take the options from behind the source, and return the endpoint and its arguments."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    _add_options(parser, argparse.SUPPRESS)
    try:
        _, words = parser.parse_known_args(options.rest, options)
    except argparse.ArgumentError as error:
        raise UsageError(printable(str(error))) from None
    return words


def _help(source: str, service: Service, names: list[str]) -> None:
    from ...ir.text import paragraphs
    from ...snippets.listing import definition_lines, definitions_in, heading, parameter_lines
    from ..calling.arguments import endpoint_name, find_operation

    if not names:
        print(heading(service), end="\n\n")
        for operation in service.operations:
            about = paragraphs(operation.description)
            print(printable(f"  {endpoint_name(operation)}  {about[0] if about else ''}".rstrip()))
        return
    operation = find_operation(service, names[0])
    usage = f"hubsmith call {source} {endpoint_name(operation)}"
    needed = [f" {one.wire_name}=..." for one in operation.parameters if one.default is None]
    print(printable(f"usage: {usage}{''.join(needed)} [name=value ...] [options]"), end="\n\n")
    for paragraph in paragraphs(operation.description):
        print(printable(paragraph), end="\n\n")
    print("parameters:")
    print("\n".join(parameter_lines(operation.parameters)) or "  none", end="\n\n")
    for definition in definitions_in(service, (one.schema for one in operation.parameters)):
        print("\n".join(definition_lines(definition)), end="\n\n")
    print(_VALUES)
    print(_OPTIONS, end="")


def _add_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    def flag(*names: str, help: str) -> None:
        chosen = False if default is None else default
        parser.add_argument(*names, action="store_true", default=chosen, help=help)

    flag("--json", help="print the result as JSON, as it is where the output is no terminal")
    flag("--stream", help="print each partial result, a line of JSON each")
    flag("-q", "--quiet", help="show no progress")
    parser.add_argument(
        "--out", metavar="DIR", default=default, help="save the files of the result into DIR"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=_seconds,
        default=default,
        help="cancel the call after so many seconds",
    )
    parser.add_argument(
        "--url",
        default=default,
        help="call the app at this address instead of the one that the source names",
    )
    parser.add_argument(
        "--token",
        default=default,
        help="Hub token for a private Space; better set HF_TOKEN, which no process list shows",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 1_000_000:
        raise argparse.ArgumentTypeError("must be a number of seconds above 0")
    return seconds


def _is_name(source: str) -> bool:
    from ...load.source import path_of

    return "://" not in source and path_of(source) is None


def _client(address: str, options: argparse.Namespace, display: Display) -> Caller:
    from ..calling.caller import Caller

    return Caller(address, token=options.token, on_stage=display.on_stage)


def _read(options: argparse.Namespace) -> tuple[Service, RawSpec]:
    from ...load.source import read_source
    from ...normalise.spaces import normalise

    raw = read_source(options.source, token=options.token)
    return normalise(raw), raw


def _address(options: argparse.Namespace, raw: RawSpec) -> str:
    from ...load.fetch import root_of
    from ...load.source import path_of

    if options.url:
        return root_of(options.url)
    if path_of(options.source) is None:
        return root_of(options.source)  # As it was typed: it may hold a login.
    if raw.source is None:
        raise HubsmithError(
            f"{options.source} does not say where the Space runs. Pass --url with its address."
        )
    return raw.source
