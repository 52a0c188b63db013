"""One call from its beginning to its end: what comes in on the way, its result, an interruption."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from hubsmith_runtime import Client, HubsmithError, InferenceTimeoutError, Job, Partial
from hubsmith_runtime.spaces.untyped import UntypedCall

from ...ir.model import Operation
from ..commands import INTERRUPTED, OK
from ..console import fail
from ..display import CallDisplay
from .arguments import endpoint_name
from .outcome import JsonWriter, TextWriter


class Caller(Client):
    """Calls endpoints with arguments that are named as the Space names them, whatever that is."""

    def begin(self, operation: Operation, arguments: Mapping[str, object]) -> Job[Any]:
        """Make a call and return at once; see `Client.submit`."""
        name = str(operation.endpoint) or None
        call = UntypedCall((), arguments, name, operation.fn_index, None, None)
        return self._begin(partial(call.prepare, None))


def execute(
    client: Caller,
    operation: Operation,
    arguments: Mapping[str, object],
    writer: JsonWriter | TextWriter,
    display: CallDisplay,
    timeout: float | None,
) -> int:
    """Make a call, show how it goes on, and write its result; after the timeout it is cancelled.

    Return the exit status: 0, or 130 when it was interrupted, and cancelled for that.
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
        fail("interrupted; the job is cancelled.")


def _give_up(job: Job[Any], is_late: threading.Event) -> None:
    if not job.done():
        is_late.set()
        with contextlib.suppress(HubsmithError):
            job.cancel()
