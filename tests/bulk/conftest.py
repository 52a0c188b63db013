"""What tests of runs share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from hubsmith_bulk.rows import KeyIndex


@pytest.fixture
def index() -> Iterator[KeyIndex]:
    """The index of a run that has seen nothing yet."""
    with closing(KeyIndex()) as made:
        yield made
