"""`Space`: the blocking client that generated clients stand on."""

from __future__ import annotations

import itertools
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from ._channel import Channel
from ._connection import Connection, Preparation, connect
from ._endpoint import Request
from ._errors import (
    HubsmithError,
    InferenceTimeoutError,
    SessionLostError,
    SpaceUnavailableError,
)
from ._http import Exchange
from ._job import Job
from ._job_state import JobState, Session
from ._retries import Retries
from ._source import Source
from ._transport import AsyncTransport, Transport
from ._wake import WAKE_SECONDS, Wake

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Self

R = TypeVar("R")
C = TypeVar("C", bound="AnyChannel")
T = TypeVar("T")


class AnyChannel(Protocol):
    """What both channels have."""

    session: Session


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
        cookies: Mapping[str, str] | None = None,
        ssl_verify: bool | ssl.SSLContext = True,
        retries: Retries | None = None,
        on_stage: Callable[[str], object] | None = None,
        wake_timeout: float = WAKE_SECONDS,
    ) -> None:
        if cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
            headers = {**(headers or {}), "cookie": pairs}
        self._where = Source.parse(source if source is not None else self._source, token, headers)
        self._auth = auth
        self._timeout = timeout
        self._retries = retries or Retries()
        self._wake = Wake(timeout=wake_timeout, on_stage=on_stage)
        self._patience = timeout  # How long one request may take.
        self._verify: bool | ssl.SSLContext = ssl_verify
        self._folder = None if download_dir is None else Path(download_dir)
        self._lock = threading.RLock()
        self._meeting = threading.RLock()  # Held while the Space is found and woken.
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

    def _approach(self, transport: Transport | AsyncTransport) -> Exchange[Connection]:
        return connect(self._where, self._auth, self._folder, transport, self._retries, self._wake)

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

    def _take_idle(self) -> list[C]:
        """Take out the channels of earlier sessions that have no jobs under way."""
        idle = [channel for channel in self._retired if channel.session.is_idle]
        self._retired = [channel for channel in self._retired if channel not in idle]
        return idle

    def _is_asleep(self, error: SpaceUnavailableError) -> bool:
        """Whether a Space refused a call because it fell asleep; the next call wakes it."""
        if self._where.root is not None or error.status not in (404, 503):
            return False
        was_met, self._connection = self._connection is not None, None
        return was_met

    def _slow_error(self, state: JobState) -> InferenceTimeoutError:
        return InferenceTimeoutError(
            f"{state.where}: no answer within {self._timeout} s; "
            "the job was cancelled. Raise timeout=, or use jobs to wait as long as you like."
        )


class BlockingSpace(BaseSpace[Channel, Transport]):
    """Calls a Space in the caller's thread."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End pending jobs and close every connection. Closing twice does no harm."""
        for channel in self._shut():
            self._end(channel)
        if self._transport is not None:
            self._transport.close()

    def _end(self, channel: Channel) -> None:
        connection = self._connection
        if connection is not None and connection.live.keeps_sessions:
            channel.leave()
        else:
            channel.close()

    def _connect(self) -> tuple[Transport, Connection]:
        with self._meeting:
            with self._lock:
                self._check_open()
                if self._transport is None:
                    self._transport = Transport(
                        self._where.credentials(None), verify=self._verify, patience=self._patience
                    )
                transport = self._transport
            connection = self._connection
            if connection is None:
                connection = transport.converse(self._approach(transport))
                self._connection = connection
            return transport, connection

    def _wait_for(self, prepare: Preparation[R]) -> R:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        for attempt in itertools.count(1):
            try:
                return self._wait_once(prepare, deadline)
            except SessionLostError as error:
                wait = self._retries.next_wait(attempt, error, runs_job=True)
                if wait is None or self._transport is None:
                    raise
                self._transport.pause(wait)
        raise AssertionError

    def _wait_once(self, prepare: Preparation[R], deadline: float | None) -> R:
        channel, state, job = self._start(prepare)
        try:
            if deadline is None:
                channel.wait(state)
            else:
                channel.wait_in_thread(job.done, state, deadline)
        except BaseException as error:
            channel.forget(state)
            if isinstance(error, InferenceTimeoutError):
                raise self._slow_error(state) from None
            raise
        return job.result()

    def _begin(self, prepare: Preparation[R]) -> Job[R]:
        channel, _, job = self._start(prepare)
        channel.watch()
        return job

    def _start(self, prepare: Preparation[R]) -> tuple[Channel, JobState, Job[R]]:
        try:
            return self._send(prepare)
        except SpaceUnavailableError as error:
            if not self._is_asleep(error):
                raise
        return self._send(prepare)

    def _send(self, prepare: Preparation[R]) -> tuple[Channel, JobState, Job[R]]:
        transport, connection = self._connect()
        call, state, decode = transport.converse(prepare(connection))
        for upload in call.uploads:
            upload.file.cache()
        transport.converse(connection.upload(call))
        with self._lock:
            self._check_open()
            if self._channel is None:
                self._channel = Channel(transport, connection, self._session_hash)
            channel = self._channel
            channel.expect()
            idle = self._take_idle()
        channel.join(call, state)
        for one in idle:
            self._end(one)
        return channel, state, Job(channel, state, decode)


class Space(BlockingSpace):
    """A Gradio Space. Making one sends nothing; the first call does.

    Args:
        source: `owner/name` or a URL; a generated class knows its own.
        token: A Hub token. It is sent to the Hub and to the Space's own host only. `None` uses
            the saved one (`HF_TOKEN`, or that of `hf auth login`) for an `owner/name`, `False` none
            at all, and `True` demands that one is saved.
        headers: Extra headers for the Space.
        auth: User and password, for a Space with a login.
        timeout: Seconds that a call may take; without end by default.
        download_dir: Where files are kept whose path is asked for.
        cookies: Cookies for the Space, by name.
        ssl_verify: Whether its certificate is checked, or the context to check it with.
        retries: Which failures are tried again; by default three attempts at whatever cannot run
            a job twice.
        on_stage: Called with each stage of an `owner/name` that is waited for, such as `SLEEPING`,
            `BUILDING` and at last `RUNNING`.
        wake_timeout: Seconds to wait for an `owner/name` that sleeps, builds or starts.

    Raises:
        SpecError: when the source is neither a name nor a URL.
        AuthenticationError: when `token=True` and no token is saved.
    """

    def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result.

        Raises:
            HubsmithError: see its tree for what can go wrong.
        """
        return self._wait_for(lambda space: space.prepare(request, keeps_events=False))

    def submit(self, request: Request[R]) -> Job[R]:
        """Make a call and return at once, while it goes on.

        Raises:
            HubsmithError: when it is not accepted.
        """
        return self._begin(lambda space: space.prepare(request, keeps_events=True))

    # What generated methods call.
    _run, _submit = run, submit


class Jobs:
    """The endpoints of a Space, each returning a `Job` at once."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def _submit(self, request: Request[R]) -> Job[R]:
        return self._space.submit(request)
