"""`Connection`: what both clients know once they have met a Space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ._decode import decoder
from ._downloads import FileOrigin
from ._endpoint import Request
from ._job_state import JobState
from ._live import LiveEndpoint, LiveSpace
from ._transport import AsyncTransport, Transport

R = TypeVar("R")
T = TypeVar("T", Transport, AsyncTransport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Generic[T]):
    """A running Space and how to reach it.

    Attributes:
        name: What messages call the Space.
        base: Its API root.
        live: What it says about itself.
        files: Where the files of its answers lie.
        transport: What sends.
    """

    name: str
    base: str
    live: LiveSpace
    files: FileOrigin
    transport: T

    def endpoint(self, request: Request[Any]) -> LiveEndpoint:
        """Find the function that a request calls."""
        return self.live.endpoint(type(request).__endpoint__, self.name)

    def decoder(self, request: Request[R]) -> Callable[[list[Any]], R]:
        """Return the function that makes the request's typed result from an answer."""
        return decoder(request, self.endpoint(request), self.name, self.files)

    def new_state(self, request: Request[Any], *, keeps_events: bool) -> JobState:
        """Return the state of a job that is about to be sent."""
        return JobState(
            where=f"{self.name}: {type(request).__endpoint__}",
            fn_index=self.endpoint(request).fn_index,
            sends_diffs=self.live.sends_diffs,
            keeps_events=keeps_events,
        )


def connection(
    name: str, root: str, live: LiveSpace, folder: Path | None, transport: T
) -> Connection[T]:
    """Return the connection to a Space at `root`."""
    base = root + live.prefix
    files = FileOrigin(base, folder, transport)
    return Connection(name=name, base=base, live=live, files=files, transport=transport)
