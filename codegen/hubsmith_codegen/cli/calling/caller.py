"""The client that makes the call: untyped, but its arguments may have any name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from hubsmith_runtime import Client, Job
from hubsmith_runtime.spaces.untyped import UntypedCall

from ...ir.model import Operation


class Caller(Client):
    """Calls endpoints with arguments that are named as the Space names them, whatever that is."""

    def begin(self, operation: Operation, arguments: Mapping[str, object]) -> Job[Any]:
        """Make a call and return at once; see `Client.submit`."""
        name = str(operation.endpoint) or None
        call = UntypedCall((), arguments, name, operation.fn_index, None, None)
        return self._begin(partial(call.prepare, None))
