"""`Changes`: how the parts of a run wake each other within one event loop."""

from __future__ import annotations

import asyncio


class Changes:
    """Wakes everyone who waits for something to happen. Who looks and then waits misses nothing."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def notify(self) -> None:
        """Wake everyone."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            _wake(one)

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for the next notice, for some seconds at most."""
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
