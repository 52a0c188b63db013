"""`Connection`: what both clients know once they have met a Space, and how they meet it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from . import _requests
from ._answers import check_login, read_config, read_host, read_order, read_paths
from ._decode import decoder
from ._downloads import FileOrigin
from ._encode import Call, encode
from ._endpoint import Request
from ._errors import FileTooLargeError
from ._job_state import JobState
from ._live import LiveSpace
from ._source import Source
from ._transport import AsyncTransport, Exchange, HttpRequest, Transport

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A running Space."""

    name: str  # What messages call it.
    base: str  # Its API root.
    live: LiveSpace
    files: FileOrigin
    orders: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # By endpoint.

    def prepare(
        self, request: Request[R], *, keeps_events: bool
    ) -> Exchange[tuple[Call, JobState, Callable[[list[Any]], R]]]:
        """Return the call to send, its state, and what makes the typed result of its answer."""
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
                answer = yield _requests.info(self.base)
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
                answer = yield _requests.upload(self.base, parts)
            paths = read_paths(answer, len(parts), self.name)
            for sent, path in zip(call.uploads, paths, strict=True):
                for reference in sent.references:
                    reference["path"] = path


def connect(
    source: Source,
    auth: tuple[str, str] | None,
    folder: Path | None,
    transport: Transport | AsyncTransport,
) -> Exchange[Connection]:
    """Find a Space, log in and read what it is; `transport` learns who may see the token."""
    root = source.root
    if root is None:
        root = read_host((yield HttpRequest("GET", source.host_url, {})), source.name)
    transport.allow(source.credentials(root))
    if auth is not None:
        check_login((yield _requests.login(root, auth)), source.name)
    live, root = read_config((yield _requests.config(root)), source.name, root)
    base = root + live.prefix
    files = FileOrigin(base, folder, transport)
    return Connection(name=source.name, base=base, live=live, files=files)
