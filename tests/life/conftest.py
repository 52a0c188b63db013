"""Fixtures: Spaces on loopback, and a folder to work in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.life.spaces import LocalSpace, StartSpace


@pytest.fixture
def start_space() -> Iterator[StartSpace]:
    """Give `start_space(title) -> space`; every one ends with the test."""
    with ExitStack() as stack:
        yield lambda title: stack.enter_context(LocalSpace(title=title).running())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "home"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder
