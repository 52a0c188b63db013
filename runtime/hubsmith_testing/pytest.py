"""The fixture `mock_space`, for `pytest_plugins = ["hubsmith_testing.pytest"]`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from .space import MockSpace

__all__ = ["mock_space"]


@pytest.fixture
def mock_space() -> Iterator[type[MockSpace]]:
    """Start mocks of recorded Spaces: `mock_space(snapshot)`. They are closed after the test."""
    with contextlib.ExitStack() as running:

        class RunningMock(MockSpace):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                running.callback(self.close)

        yield RunningMock
