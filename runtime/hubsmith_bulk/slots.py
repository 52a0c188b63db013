"""`Slots`: which rows may make a call now. Refused rows take precedence over new ones."""

from __future__ import annotations

import time
from collections.abc import Callable

from .changes import Changes
from .pace import Pace


class Slots:
    """Slots for concurrent calls, as many as the limit of the pace allows.

    Attributes:
        taken: How many slots are in use.
        is_closed: Whether no more slots are given out.
    """

    def __init__(self, pace: Pace, changes: Changes) -> None:
        self._pace, self._changes = pace, changes
        self.taken = 0
        self.is_closed = False
        self._refused = 0  # Refused rows that wait for another slot.

    async def take(self, has_room: Callable[[], bool]) -> bool:
        """Wait for a slot for a new row and take it; return `False` if the slots close first."""
        return await self._take(lambda: not self._refused and has_room())

    async def take_again(self) -> bool:
        """Wait for another slot for a refused row and take it; `False` if the slots close first."""
        self._refused += 1
        try:
            return await self._take(lambda: True)
        finally:
            self._refused -= 1

    def free(self) -> None:
        """Release a slot."""
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
