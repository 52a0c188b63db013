"""`Limit`: the limit on concurrent calls of one client, `max_concurrency`.

httpx's connection pool could limit them, too, but scans its whole queue whenever a request begins
or ends, so that the cost of many concurrent calls would grow with the square of their number.
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
    """Lets at most `most` calls run at once (`None`: any number); the others wait in order."""

    def __init__(self, most: Any = None, name: str = "") -> None:
        if most is not None and (not isinstance(most, int) or most < 1):
            raise ValidationError(
                f"max_concurrency: must be a whole number of at least 1, got {most!r}"
            )
        self.most: int | None = most
        self._name, self._is_over = name, False
        self._under_way: set[Hashable] = set()  # Threads or tasks.
        self._waiting: OrderedDict[Hashable, Signal] = OrderedDict()

    def kept(self, call: Effects[T], caller: Hashable) -> Effects[T]:
        """Carry out a call once there is a free slot. Waiting counts towards its timeout."""
        if self.most is None or caller in self._under_way:  # Called from a call's callback.
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
            if self._waiting.pop(caller, None) is None:  # It got its slot too late.
                self._leave(caller)
            if not isinstance(error, DeadlineExceeded):
                raise
            raise InferenceTimeoutError(
                f"{self._name}: no answer in time, because {self.most} other calls of this client "
                "were running. Try a longer timeout, or raise max_concurrency."
            ) from None
        if self._is_over:
            raise HubsmithError(f"{self._name}: the client is closed. Make a new one.")

    def _leave(self, caller: Hashable) -> None:
        self._under_way.discard(caller)
        if self._waiting:  # Passed on directly, so that a new call cannot take the slot.
            following, turn = self._waiting.popitem(last=False)
            self._under_way.add(following)
            turn.notify()

    def end(self) -> None:
        """Make every waiting call fail, because the client is closed."""
        self._is_over = True
        while self._waiting:
            self._waiting.popitem()[1].notify()
