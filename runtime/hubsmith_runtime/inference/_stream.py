"""`Stream` and `AsyncStream`: the answer of a call with `stream=True`, chunk by chunk."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._errors import HubsmithError, InferenceTimeoutError, SpaceConnectionError
from ._chunks import ChunkReader
from ._failures import Callee

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import Self

    from .._transport import AsyncStreamResponse, StreamResponse

C = TypeVar("C")


class _Chunks(Generic[C]):
    """What both streams share.

    Attributes:
        status: The HTTP status of the answer.
        headers: Its headers by lower-case name.
    """

    def __init__(
        self,
        response: StreamResponse,
        chunk: type[C],
        callee: Callee | None = None,
        *,
        keep: object = None,
    ) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self._reader = ChunkReader(chunk, self.headers, callee)
        self._callee = callee or Callee()
        self._pending: Iterator[C] = iter(())
        self._is_closed = False
        self._keep = keep  # The transport: its connections would go with it.

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open"
        return f"<{type(self).__name__} of {self._callee}, {state}>"

    def _take(self, part: bytes | None) -> bool:
        """Take the next bytes, or `None` for the end; say whether more are wanted."""
        reader = self._reader
        chunks = reader.finish() if part is None else reader.feed(part)
        if not self._is_closed:
            self._pending = iter(chunks)
        return part is not None and not reader.is_done and reader.error is None

    def _explained(self, error: HubsmithError) -> HubsmithError:
        """Return what to raise where the connection failed."""
        if isinstance(error, InferenceTimeoutError):
            return InferenceTimeoutError(
                f"{self._callee}: the stream paused for longer than the timeout. What came before "
                "may be used; try a longer timeout."
            )
        if isinstance(error, SpaceConnectionError):
            return self._reader.cut_short("the connection broke")
        return error

    def _told(self) -> HubsmithError | None:
        """Return the error that the answer itself brought, once."""
        error, self._reader.error = self._reader.error, None
        return error


class Stream(_Chunks[C]):
    """The chunks of an answer as they arrive: an iterator, and a context that closes it.

    It holds what it needs, so it works on when the variable of its client is gone. `close`, also
    from another thread, ends the iteration and the connection.

    Attributes:
        status: The HTTP status of the answer.
        headers: Its headers by lower-case name.

    Raises:
        InferenceTimeoutError: while iterating, when the next chunk does not come in time.
        IncompleteStreamError: after the last chunk, when the stream was cut short.
        InferenceError: after the last chunk, when the server tells of an error.
        ResultError: when an event is not of the declared form.
    """

    def __init__(
        self,
        response: StreamResponse,
        chunk: type[C],
        callee: Callee | None = None,
        *,
        keep: object = None,
    ) -> None:
        super().__init__(response, chunk, callee, keep=keep)
        self._response = response
        self._reading = threading.Lock()
        self._parts: Iterator[bytes] | None = response.iter_bytes()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> C:
        while True:
            for chunk in self._pending:
                return chunk
            self._advance()

    def _advance(self) -> None:
        with self._reading:
            if self._parts is None or self._is_closed:
                raise self._told() or StopIteration
            try:
                is_more = self._take(next(self._parts, None))
            except HubsmithError as error:
                self._end()
                if self._is_closed:
                    raise StopIteration from None  # It broke because it was closed.
                raise self._explained(error) from None
            except BaseException:
                self._end()
                raise
            if not is_more:
                self._end()

    def _end(self) -> None:
        """Close the connection; chunks that came already can still be taken."""
        self._parts = None
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # One that nobody reads to its end leaves no socket open.
        if getattr(self, "_parts", None) is not None:
            with contextlib.suppress(Exception):
                self.close()

    def close(self) -> None:
        """End the stream and its connection; what is not taken yet is lost."""
        self._is_closed = True
        self._reader.error = None
        self._pending = iter(())
        if self._reading.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._reading.release()
        else:
            self._response.abort()  # The thread that waits for bytes wakes, and closes.


class AsyncStream(_Chunks[C]):
    """The asynchronous form of `Stream`: `async for`, `async with`, `aclose`."""

    def __init__(
        self,
        response: AsyncStreamResponse,
        chunk: type[C],
        callee: Callee | None = None,
        *,
        keep: object = None,
    ) -> None:
        import asyncio

        super().__init__(response, chunk, callee, keep=keep)
        self._response = response
        self._reading = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._parts: AsyncIterator[bytes] | None = response.aiter_bytes()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> C:
        while True:
            for chunk in self._pending:
                return chunk
            await self._advance()

    async def _advance(self) -> None:
        async with self._reading:
            if self._parts is None or self._is_closed:
                raise self._told() or StopAsyncIteration
            try:
                is_more = self._take(await anext(self._parts, None))
            except HubsmithError as error:
                await self._end()
                if self._is_closed:
                    raise StopAsyncIteration from None  # It broke because it was closed.
                raise self._explained(error) from None
            except BaseException:
                await self._end()
                raise
            if not is_more:
                await self._end()

    async def _end(self) -> None:
        self._parts = None
        await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if getattr(self, "_parts", None) is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_close_soon, self._loop, self._response)

    async def aclose(self) -> None:
        """End the stream and its connection, also while another task waits for a chunk."""
        self._is_closed = True
        self._reader.error = None
        self._pending = iter(())
        await self._end()  # A task that waits for bytes wakes.


def _close_soon(loop: asyncio.AbstractEventLoop, response: AsyncStreamResponse) -> None:
    task: Any = loop.create_task(response.aclose())
    _closing.add(task)  # The loop itself would not keep it.
    task.add_done_callback(_closing.discard)


_closing: set[Any] = set()
