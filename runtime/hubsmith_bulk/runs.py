"""`Run` and `AsyncRun`: what `map` returns, to be iterated once."""

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

_WAITING = 64  # Results that wait for whoever iterates.
_STEP = 0.2  # Seconds. On Windows no signal ends a wait without a limit.


class _BaseRun(Generic[R]):
    """What both kinds of run share."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._engine: Engine | None = None

    def _start(self) -> Engine:
        if self._engine is not None:
            raise ValidationError("map: a run is iterated once. Call map again.")
        self._engine = self._make()
        return self._engine

    def summary(self) -> Summary:
        """Return what came of the run so far."""
        return Summary() if self._engine is None else self._engine.summary()

    @property
    def concurrency_steps(self) -> list[tuple[float, int]]:
        """When the number of calls at the same time changed (`time.monotonic`), and to what."""
        return list(getattr(self._engine and self._engine.pace.limiter, "steps", ()))


class Run(_BaseRun[R]):
    """Calls that go on in the background while their results are iterated over, as they come.

    Nothing is sent before the iteration begins. Where it ends early, by `break`, an exception or
    Ctrl-C, the calls under way come to their end and are written to the checkpoint; a second Ctrl-C
    ends at once. The input is read in threads of the run. As a `with` block it ends with the block,
    also where the iterator is kept.
    """

    def __init__(self, make: Callable[[], Engine]) -> None:
        super().__init__(make)
        self._queue: SimpleQueue[Done[Any] | None] = SimpleQueue()  # `None` at the end.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taken: asyncio.Event | None = None
        self._given = self._received = 0
        self._is_left = False  # Whether nobody takes results any more.
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
        """Begin no further calls, and wait for the end of those under way."""
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
        """Do something in the loop, if it still runs."""
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(what)
            except RuntimeError:  # It closed just now.
                return

    def _work(self, engine: Engine, ready: threading.Event) -> None:
        try:
            asyncio.run(self._drive(engine, ready))
        except BaseException as error:  # The thread that iterates raises it.
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
    """Calls whose results are iterated over as they come; see `Run`.

    Left early, by `break`, an exception or a cancelled task, it begins no further calls. Those under
    way come to their end as long as the event loop runs; use an `async with` block to wait for them.
    """

    def __aiter__(self) -> AsyncIterator[Done[R]]:
        return self._start().results()

    async def close(self) -> None:
        """Begin no further calls, and wait for the end of those under way."""
        if self._engine is not None:
            await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _join(thread: threading.Thread) -> None:
    while thread.is_alive():
        thread.join(_STEP)
