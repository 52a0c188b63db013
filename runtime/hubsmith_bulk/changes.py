"""`Changes`: notifies the tasks of a run, all in one event loop, that its state has changed."""

from __future__ import annotations

import asyncio


class Changes:
    """Wakes all waiting tasks. A task that checks a condition and then waits misses no change."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def notify(self) -> None:
        """Wake all waiting tasks."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            _wake(one)

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for the next `notify()`, or until `seconds` have passed."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        self._waiting.append(waiting)
        alarm = None if seconds is None else loop.call_later(seconds, _wake, waiting)
        try:
            await waiting
        finally:
            if alarm is not None:
                alarm.cancel()


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
