"""The Space under test and a client of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hubsmith import Client

APPS = Path(__file__).parent / "apps"


@pytest.fixture(scope="session")
def start_app(start_gradio: Callable[..., str]) -> Callable[..., str]:
    """Give `start_app(**environment) -> url` for the app with every behaviour."""
    return lambda **environment: start_gradio(APPS / "behaviours.py", **environment)


@pytest.fixture(scope="session")
def url(start_app: Callable[..., str]) -> str:
    # Set for tests only, it makes the server forget ended sessions at once.
    return start_app(GRADIO_IS_E2E_TEST="1")


@pytest.fixture(scope="session")
def only_url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(APPS / "only.py")


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Client]:
    with Client(url, download_dir=tmp_path / "downloads") as client:
        yield client
