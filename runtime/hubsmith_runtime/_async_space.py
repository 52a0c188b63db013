"""`AsyncSpace`: the asyncio client that generated clients stand on."""

from __future__ import annotations

import asyncio
import os
import secrets
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
from ._async_channel import AsyncChannel
from ._async_job import AsyncJob
from ._connection import Connection, connection
from ._encode import Call, encode
from ._endpoint import Request
from ._errors import HubsmithError, InferenceTimeoutError
from ._source import Source
from ._transport import AsyncTransport
from ._uploads import Multipart, assign_paths, check_sizes

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")


class AsyncSpace:
    """A Gradio Space for asyncio; see `Space` for the arguments.

    Use it within one event loop. Cancelling a task that waits for a call cancels the call.
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
        self._lock = asyncio.Lock()
        self._connection: Connection[AsyncTransport] | None = None
        self._channel: AsyncChannel | None = None
        self._session_hash = secrets.token_hex(8)
        self._retired: list[AsyncChannel] = []
        self._transport: AsyncTransport | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._where.name!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result; see `Space.run`."""
        return await self._run(request)

    async def submit(self, request: Request[R]) -> AsyncJob[R]:
        """Send a call and return while it goes on; see `Space.submit`."""
        return await self._submit(request)

    @property
    def session_hash(self) -> str:
        """The name of the session under which the Space keeps state."""
        return self._session_hash

    def reset_session(self) -> None:
        """Begin a new session: the Space forgets its state. Jobs under way stay in the old one."""
        self._session_hash = secrets.token_hex(8)
        if self._channel is not None:
            self._retired.append(self._channel)
            self._channel = None

    async def aclose(self) -> None:
        """End pending jobs and close every connection. Closing twice does no harm."""
        self._closed = True
        channels = [*self._retired, *([self._channel] if self._channel else [])]
        self._retired, self._channel = [], None
        for channel in channels:
            await channel.close()
        if self._transport is not None:
            await self._transport.aclose()

    async def close(self) -> None:
        """The same as `aclose`."""
        await self.aclose()

    async def _run(self, request: Request[R]) -> R:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        connection, channel = await self._open()
        call = await self._prepare(request, connection)
        decode = connection.decoder(request)
        state = connection.new_state(request, keeps_events=False)
        await channel.join(call, state)
        try:
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            await channel.wait(lambda: state.outcome is not None, state, remaining)
        except InferenceTimeoutError:
            await channel.forget(state)
            raise InferenceTimeoutError(
                f"{state.where}: no answer within {self._timeout} s; the job was cancelled. "
                "Raise timeout=, or use jobs to wait as long as you like."
            ) from None
        except BaseException:
            await channel.forget(state)
            raise
        return decode(state.values())

    async def _submit(self, request: Request[R]) -> AsyncJob[R]:
        connection, channel = await self._open()
        call = await self._prepare(request, connection)
        decode = connection.decoder(request)
        state = connection.new_state(request, keeps_events=True)
        await channel.join(call, state)
        return AsyncJob(channel, state, decode)

    async def _open(self) -> tuple[Connection[AsyncTransport], AsyncChannel]:
        async with self._lock:
            if self._closed:
                raise HubsmithError(f"{self._where.name}: the client is closed. Make a new one.")
            if self._connection is None:
                self._connection = await self._connect()
            if self._channel is None:
                connection = self._connection
                self._channel = AsyncChannel(
                    connection.transport, connection.base, connection.live, self._session_hash
                )
            return self._connection, self._channel

    async def _connect(self) -> Connection[AsyncTransport]:
        source, root = self._where, self._where.root
        if root is None:
            hub = AsyncTransport(source.credentials(None))
            try:
                root = read_host(await hub.request("GET", source.host_url), source.name)
            finally:
                await hub.aclose()
        if self._transport is None:
            self._transport = AsyncTransport(source.credentials(root))
        if self._auth is not None:
            body = login_body(self._auth)
            answer = await self._transport.request(
                "POST", f"{root}/login", headers=FORM_HEADERS, content=body
            )
            check_login(answer, source.name)
        answer = await self._transport.request("GET", f"{root}/config", headers=CALL_HEADERS)
        live, root = read_config(answer, source.name, root)
        return connection(source.name, root, live, self._folder, self._transport)

    async def _prepare(self, request: Request[Any], connection: Connection[AsyncTransport]) -> Call:
        live = connection.endpoint(request)
        call = encode(request, live, connection.name, connection.base)
        if call.uploads:
            for upload in call.uploads:
                await upload.file.acache()
            check_sizes(call.uploads, connection.live.max_file_size, connection.name)
            body = Multipart([upload.file for upload in call.uploads])
            answer = await connection.transport.request(
                "POST",
                f"{connection.base}/upload",
                headers={**CALL_HEADERS, **body.headers},
                content=body.aiter(),
            )
            check(answer, f"{connection.name}: upload")
            assign_paths(call.uploads, answer.json(), connection.name)
        return call


class AsyncJobs:
    """The endpoints of a Space, each returning an `AsyncJob` at once."""

    def __init__(self, space: AsyncSpace) -> None:
        self._space = space

    async def _submit(self, request: Request[R]) -> AsyncJob[R]:
        return await self._space.submit(request)
