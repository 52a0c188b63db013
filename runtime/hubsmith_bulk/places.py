"""`Places`: who may make a call now. Rows that were refused go before new ones."""

from __future__ import annotations

import time
from collections.abc import Callable

from .changes import Changes
from .pace import Pace


class Places:
    """The places of calls that are under way at the same time.

    Attributes:
        taken: How many there are now.
        is_closed: Whether nobody gets one any more.
    """

    def __init__(self, pace: Pace, changes: Changes) -> None:
        self._pace, self._changes = pace, changes
        self.taken = 0
        self.is_closed = False
        self._refused = 0  # How many wait that had one already.

    async def take(self, is_welcome: Callable[[], bool]) -> bool:
        """Take a place, once there is one for a new row; `False` when they are closed before."""
        return await self._take(lambda: not self._refused and is_welcome())

    async def take_again(self) -> bool:
        """Take another place for a row that was refused."""
        self._refused += 1
        try:
            return await self._take(lambda: True)
        finally:
            self._refused -= 1

    def free(self) -> None:
        """Give a place back."""
        self.taken -= 1
        self._changes.notify()

    async def _take(self, is_due: Callable[[], bool]) -> bool:
        while not self.is_closed:
            pause = self._pace.pause
            if not pause and self.taken < self._pace.limiter.limit and is_due():
                break
            await self._changes.wait(pause or None)
        self.taken += 1
        begin = time.monotonic() + self._pace.reserve()
        while not self.is_closed and (wait := begin - time.monotonic()) > 0:
            await self._changes.wait(wait)
        if self.is_closed:
            self.free()
        return not self.is_closed
