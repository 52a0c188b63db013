"""The fixture `mock_space`, for `pytest_plugins = ["hubsmith_runtime.testing.pytest"]`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import pytest

from ._answers import Answers
from ._snapshot import SnapshotSource
from ._space import MockSpace

__all__ = ["StartMock", "mock_space"]


class StartMock(Protocol):
    """Starts a mock; see `MockSpace` for the arguments."""

    def __call__(
        self, snapshot: SnapshotSource, *, seed: int = 0, answers: Answers | None = None
    ) -> MockSpace:
        """Start a mock."""
        ...


@pytest.fixture
def mock_space() -> Iterator[StartMock]:
    """Start mocks of recorded Spaces: `mock_space(snapshot)`. They end with the test."""
    with contextlib.ExitStack() as running:

        def start(
            snapshot: SnapshotSource, *, seed: int = 0, answers: Answers | None = None
        ) -> MockSpace:
            return running.enter_context(MockSpace(snapshot, seed=seed, answers=answers))

        yield start
