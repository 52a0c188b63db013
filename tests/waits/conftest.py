"""Scripted servers on loopback, and no token anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.tokens import forget_tokens
from tests.waits.scripted_http import Loopback
from tests.waits.scripted_space import ScriptedSpace


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """Forget every saved token; what a test file changes here ends with it."""
    with pytest.MonkeyPatch.context() as patch:
        forget_tokens(patch, tmp_path_factory.mktemp("home"))
        yield patch


@pytest.fixture(scope="module")
def loopback(environment: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Give what runs servers until the test file is over."""
    with Loopback().running() as loopback:
        yield loopback


@pytest.fixture
def space(loopback: Loopback) -> ScriptedSpace:
    """Give a Space that is well."""
    space = ScriptedSpace()
    loopback.start(space)
    return space
