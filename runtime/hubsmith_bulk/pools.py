"""`Pools`: spreads concurrent calls over several clients with a few connections each."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

CALLS_OF_ONE = 8
"""The most concurrent calls of a client. For each request, httpx looks at all connections of the
client, so a call costs several times as much with 64 connections as with eight."""


@dataclass(slots=True)
class _Slots(Generic[T]):
    client: T
    calls: int = 0


class Pools(Generic[T]):
    """A set of identical clients, created as needed.

    Args:
        make: Creates a client.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._slots: list[_Slots[T]] = []

    @contextmanager
    def lent(self) -> Generator[T]:
        """Lend a client for one call: the first with a free slot, to reuse its connections."""
        slots = next((one for one in self._slots if one.calls < CALLS_OF_ONE), None)
        if slots is None:
            slots = _Slots(self._make())
            self._slots.append(slots)
        slots.calls += 1
        try:
            yield slots.client
        finally:
            slots.calls -= 1

    def made(self) -> list[T]:
        """Return every client created so far."""
        return [slots.client for slots in self._slots]
