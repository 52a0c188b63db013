"""The Space under test, and where its hand-written client is imported from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.runtime.kitchen_client import Kitchen

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(FOLDER / "app.py")


@pytest.fixture
def kitchen(url: str, tmp_path: Path) -> Iterator[Kitchen]:
    with Kitchen(url, download_dir=tmp_path) as client:
        yield client
