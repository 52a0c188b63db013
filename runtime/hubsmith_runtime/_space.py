"""`Space`: the blocking client that generated clients stand on."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from ._channel import Channel
from ._connection import Connection, connect
from ._endpoint import Request
from ._errors import HubsmithError, InferenceTimeoutError
from ._job import Job
from ._job_state import JobState
from ._source import Source
from ._transport import Transport

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")
C = TypeVar("C")
T = TypeVar("T")


class BaseSpace(Generic[C, T]):
    """What both clients share; see `Space` for the arguments."""

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
        self._session_hash = secrets.token_hex(8)
        self._transport: T | None = None
        self._connection: Connection | None = None
        self._channel: C | None = None
        self._retired: list[C] = []
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._where.name!r})"

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

    def _check_open(self) -> None:
        if self._closed:
            raise HubsmithError(f"{self._where.name}: the client is closed. Make a new one.")

    def _shut(self) -> list[C]:
        """Refuse further calls, and return the channels to close."""
        with self._lock:
            self._closed = True
            channels = [*self._retired, *([self._channel] if self._channel is not None else [])]
            self._retired, self._channel = [], None
        return channels

    def _slow_error(self, request: Request[R]) -> InferenceTimeoutError:
        return InferenceTimeoutError(
            f"{self._where.name}: {type(request).__endpoint__}: no answer within {self._timeout} s; "
            "the job was cancelled. Raise timeout=, or use jobs to wait as long as you like."
        )


class Space(BaseSpace[Channel, Transport]):
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result.

        Raises:
            HubsmithError: see its tree for what can go wrong.
        """
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        channel, state, job = self._start(request, keeps_events=False)
        try:
            if deadline is None:
                channel.wait(state)
            else:
                channel.wait_in_thread(job.done, state, deadline)
        except BaseException as error:
            channel.forget(state)
            if isinstance(error, InferenceTimeoutError):
                raise self._slow_error(request) from None
            raise
        return job.result()

    def submit(self, request: Request[R]) -> Job[R]:
        """Make a call and return at once, while it goes on.

        Raises:
            HubsmithError: when it is not accepted.
        """
        channel, _, job = self._start(request, keeps_events=True)
        channel.watch()
        return job

    # What generated methods call.
    _run, _submit = run, submit

    def close(self) -> None:
        """End pending jobs and close every connection. Closing twice does no harm."""
        for channel in self._shut():
            channel.close()
        if self._transport is not None:
            self._transport.close()

    def _start(
        self, request: Request[R], *, keeps_events: bool
    ) -> tuple[Channel, JobState, Job[R]]:
        with self._lock:
            self._check_open()
            if self._transport is None:
                self._transport = Transport(self._where.credentials(None))
            transport = self._transport
            if self._connection is None:
                exchange = connect(self._where, self._auth, self._folder, transport)
                self._connection = transport.converse(exchange)
            connection = self._connection
            if self._channel is None:
                self._channel = Channel(transport, connection, self._session_hash)
            channel = self._channel
        preparing = connection.prepare(request, keeps_events=keeps_events)
        call, state, decode = transport.converse(preparing)
        for upload in call.uploads:
            upload.file.cache()
        transport.converse(connection.upload(call))
        channel.join(call, state)
        return channel, state, Job(channel, state, decode)


class Jobs:
    """The endpoints of a Space, each returning a `Job` at once."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def _submit(self, request: Request[R]) -> Job[R]:
        return self._space.submit(request)
