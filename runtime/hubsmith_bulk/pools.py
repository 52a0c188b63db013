"""`Pools`: many calls at the same time, over clients that have a few connections each."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

CALLS_OF_ONE = 8
"""How many calls a client makes at the same time. For each request httpx looks at all connections
of a client, so that a call over 64 of them costs several times as much as one over eight."""


@dataclass(slots=True)
class _Place(Generic[T]):
    client: T
    calls: int = 0


class Pools(Generic[T]):
    """Clients that are alike, made as they are needed.

    Args:
        make: Makes a client.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._places: list[_Place[T]] = []

    @contextmanager
    def lent(self) -> Generator[T]:
        """Lend a client for one call: the first that has room, whose connections are the warmest."""
        place = next((one for one in self._places if one.calls < CALLS_OF_ONE), None)
        if place is None:
            place = _Place(self._make())
            self._places.append(place)
        place.calls += 1
        try:
            yield place.client
        finally:
            place.calls -= 1

    def made(self) -> list[T]:
        """Return every client that was made."""
        return [place.client for place in self._places]
