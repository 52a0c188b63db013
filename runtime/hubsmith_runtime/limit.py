"""`Limit`: how many calls of one client are under way at the same time, which is `max_concurrency`.

A pool of connections bounds them as well, but looks through everything that waits in it whenever a
request begins or ends: what many calls at once cost would grow with the square of their number.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, TypeVar

from .effects import DeadlineExceeded, Effects, Signal, Wait
from .errors import HubsmithError, InferenceTimeoutError, ValidationError

T = TypeVar("T")

CALLS = 64
"""The default of `max_concurrency`."""


class Limit:
    """Lets so many calls be under way, `None` for any number; the others wait in their order."""

    def __init__(self, most: Any = None, name: str = "") -> None:
        if most is not None and (not isinstance(most, int) or most < 1):
            raise ValidationError(
                f"max_concurrency: must be a whole number from 1 on, got {most!r}"
            )
        self.most: int | None = most
        self._name, self._is_over = name, False
        self._under_way: set[Hashable] = set()  # By thread or task.
        self._waiting: OrderedDict[Hashable, Signal] = OrderedDict()

    def kept(self, call: Effects[T], caller: Hashable) -> Effects[T]:
        """Carry out a call when there is a place for it. The waiting is part of its time."""
        if self.most is None or caller in self._under_way:  # A callback of a call makes another.
            return (yield from call)
        if self._is_over or len(self._under_way) < self.most:
            self._under_way.add(caller)
        else:
            yield from self._wait(caller)
        try:
            return (yield from call)
        finally:
            self._leave(caller)

    def _wait(self, caller: Hashable) -> Effects[None]:
        turn = self._waiting[caller] = Signal()
        try:
            yield Wait(turn)
        except BaseException as error:
            if self._waiting.pop(caller, None) is None:  # The place came too late.
                self._leave(caller)
            if not isinstance(error, DeadlineExceeded):
                raise
            raise InferenceTimeoutError(
                f"{self._name}: {self.most} other calls of this client were under way all the time. "
                "Try a longer timeout, or raise max_concurrency."
            ) from None
        if self._is_over:
            raise HubsmithError(f"{self._name}: the client is closed. Make a new one.")

    def _leave(self, caller: Hashable) -> None:
        self._under_way.discard(caller)
        if self._waiting:  # Nobody who comes now takes the place of one who waits.
            following, turn = self._waiting.popitem(last=False)
            self._under_way.add(following)
            turn.notify()

    def end(self) -> None:
        """End the waiting of others with an error: their client is closed."""
        self._is_over = True
        while self._waiting:
            self._waiting.popitem()[1].notify()
