"""`Stream` and `AsyncStream`: the answer of a call with `stream=True`, chunk by chunk."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..effects import Close, DeadlineExceeded, Effects, Read, Signal, Wait
from ..errors import ConnectionFailedError, InferenceTimeoutError
from ..http import Body
from .chunks import ChunkReader

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..async_driver import AsyncDriver
    from ..driver import Driver
    from .failures import Callee

C = TypeVar("C")

_END: Any = object()


class _Chunks(Generic[C]):
    """The base class of both streams: reads chunks, as effects."""

    def __init__(
        self, driver: Any, body: Body, chunk: type[C], callee: Callee, timeout: float | None
    ) -> None:
        self.status: int = body.status
        self.headers: Mapping[str, str] = dict(body.headers)
        self.masked = body.masked
        self._driver, self._body, self._timeout = driver, body, timeout
        self._reader = ChunkReader(chunk, self.headers, callee, body.masked)
        self._pending: Iterator[C] = iter(())  # Received, but not yet returned.
        self._was_read = Signal()
        self._is_reading = self._is_over = False  # Over: there is nothing more to read.
        self._is_closed = False  # The caller wants nothing more, not even errors.

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open"
        return f"<{type(self).__name__} of {self._reader.callee}, {state}>"

    def _advance(self) -> Effects[Any]:
        """Read until there is a chunk, and return it; `_END` if there are no more."""
        reader = self._reader
        try:
            while True:
                for chunk in self._pending:
                    return chunk
                if self._is_over:
                    break
                if self._is_reading:  # Another thread or task may leave chunks for this one.
                    yield Wait(self._was_read)
                else:
                    yield from self._read()
        except (DeadlineExceeded, InferenceTimeoutError):
            reader.error = InferenceTimeoutError(
                f"{reader.callee}: the stream paused for longer than the timeout. The chunks "
                "before that can be used; try a longer timeout."
            )
            yield from self._end()
        except ConnectionFailedError as error:
            reader.error = reader.cut_short(str(error).removesuffix("."))
            yield from self._end()
        failure, reader.error = reader.error, None
        if failure is not None and not self._is_closed:
            raise failure
        return _END

    def _read(self) -> Effects[None]:
        self._is_reading, piece = True, None
        try:
            piece = yield Read(self._body)
        finally:
            self._is_reading, self._is_over = False, piece is None
            self._was_read.notify()
        chunks = self._reader.finish() if piece is None else self._reader.feed(piece)
        if not self._is_closed:
            self._pending = iter(chunks)
        if piece is None or self._reader.is_over or self._is_closed:
            yield from self._end()

    def _end(self) -> Effects[None]:
        self._is_over = True  # Chunks received before can still be taken.
        yield Close(self._body)

    def _close(self) -> Effects[None]:
        self._is_closed, self._pending = True, iter(())
        yield from self._end()


class Stream(_Chunks[C], Iterator[C]):
    """The chunks of an answer as they arrive: an iterator and a context manager.

    It keeps working when its client is no longer referenced. `close`, also from another thread,
    ends the iteration and the connection.

    Attributes:
        status: The HTTP status of the answer.
        headers: Its headers by lower-case name.

    Raises:
        InferenceTimeoutError: while iterating, when the next chunk does not arrive in time.
        IncompleteStreamError: after the last chunk, when the stream was cut short.
        InferenceError: after the last chunk, when the server reports an error.
        ResultError: when an event does not match the declared type.
    """

    _driver: Driver

    def __next__(self) -> C:
        for chunk in self._pending:
            return chunk
        if (chunk := self._driver.run(self._advance(), self._timeout)) is _END:
            raise StopIteration
        return chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # A stream that is not read to its end leaves no socket open.
        with contextlib.suppress(Exception):
            self._body.response.close()

    def close(self) -> None:
        """End the stream and its connection; chunks that were not taken are lost."""
        self._driver.run(self._close())


class AsyncStream(_Chunks[C], AsyncIterator[C]):
    """The asynchronous form of `Stream`: `async for`, `async with`, `aclose`.

    Close a stream that is not read to its end, preferably with `async with`: otherwise, its
    connection stays open until the client is closed.
    """

    _driver: AsyncDriver

    async def __anext__(self) -> C:
        for chunk in self._pending:
            return chunk
        if (chunk := await self._driver.run(self._advance(), self._timeout)) is _END:
            raise StopAsyncIteration
        return chunk

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the stream and its connection, even while another task waits for a chunk."""
        await self._driver.run(self._close())
