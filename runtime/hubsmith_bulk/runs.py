"""`Run` and `AsyncRun`: what `map` returns. Each can be iterated once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from hubsmith_runtime import ValidationError
from typing_extensions import Self

from .engine import Engine
from .results import Done, Summary

R = TypeVar("R", covariant=True)

_WAITING = 64  # Results buffered for the iterator.
_STEP = 0.2  # Seconds. On Windows, Ctrl-C cannot interrupt a wait without a timeout.


class _BaseRun(Generic[R]):
    """The common parts of `Run` and `AsyncRun`."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._engine: Engine | None = None

    def _start(self) -> Engine:
        if self._engine is not None:
            raise ValidationError("map: a run can be iterated only once. Call map again.")
        self._engine = self._make()
        return self._engine

    def summary(self) -> Summary:
        """Return counts and rates of the run so far."""
        return Summary() if self._engine is None else self._engine.summary()

    @property
    def concurrency_steps(self) -> list[tuple[float, int]]:
        """Changes of the concurrency with `"auto"`: `time.monotonic()` and the new limit."""
        return list(getattr(self._engine and self._engine.pace.limiter, "steps", ()))


class Run(_BaseRun[R]):
    """Makes calls in the background; iterate over it to get each result as soon as it is ready.

    Nothing is sent before the iteration starts. If it ends early, by `break`, an exception or
    Ctrl-C, the run waits for the calls in progress and writes them to the checkpoint; a second
    Ctrl-C cancels them. The input is read in a separate thread. With a `with` block, the run ends
    when the block does, even if its iterator is still referenced.
    """

    def __init__(self, make: Callable[[], Engine]) -> None:
        super().__init__(make)
        self._queue: SimpleQueue[Done[Any] | None] = SimpleQueue()  # `None` marks the end.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taken: asyncio.Event | None = None
        self._given = self._received = 0
        self._is_left = False  # Whether the consumer has stopped iterating.
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def __iter__(self) -> Iterator[Done[R]]:
        return self._iterate(self._start())

    def _iterate(self, engine: Engine) -> Iterator[Done[R]]:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(engine, ready), name="hubsmith map", daemon=True
        )
        try:
            self._thread.start()
            ready.wait()
            while (done := self._next()) is not None:
                self._received += 1
                if self._received % (_WAITING // 2) == 0:
                    self._do(lambda: self._taken and self._taken.set())
                yield done
        finally:
            self.close()
        if self._failure is not None:
            raise self._failure

    def _next(self) -> Done[Any] | None:
        while True:
            try:
                return self._queue.get(timeout=_STEP)
            except Empty:
                continue

    def close(self) -> None:
        """Start no more calls, and wait for those in progress."""
        thread, engine = self._thread, self._engine
        if thread is None or engine is None:
            return
        self._is_left = True
        try:
            self._do(engine.stop)
            self._do(lambda: self._taken and self._taken.set())
            _join(thread)
        except BaseException:  # A second Ctrl-C.
            self._do(engine.cancel)
            _join(thread)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, what: Callable[[], object]) -> None:
        """Call a function in the event loop, if it is still running."""
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(what)
            except RuntimeError:  # It was closed meanwhile.
                return

    def _work(self, engine: Engine, ready: threading.Event) -> None:
        try:
            asyncio.run(self._drive(engine, ready))
        except BaseException as error:  # Raised by the thread that iterates.
            self._failure = error
        finally:
            ready.set()
            self._queue.put(None)

    async def _drive(self, engine: Engine, ready: threading.Event) -> None:
        self._loop, self._taken = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        async for done in engine.results():
            self._queue.put(done)
            self._given += 1
            while self._given - self._received >= _WAITING and not self._is_left:
                self._taken.clear()
                if self._given - self._received >= _WAITING:
                    await self._taken.wait()


class AsyncRun(_BaseRun[R]):
    """Makes calls; iterate over it with `async for` to get each result as soon as it is ready.

    If the iteration ends early, by `break`, an exception or a cancelled task, no more calls start.
    Those in progress finish only while the event loop runs; use `async with` to wait for them.
    """

    def __aiter__(self) -> AsyncIterator[Done[R]]:
        return self._start().results()

    async def close(self) -> None:
        """Start no more calls, and wait for those in progress."""
        if self._engine is not None:
            await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _join(thread: threading.Thread) -> None:
    while thread.is_alive():
        thread.join(_STEP)
