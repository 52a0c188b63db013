"""The demo app, an app with odd endpoints, and a folder to work in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def kitchen_url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(ROOT / "demo" / "app.py")


@pytest.fixture(scope="session")
def counter_url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(FOLDER / "counter_app.py")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hubsmith.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path
