"""`hubsmith call`: one call of an endpoint from the shell."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hubsmith_runtime import (
    AppError,
    Client,
    HubsmithError,
    InferenceTimeoutError,
    Job,
    Partial,
    ValidationError,
)
from hubsmith_runtime.spaces.untyped import UntypedCall

from ...ir.model import Operation, Service, definitions_in
from ...ir.text import paragraphs
from ...load import RawSpec
from ...load.fetch import root_of
from ...normalise.spaces import normalise
from ...snippets.listing import definition_lines, heading, parameter_lines, wrapped
from ..calling.arguments import endpoint_name, find_operation, read_arguments
from ..calling.outcome import FileFolder, JsonWriter, TextWriter
from ..console import fail, printable
from ..display import CallDisplay
from ..source import Reader, address_of, path_of
from . import INTERRUPTED, NO, OK, UsageError
from .arguments import FLAG, add, positive_number

_VALUES = (
    "Write numbers, true and false, and choices as they are; lists and objects as JSON or as "
    "@file.json; files as a path, @path or URL. A list may also be given item by item: "
    "name=a name=b."
)


class Caller(Client):
    """Calls endpoints with arguments named as in the Space, even if Python could not name them."""

    def begin(self, operation: Operation, arguments: Mapping[str, object]) -> Job[Any]:
        """Make a call and return at once; see `Client.submit`."""
        name = str(operation.endpoint) or None
        call = UntypedCall((), arguments, name, operation.fn_index, None, None)
        return self._begin(partial(call.prepare, None))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; the arguments of the endpoint are known once its documents are read."""
    parser.usage = "hubsmith call SOURCE ENDPOINT [name=value ...] [options]"
    parser.epilog = "`hubsmith call SOURCE ENDPOINT --help` lists the endpoint's parameters."
    add(parser, "source")
    parser.add_argument(
        "rest", metavar="ENDPOINT", nargs=argparse.REMAINDER, help="such as /predict, and arguments"
    )
    _add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Read the documents, check the arguments, make the call and show its result."""
    given = _words(options)
    words = [word for word in given if word not in ("-h", "--help")]
    if words != given:
        service, _ = _read(options)
        _help(options.source, service, words[:1])
        return OK
    if not words:
        raise UsageError("the following arguments are required: ENDPOINT")

    display = CallDisplay(is_quiet=options.quiet)
    with contextlib.ExitStack() as stack:
        stack.callback(display.clear)

        def connect(address: str) -> Caller:
            client = Caller(address, token=options.token, on_stage=display.on_stage)
            return stack.enter_context(client)

        is_name = "://" not in options.source and path_of(options.source) is None
        if is_name and not options.url:
            # The Space may be asleep, and serves no documents until it is up.
            display.status(f"Connecting to {options.source} ...")
            client = connect(options.source)
            client.view_api(print_info=False)
            service, _ = _read(options)
        else:
            service, raw = _read(options)
            client = connect(_address(options, raw))
        operation = find_operation(service, words[0])
        folder = FileFolder(Path(options.out) if options.out else None)
        if sys.stdout.isatty() and not options.json and not options.stream:
            writer = TextWriter(operation, folder, display)
        else:
            writer = JsonWriter(operation, folder, streams=options.stream)
        try:
            arguments = read_arguments(service, operation, words[1:])
            return _execute(client, operation, arguments, writer, display, options.timeout)
        except (AppError, ValidationError) as error:
            display.clear()
            for line in str(error).splitlines():
                fail(line)
            return NO


def _words(options: argparse.Namespace) -> list[str]:
    """Parse the options that follow the source, and return the endpoint and its arguments."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.argument_default = argparse.SUPPRESS  # Options before the source keep their values.
    _add_options(parser)
    try:
        _, words = parser.parse_known_args(options.rest, options)
    except argparse.ArgumentError as error:
        raise UsageError(printable(str(error))) from None
    return words


def _help(source: str, service: Service, names: list[str]) -> None:
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
        print("\n".join(wrapped(printable(paragraph))), end="\n\n")
    print("parameters:")
    print("\n".join(parameter_lines(operation.parameters)) or "  none", end="\n\n")
    types = [one.type for one in operation.parameters]
    for definition in definitions_in(types, service.definitions):
        print("\n".join(definition_lines(definition)), end="\n\n")
    print("\n".join(wrapped(_VALUES)), end="\n\n")
    offered = argparse.ArgumentParser(add_help=False, usage=argparse.SUPPRESS)
    _add_options(offered)
    print(offered.format_help(), end="")


def _add_options(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    as_json = "print the result as JSON, which is the default if the output is not a terminal"
    option("--json", help=as_json, **FLAG)
    option("--stream", help="print each partial result as a line of JSON", **FLAG)
    option("-q", "--quiet", help="show no progress", **FLAG)
    option("--out", metavar="DIR", help="save the files of the result to DIR")
    option(
        "--timeout",
        metavar="S",
        type=positive_number,
        help="cancel the call after this many seconds",
    )
    option("--url", help="call the app at this address instead of the one in the source")
    add(parser, "--token")


def _read(options: argparse.Namespace) -> tuple[Service, RawSpec]:
    raw = Reader(token=options.token).read_named(options.source)
    return normalise(raw), raw


def _address(options: argparse.Namespace, raw: RawSpec) -> str:
    if options.url:
        return root_of(options.url)
    return address_of(options.source, raw, "Pass --url with its address.")


def _execute(
    client: Caller,
    operation: Operation,
    arguments: Mapping[str, object],
    writer: JsonWriter | TextWriter,
    display: CallDisplay,
    timeout: float | None,
) -> int:
    """Make a call, show its progress, and write its result; cancel it after the timeout.

    Return the exit status: 0, or 130 if it was interrupted and therefore cancelled.
    """
    display.status("Sending ...")
    job = client.begin(operation, arguments)
    is_late = threading.Event()
    watch = threading.Timer(timeout or 0, _give_up, (job, is_late))
    if timeout is not None:
        watch.start()
    try:
        for event in job.events():
            if not (isinstance(event, Partial) and writer.take(event.value)):
                display.on_event(event)
        result = job.result()
    except KeyboardInterrupt:
        display.clear()
        writer.abandon()
        _cancel(job)
        return INTERRUPTED
    except HubsmithError:
        writer.abandon()
        if not is_late.is_set():
            raise
        raise InferenceTimeoutError(
            f"{endpoint_name(operation)}: no answer within {timeout:g} s; the job was cancelled. "
            "Raise --timeout."
        ) from None
    finally:
        watch.cancel()
        display.clear()
    writer.finish(result)
    return OK


def _cancel(job: Job[Any]) -> None:
    try:
        job.cancel()
    except HubsmithError as error:
        fail(f"interrupted; the job could not be cancelled: {error}")
    else:
        fail("interrupted; the job was cancelled.")


def _give_up(job: Job[Any], is_late: threading.Event) -> None:
    if not job.done():
        is_late.set()
        with contextlib.suppress(HubsmithError):
            job.cancel()
