"""`Connection`: what both clients know once they have met a Space, and how they meet it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from . import _requests
from ._answers import (
    check_login,
    read_config,
    read_event_id,
    read_host,
    read_order,
    read_paths,
)
from ._decode import decoder
from ._downloads import FileOrigin
from ._encode import Call, encode
from ._endpoint import Request
from ._errors import FileTooLargeError
from ._http import Exchange, HttpRequest, Response
from ._job_state import JobState
from ._live import LiveSpace
from ._retries import Retries, send
from ._source import Source
from ._transport import AsyncTransport, Transport
from ._wake import Wake, meet

R = TypeVar("R")

Prepared: TypeAlias = tuple[Call, JobState, Callable[[list[Any]], R]]
"""A call to send, its state, and what makes its result of the answer."""
Preparation: TypeAlias = "Callable[[Connection], Exchange[Prepared[R]]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A running Space."""

    name: str  # What messages call it.
    source: Source
    retries: Retries
    base: str  # Its API root.
    live: LiveSpace
    files: FileOrigin
    orders: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # By endpoint.

    def ask(self, request: HttpRequest) -> Exchange[Response]:
        """Send a request that may be sent twice."""
        what = request.url.removeprefix(self.base)
        return (yield from send(request, self.retries, f"{self.name}: {what}"))

    def prepare(self, request: Request[R], *, keeps_events: bool) -> Exchange[Prepared[R]]:
        """Make a call of a request."""
        endpoint = type(request).__endpoint__
        live = self.live.endpoint(endpoint, self.name)
        state = JobState(
            where=f"{self.name}: {endpoint}",
            fn_index=live.fn_index,
            sends_diffs=self.live.sends_diffs,
            keeps_events=keeps_events,
        )
        decode = decoder(request, live, self.name, self.files)
        order = None
        if not endpoint.is_ordered:
            if endpoint.name not in self.orders:
                answer = yield from self.ask(_requests.info(self.base))
                self.orders[endpoint.name] = read_order(answer, endpoint.name, self.name)
            order = self.orders[endpoint.name]
        return encode(request, live, self.name, self.base, order), state, decode

    def upload(self, call: Call) -> Exchange[None]:
        """Send the files of a call, which must be here, and write the server's paths into it."""
        limit = self.live.max_file_size
        for sent in call.uploads:
            if limit is not None and (sent.file.size or 0) > limit:
                raise FileTooLargeError(
                    f"{self.name} takes files of at most {limit} bytes, {sent.file.name!r} "
                    f"has {sent.file.size}."
                )
        if call.uploads:
            with contextlib.ExitStack() as opened:
                parts = [opened.enter_context(sent.file.part()) for sent in call.uploads]
                answer = yield from self.ask(_requests.upload(self.base, parts, call.headers))
            paths = read_paths(answer, len(parts), self.name)
            for sent, path in zip(call.uploads, paths, strict=True):
                for reference in sent.references:
                    reference["path"] = path

    def join(self, session_hash: str, call: Call, where: str) -> Exchange[str]:
        """Send a job to the queue, and return its event id."""
        headers = {**self.source.visitor_headers(call.headers), **call.headers}
        sent = _requests.join(self.base, session_hash, dataclasses.replace(call, headers=headers))
        answer = yield from send(sent, self.retries, where, runs_job=True)
        return read_event_id(answer, where)


def connect(
    source: Source,
    auth: tuple[str, str] | None,
    folder: Path | None,
    transport: Transport | AsyncTransport,
    retries: Retries,
    wake: Wake,
) -> Exchange[Connection]:
    """Find a Space, wake it, log in and read what it is.

    The transport learns who may see the token.
    """
    root = source.root
    if root is None:
        asked = HttpRequest("GET", source.host_url, {})
        root = read_host((yield from send(asked, retries, f"{source.name}: host")), source)
    transport.allow(source.credentials(root))
    if auth is not None:
        answer = yield from meet(_requests.login(root, auth), source, retries, wake)
        check_login(answer, source.name)
    answer = yield from meet(_requests.config(root), source, retries, wake)
    live, root = read_config(answer, source.name, root)
    base = root + live.prefix
    files = FileOrigin(base, folder, transport)
    return Connection(
        name=source.name, source=source, retries=retries, base=base, live=live, files=files
    )
