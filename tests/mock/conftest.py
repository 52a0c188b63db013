"""The recorded Space under test, and its generated client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Users name the plugin in `pytest_plugins`, which only the topmost conftest of a run may do.
from hubsmith_testing.pytest import mock_space

from tests.support.generated_client import imported

ROOT = Path(__file__).resolve().parents[2]
__all__ = ["mock_space"]


@pytest.fixture(scope="session")
def snapshot() -> Path:
    """The recorded demo app."""
    return ROOT / "generated" / "spaces" / "kitchen" / "spec"


@pytest.fixture
def kitchen() -> Iterator[Any]:
    """The generated client package of the demo app."""
    with imported("kitchen", ROOT / "generated" / "spaces") as package:
        yield package
