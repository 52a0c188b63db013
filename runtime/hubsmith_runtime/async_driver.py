"""`AsyncDriver`: carries out calls with asyncio. `Driver` does so in the caller's thread."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from . import effects
from .driver import CLOSE_SECONDS, in_background, refuse_fork
from .effects import Deadline, DeadlineExceeded, Effect, Effects
from .errors import HubsmithError, InferenceTimeoutError
from .http import Body, HttpRequest, Response
from .limit import Limit
from .transport import Clients, Origins, failure_of, log, log_request, redirected

T = TypeVar("T")


class AsyncDriver:
    """Performs the effects of calls in one event loop."""

    def __init__(self, origins: Origins, limit: Limit | None = None) -> None:
        self.origins, self.limit = origins, limit or Limit()
        self.is_closed = False
        self._clients = Clients(origins, "AsyncClient")
        self._process = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None  # The one that it was last used in.
        self._background: dict[asyncio.Task[None], bool] = {}  # Whether each ends by itself.

    async def call(self, call: Effects[T], timeout: float | None = None) -> T:
        """Carry out a call under the concurrency limit; see `Driver.call`."""
        return await self.run(self.limit.kept(call, _this_task()), timeout)

    async def run(self, call: Effects[T], timeout: float | None = None) -> T:
        """Carry out a call, within `timeout` seconds if given; see `Driver.run`."""
        refuse_fork(self._process)
        self._enter_loop()
        deadline, value = Deadline(timeout), None
        failure: BaseException | None = None
        try:
            while True:
                effect = call.send(value) if failure is None else call.throw(failure)
                try:
                    value, failure = await self._perform(effect, deadline), None
                except GeneratorExit:  # The event loop is gone: nothing can be awaited.
                    with contextlib.suppress(RuntimeError):
                        call.close()
                    raise
                except BaseException as error:
                    failure = failure_of(error, effect, deadline)
        except StopIteration as end:
            return end.value
        except HubsmithError as error:
            self.origins.mask(error)
            raise
        except DeadlineExceeded as late:
            raise InferenceTimeoutError(f"{late} Try a longer timeout.") from None

    def _enter_loop(self) -> None:
        """Leave the connections of a loop that is closed: no other can use or close them."""
        loop, before = _this_task().get_loop(), self._loop
        if before is not None and before is not loop and before.is_closed() and not self.is_closed:
            self._clients = Clients(self.origins, "AsyncClient")
        self._loop = loop

    async def _perform(self, effect: Effect, deadline: Deadline) -> Any:
        match effect:
            case effects.Send(request):
                return await _within(deadline, partial(self._send, request, deadline))
            case effects.Open(request, seconds):
                sooner = deadline.within(seconds)
                return await _within(sooner, partial(self._open, request, sooner))
            case effects.Read(body, seconds):
                return await _within(deadline.within(seconds), partial(self._read, body))
            case effects.Close(body):
                return await body.response.aclose()
            case effects.Sleep(seconds, why):
                log.info("Waiting %.1f s: %s", seconds, why)
                if deadline.is_over(seconds):
                    raise DeadlineExceeded
                return await asyncio.sleep(seconds)
            case effects.Wait():
                return await self._wait(effect, deadline)
            case effects.Run(function, blocks):
                if not blocks:
                    return function()
                return await _within(deadline, partial(asyncio.to_thread, function))
            case effects.Spawn(call, timeout):
                return self.spawn(call, timeout)

    async def _open(self, request: HttpRequest, deadline: Deadline) -> Body:
        hop = 0
        while True:
            client, built = self._clients.prepare(request, deadline)
            began = time.monotonic()
            try:
                response = await client.send(built, stream=True)
            except BaseException as error:
                log_request(request, began, self.origins.masked, error)
                raise
            log_request(request, began, self.origins.masked, response.status_code)
            body = Body(request, response, self.origins.masked)
            if not body.response.has_redirect_location:
                return body
            await body.response.aclose()
            request, hop = redirected(body, hop), hop + 1

    async def _send(self, request: HttpRequest, deadline: Deadline) -> Response:
        body = await self._open(request, deadline)
        try:
            while (piece := await self._read(body)) is not None:
                body.keep(piece)
        finally:
            await body.response.aclose()
        return body.kept()

    async def _read(self, body: Body) -> bytes | None:
        body.pieces = body.pieces or (
            body.response.aiter_raw() if body.is_raw else body.response.aiter_bytes()
        )
        return body.unpacked(await anext(body.pieces, None))

    async def _wait(self, effect: effects.Wait, deadline: Deadline) -> None:
        if effect.signal.changes == effect.change:
            woken = asyncio.Event()
            effect.signal.waiting.append(woken.set)
            try:
                await _within(deadline, woken.wait)
            finally:
                effect.signal.forget(woken.set)

    def spawn(self, call: Effects[Any], timeout: float | None) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self.run(in_background(call), timeout))
        self._background[task] = timeout is not None
        task.add_done_callback(self._background.pop)

    async def close(self) -> None:
        """End every call and close every connection. It is safe to call this twice."""
        self._enter_loop()
        self.is_closed = True
        if self._process != os.getpid():
            return
        self.limit.end()
        current = _this_task()
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


def _this_task() -> asyncio.Task[Any]:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None:
        raise HubsmithError(
            "Asynchronous clients need a running asyncio task, and there is none. With trio, use "
            "the blocking client in a thread: trio.to_thread.run_sync(...)."
        )
    return task


async def _within(deadline: Deadline, begin: Callable[[], Awaitable[T]]) -> T:
    """Await something in this task, and cancel it when the deadline passes.

    Like `asyncio.timeout`, which Python 3.10 lacks: its tasks do not count cancellations.
    """
    if (seconds := deadline.cap()) is None:
        return await begin()
    task: Any = asyncio.current_task()
    uncancel = getattr(task, "uncancel", lambda: 0)
    before = task.cancelling() if hasattr(task, "cancelling") else 0
    has_expired = False

    def expire() -> None:
        nonlocal has_expired
        has_expired = True
        task.cancel()

    timer = asyncio.get_running_loop().call_later(seconds, expire)
    try:
        return await begin()
    except asyncio.CancelledError:
        is_cause, has_expired = has_expired and uncancel() <= before, False
        if is_cause:
            raise DeadlineExceeded from None
        raise
    finally:
        timer.cancel()
        if has_expired:  # The awaited call finished despite the cancellation.
            uncancel()
