"""The Space under test, and where its hand-written client is imported from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))

from kitchen_client import Kitchen  # noqa: E402  # its folder must be on the path first


@pytest.fixture(scope="session")
def url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(FOLDER / "app.py")


@pytest.fixture
def kitchen(url: str, tmp_path: Path) -> Iterator[Kitchen]:
    with Kitchen(url, download_dir=tmp_path) as client:
        yield client
