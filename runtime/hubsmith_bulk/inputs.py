"""`Inputs`: reads the rows of a run from any iterable, without those that the journal has."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

from hubsmith_runtime import ValidationError

from .callers import Caller
from .errors import DuplicateIdError
from .rows import KeyIndex, Row, content_key, needs_reading

_AHEAD = 16  # Rows that are read before there is a slot for them.
_AT_A_STRETCH = 256  # Rows skipped before yielding to the event loop.


class Inputs:
    """The rows of a run.

    Args:
        items: Rows or `(id, row)` pairs, pulled one at a time.
        caller: Checks rows, and names the endpoint that each one calls.
        index: The keys seen so far, and those in the journal.
        opened: Called with the endpoint and its digest before the first row is sent; may block.
        retries_failed: Whether to include rows that failed according to the journal.
    """

    def __init__(
        self,
        items: Iterable[Any] | AsyncIterable[Any],
        caller: Caller,
        index: KeyIndex,
        opened: Callable[[str, str], None],
        *,
        retries_failed: bool,
    ) -> None:
        self._items, self._caller, self._index, self._opened = items, caller, index, opened
        self._repeated = {None, "failed"} if retries_failed else {None}
        self._endpoint: str | None = None
        self.skipped = self.failed_before = 0

    async def rows(self) -> AsyncGenerator[tuple[Row, Exception | None], None]:
        """Iterate over the rows to send, each with its error if it is invalid, or `None`.

        Raises:
            HubsmithError: if the first row is invalid, because then the whole input probably is.
        """
        index = -1
        async for item in _pulled(self._items):
            index += 1
            name, content = _parts(item)
            row, error = await self._identified(index, name, content)
            if (known := self._index.known(row.key)) not in self._repeated:
                self.skipped += 1
                self.failed_before += known == "failed"
                if not self.skipped % _AT_A_STRETCH:
                    await asyncio.sleep(0)
                continue
            yield row, error

    async def _identified(
        self, index: int, name: str | None, content: Any
    ) -> tuple[Row, Exception | None]:
        try:
            self._caller.check(content)
            endpoint = self._caller.endpoint_of(content)
            if self._endpoint is None:
                await self._open(endpoint, await self._caller.digest_of(content))
                self._endpoint = endpoint
            if endpoint != self._endpoint:
                raise ValidationError(
                    f"map: row {index} calls {endpoint}, but earlier rows call {self._endpoint}. "
                    "Call map once for each endpoint."
                )
            key = name or await self._key_of(endpoint, content)
        except Exception as error:  # An invalid row does not stop the others.
            if self._endpoint is None:
                raise
            return Row(index, self._new_key(name or f"row {index}"), content), error
        row = Row(index, self._new_key(key), content)
        if name is not None and row.key != name:
            return row, DuplicateIdError(f"map: row {index}: an earlier row has the id {name!r}.")
        return row, None

    def _new_key(self, key: str) -> str:
        """Return a key that no earlier row has, by appending a number to duplicates."""
        times, new = self._index.times_seen(key), key
        while times > 1 and self._index.times_seen(new := f"{key}#{times}") > 1:
            times += 1
        return new

    async def _open(self, endpoint: str, spec: str) -> None:
        opening = asyncio.ensure_future(asyncio.to_thread(self._opened, endpoint, spec))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            await opening  # So that a journal opened meanwhile is known, and closed with the run.
            raise

    async def _key_of(self, endpoint: str, content: Any) -> str:
        making = partial(content_key, endpoint, content)
        return await asyncio.to_thread(making) if needs_reading(content) else making()


async def _pulled(items: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
    """Iterate over the input, in a thread where it may block."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
        return
    reader = _Reader(iter(items))
    try:
        while (item := await reader.next()) is not _END:
            yield item
    finally:
        reader.end()


_END: Any = object()


class _Reader:
    """Reads an iterator a few items ahead, in a separate thread.

    The thread is never joined, because the next item may never come.
    """

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._items: deque[tuple[Any, BaseException | None]] = deque()
        self._room = threading.Semaphore(_AHEAD)
        self._is_over = False
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[None] | None = None
        threading.Thread(target=self._work, name="hubsmith map: input", daemon=True).start()

    async def next(self) -> Any:
        """Return the next item, or `_END`; raise what the iterator raises."""
        while not self._items:
            self._waiting = self._loop.create_future()
            if not self._items:  # An item can have arrived before the future existed.
                await self._waiting
            self._waiting = None
        item, error = self._items.popleft()
        self._room.release()
        if error is not None:
            raise error
        return item

    def end(self) -> None:
        """Stop reading."""
        self._is_over = True
        self._room.release()

    def _work(self) -> None:
        try:
            while self._room.acquire() and not self._is_over:
                item = next(self._rows, _END)
                self._give(item, None)
                if item is _END:
                    return
        except BaseException as error:
            self._give(_END, error)

    def _give(self, item: Any, error: BaseException | None) -> None:
        self._items.append((item, error))
        if self._waiting is not None:
            with contextlib.suppress(RuntimeError):  # The run has ended, and its loop is closed.
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _parts(item: Any) -> tuple[str | None, Any]:
    """Return the id of an item, `None` if it is no `(id, row)` pair, and the row."""
    if isinstance(item, tuple):
        pair = cast("tuple[Any, ...]", item)
        if len(pair) == 2 and isinstance(pair[0], str):
            return pair[0], pair[1]
    return None, cast("Any", item)
