"""One call from its beginning to its end: what comes in on the way, its result, an interruption."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hubsmith_runtime import Client, Event, HubsmithError, InferenceTimeoutError, Job, Partial
from hubsmith_runtime.spaces.untyped import UntypedCall

from ...ir.model import Operation
from ...snippets.place import json_text
from ..commands import OK
from ..console import fail
from .arguments import endpoint_name
from .display import Display
from .outcome import FileFolder, TextWriter, as_json, named

INTERRUPTED = 130


class Caller(Client):
    """Calls endpoints with arguments that are named as the Space names them, whatever that is."""

    def begin(self, operation: Operation, arguments: Mapping[str, object]) -> Job[Any]:
        """Make a call and return at once; see `Client.submit`."""
        name = str(operation.endpoint) or None
        call = UntypedCall((), arguments, name, operation.fn_index, None, None)
        return self._begin(partial(call.prepare, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How a result is written.

    Attributes:
        is_json: Whether as JSON also on a terminal.
        streams: Whether each partial result is a line of JSON.
        out: The folder that files are saved into; `None` saves none.
        timeout: Seconds after which the call is cancelled; `None` for no end.
    """

    is_json: bool
    streams: bool
    out: Path | None
    timeout: float | None


def execute(
    client: Caller,
    operation: Operation,
    arguments: Mapping[str, object],
    output: OutputOptions,
    display: Display,
) -> int:
    """Make a call, show how it goes on, and write its result to the output.

    Returns:
        The exit status: 0, or 130 when it was interrupted, and cancelled for that.

    Raises:
        HubsmithError: when it fails.
    """
    is_text = sys.stdout.isatty() and not output.is_json and not output.streams
    writer = TextWriter(sys.stdout) if is_text else None
    folder = FileFolder(output.out)
    lines = _Lines(operation) if output.streams else None
    display.status("Sending ...")
    job = client.begin(operation, arguments)
    is_late = threading.Event()
    watch = threading.Timer(output.timeout or 0, _give_up, (job, is_late))
    if output.timeout is not None:
        watch.start()
    try:
        for event in job.events():
            _show(event, display, writer)
            if lines is not None and isinstance(event, Partial):
                lines.write(event.value, FileFolder(None))
        result = job.result()
    except KeyboardInterrupt:
        display.clear()
        if writer is not None:
            writer.abandon()
        _cancel(job)
        return INTERRUPTED
    except HubsmithError:
        if writer is not None:
            writer.abandon()
        if not is_late.is_set():
            raise
        raise InferenceTimeoutError(
            f"{endpoint_name(operation)}: no answer within {output.timeout:g} s; the job was "
            "cancelled. Raise --timeout."
        ) from None
    finally:
        watch.cancel()
        display.clear()
    if writer is not None:
        writer.finish(named(result, operation), folder)
    elif lines is not None:
        lines.write(result, folder)
    else:
        print(json_text(as_json(named(result, operation), folder), indent=2))
    return OK


class _Lines:
    """Writes results as lines of JSON, each once."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._last = ""

    def write(self, result: object, folder: FileFolder) -> None:
        line = json_text(as_json(named(result, self._operation), folder))
        if line != self._last:
            print(line, flush=True)
            self._last = line


def _show(event: Event[Any], display: Display, writer: TextWriter | None) -> None:
    if writer is not None and isinstance(event, Partial) and isinstance(event.value, str):
        display.yield_line()
        writer.grow(event.value)
    else:
        display.on_event(event)


def _cancel(job: Job[Any]) -> None:
    try:
        job.cancel()
    except HubsmithError as error:
        fail(f"interrupted; the job could not be cancelled: {error}")
    else:
        fail("interrupted; the job is cancelled.")


def _give_up(job: Job[Any], is_late: threading.Event) -> None:
    if not job.done():
        is_late.set()
        with contextlib.suppress(HubsmithError):
            job.cancel()
