"""`AsyncDriver`: carries out calls with asyncio. `Driver` does so in the caller's thread."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable
from typing import Any, TypeVar

from . import effects
from .driver import CLOSE_SECONDS, in_background, refuse_fork
from .effects import Deadline, DeadlineExceeded, Effect, Effects
from .errors import HubsmithError, InferenceTimeoutError
from .http import Body, HttpRequest, Response
from .limit import Limit
from .transport import Clients, Origins, failure_of, log, logged, redirected

T = TypeVar("T")


class AsyncDriver:
    """Performs the effects of calls in one event loop."""

    def __init__(self, origins: Origins, limit: Limit | None = None) -> None:
        self.origins, self.limit = origins, limit or Limit()
        self.is_closed = False
        self._clients = Clients(origins, "AsyncClient")
        self._process = os.getpid()
        self._background: dict[asyncio.Task[None], bool] = {}  # With whether it ends by itself.

    async def call(self, call: Effects[T], timeout: float | None = None) -> T:
        """Carry out a call that counts; see `Driver.call`."""
        return await self.run(self.limit.kept(call, asyncio.current_task()), timeout)

    async def run(self, call: Effects[T], timeout: float | None = None) -> T:
        """Carry out a call, within so many seconds where there is a limit; see `Driver.run`."""
        refuse_fork(self._process)
        deadline, value = Deadline(timeout), None
        failure: BaseException | None = None
        expiry = _Expiry(timeout)
        try:
            while True:
                effect = call.send(value) if failure is None else call.throw(failure)
                try:
                    value, failure = await self._perform(effect, deadline), None
                except GeneratorExit:  # The loop is gone: nothing can be waited for any more.
                    with contextlib.suppress(RuntimeError):
                        call.close()
                    raise
                except BaseException as error:
                    is_late = isinstance(error, asyncio.CancelledError) and expiry.is_cause()
                    failure = DeadlineExceeded() if is_late else failure_of(error, effect, deadline)
        except StopIteration as end:
            return end.value
        except HubsmithError as error:
            self.origins.mask(error)
            raise
        except DeadlineExceeded as late:
            raise InferenceTimeoutError(f"{late} Try a longer timeout.") from None
        finally:
            expiry.end()

    async def _perform(self, effect: Effect, deadline: Deadline) -> Any:
        match effect:
            case effects.Send(request):
                return await self._send(request, deadline)
            case effects.Open(request, seconds):
                return await _within(seconds, self._open(request, deadline))
            case effects.Read(body, seconds):
                return await _within(seconds, self._read(body))
            case effects.Close(body):
                return await body.response.aclose()
            case effects.Sleep(seconds, why):
                log.info("waits %.1f s: %s", seconds, why)
                if deadline.is_over(seconds):
                    raise DeadlineExceeded
                return await asyncio.sleep(seconds)
            case effects.Wait():
                return await self._wait(effect, deadline)
            case effects.Run(function, blocks):
                return await asyncio.to_thread(function) if blocks else function()
            case effects.Spawn(call, timeout):
                return self.spawn(call, timeout)

    async def _open(self, request: HttpRequest, deadline: Deadline) -> Body:
        hop = 0
        while True:
            client, built = self._clients.prepare(request, deadline)
            with logged(request, self.origins.masked) as answers:
                answers.append(await client.send(built, stream=True))
            body = Body(request, answers[0], self.origins.masked)
            if not body.response.has_redirect_location:
                return body
            await body.response.aclose()
            request, hop = redirected(body, hop), hop + 1

    async def _send(self, request: HttpRequest, deadline: Deadline) -> Response:
        body = await self._open(request, deadline)
        async with contextlib.aclosing(body.response):
            while (piece := await self._read(body)) is not None:
                body.keep(piece)
        return body.kept()

    async def _read(self, body: Body) -> bytes | None:
        body.pieces = body.pieces or (
            body.response.aiter_raw() if body.is_packed else body.response.aiter_bytes()
        )
        return body.unpacked(await anext(body.pieces, None))

    async def _wait(self, effect: effects.Wait, deadline: Deadline) -> None:
        deadline.cap()  # A call that never really waits is not cancelled.
        if effect.signal.changes == effect.change:
            woken = asyncio.Event()
            effect.signal.waiting.append(woken.set)
            try:
                await woken.wait()
            finally:
                effect.signal.forget(woken.set)

    def spawn(self, call: Effects[Any], timeout: float | None) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self.run(in_background(call), timeout))
        self._background[task] = timeout is not None
        task.add_done_callback(self._background.pop)

    async def close(self) -> None:
        """End every call and close every connection. Closing twice does no harm."""
        self.is_closed = True
        if self._process != os.getpid():
            return
        self.limit.end()
        current = asyncio.current_task()
        tasks = {task: brief for task, brief in self._background.items() if task is not current}
        for task, is_brief in tasks.items():
            if not is_brief:
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in self._clients.end():
            await client.aclose()


async def _within(seconds: float, doing: Awaitable[T]) -> T:
    """Await something for some seconds at most, in this task."""
    if seconds == effects.FOREVER:
        return await doing
    expiry = _Expiry(seconds)
    try:
        return await doing
    except asyncio.CancelledError:
        if expiry.is_cause():
            raise DeadlineExceeded from None
        raise
    finally:
        expiry.end()


class _Expiry:
    """Cancels the task of a call when its time is over, as `asyncio.timeout` does from 3.11 on."""

    def __init__(self, timeout: float | None) -> None:
        self._task: Any = asyncio.current_task()
        # Python 3.10 does not count cancellations.
        self._before = self._task.cancelling() if hasattr(self._task, "cancelling") else 0
        self._is_pending = False  # Whether the task was cancelled and has not noticed.
        loop = asyncio.get_running_loop()
        self._timer = None if timeout is None else loop.call_later(timeout, self._expire)

    def _expire(self) -> None:
        self._is_pending = True
        self._task.cancel()

    def is_cause(self) -> bool:
        """Whether a cancellation comes from here alone; it is taken back."""
        is_pending, self._is_pending = self._is_pending, False
        has_count = hasattr(self._task, "uncancel")
        return is_pending and (not has_count or self._task.uncancel() <= self._before)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.is_cause()
