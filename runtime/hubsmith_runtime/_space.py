"""`Space`: the blocking client that generated clients stand on."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ._answers import (
    CALL_HEADERS,
    FORM_HEADERS,
    check,
    check_login,
    login_body,
    read_config,
    read_host,
)
from ._channel import Channel
from ._connection import Connection, connection
from ._encode import Call, encode
from ._endpoint import Request
from ._errors import HubsmithError, InferenceTimeoutError
from ._job import Job
from ._source import Source
from ._transport import Transport
from ._uploads import Multipart, assign_paths, check_sizes

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")


class Space:
    """A Gradio Space. Making one sends nothing; the first call does.

    Args:
        source: `owner/name` or a URL; a generated class knows its own.
        token: A Hub token. It is sent to the Hub and to the Space's own host only. `None` uses
            `HF_TOKEN` for an `owner/name`, `False` none at all.
        headers: Extra headers for the Space.
        auth: User and password, for a Space with a login.
        timeout: Seconds that a call may take; without end by default.
        download_dir: Where files are kept whose path is asked for.

    Raises:
        SpecError: when the source is neither a name nor a URL.
    """

    _source: ClassVar[str | None] = None

    def __init__(
        self,
        source: str | None = None,
        *,
        token: str | bool | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        download_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self._where = Source.parse(source if source is not None else self._source, token, headers)
        self._auth = auth
        self._timeout = timeout
        self._folder = None if download_dir is None else Path(download_dir)
        self._lock = threading.RLock()
        self._connection: Connection[Transport] | None = None
        self._channel: Channel | None = None
        self._session_hash = secrets.token_hex(8)
        self._retired: list[Channel] = []
        self._transport: Transport | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._where.name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result.

        Raises:
            HubsmithError: see its tree for what can go wrong.
        """
        return self._run(request)

    def submit(self, request: Request[R]) -> Job[R]:
        """Make a call and return at once, while it goes on.

        Raises:
            HubsmithError: when it is not accepted.
        """
        return self._submit(request)

    @property
    def session_hash(self) -> str:
        """The name of the session under which the Space keeps state."""
        return self._session_hash

    def reset_session(self) -> None:
        """Begin a new session: the Space forgets its state. Jobs under way stay in the old one."""
        with self._lock:
            self._session_hash = secrets.token_hex(8)
            if self._channel is not None:
                self._retired.append(self._channel)
                self._channel = None

    def close(self) -> None:
        """End pending jobs and close every connection. Closing twice does no harm."""
        with self._lock:
            self._closed = True
            channels = [*self._retired, *([self._channel] if self._channel else [])]
            self._retired, self._channel = [], None
        for channel in channels:
            channel.close()
        if self._transport is not None:
            self._transport.close()

    def _run(self, request: Request[R]) -> R:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        connection, channel = self._open()
        call = self._prepare(request, connection)
        decode = connection.decoder(request)
        state = connection.new_state(request, keeps_events=False)
        channel.join(call, state)
        try:
            if deadline is None:
                channel.wait(state)
            else:
                channel.wait_in_thread(lambda: state.outcome is not None, state, deadline)
        except InferenceTimeoutError:
            channel.forget(state)
            raise InferenceTimeoutError(
                f"{state.where}: no answer within {self._timeout} s; the job was cancelled. "
                "Raise timeout=, or use jobs to wait as long as you like."
            ) from None
        except BaseException:
            channel.forget(state)
            raise
        return decode(state.values())

    def _submit(self, request: Request[R]) -> Job[R]:
        connection, channel = self._open()
        call = self._prepare(request, connection)
        decode = connection.decoder(request)
        state = connection.new_state(request, keeps_events=True)
        channel.join(call, state)
        channel.watch()
        return Job(channel, state, decode)

    def _open(self) -> tuple[Connection[Transport], Channel]:
        with self._lock:
            if self._closed:
                raise HubsmithError(f"{self._where.name}: the client is closed. Make a new one.")
            if self._connection is None:
                self._connection = self._connect()
            if self._channel is None:
                connection = self._connection
                self._channel = Channel(
                    connection.transport, connection.base, connection.live, self._session_hash
                )
            return self._connection, self._channel

    def _connect(self) -> Connection[Transport]:
        source, root = self._where, self._where.root
        if root is None:
            hub = Transport(source.credentials(None))
            try:
                root = read_host(hub.request("GET", source.host_url), source.name)
            finally:
                hub.close()
        if self._transport is None:
            self._transport = Transport(source.credentials(root))
        if self._auth is not None:
            body = login_body(self._auth)
            answer = self._transport.request(
                "POST", f"{root}/login", headers=FORM_HEADERS, content=body
            )
            check_login(answer, source.name)
        answer = self._transport.request("GET", f"{root}/config", headers=CALL_HEADERS)
        live, root = read_config(answer, source.name, root)
        return connection(source.name, root, live, self._folder, self._transport)

    def _prepare(self, request: Request[Any], connection: Connection[Transport]) -> Call:
        live = connection.endpoint(request)
        call = encode(request, live, connection.name, connection.base)
        if call.uploads:
            for upload in call.uploads:
                if not upload.file.is_local:
                    os.fspath(upload.file)
            check_sizes(call.uploads, connection.live.max_file_size, connection.name)
            body = Multipart([upload.file for upload in call.uploads])
            answer = connection.transport.request(
                "POST",
                f"{connection.base}/upload",
                headers={**CALL_HEADERS, **body.headers},
                content=body,
            )
            check(answer, f"{connection.name}: upload")
            assign_paths(call.uploads, answer.json(), connection.name)
        return call


class Jobs:
    """The endpoints of a Space, each returning a `Job` at once."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def _submit(self, request: Request[R]) -> Job[R]:
        return self._space.submit(request)
