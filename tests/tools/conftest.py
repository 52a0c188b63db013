"""The demo app, its generated client, and a model that says what a test wrote down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.support.generated_client import imported
from tests.support.paths import DEMO, ROOT
from tests.support.tokens import forget_tokens
from tests.tools.scripted_model import ScriptedModel
from tests.waits.scripted_http import Loopback


@pytest.fixture(scope="module")
def url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(DEMO / "app.py")


@pytest.fixture(scope="module")
def kitchen() -> Iterator[ModuleType]:
    """Give the client package of the demo app."""
    with imported("kitchen", ROOT / "generated" / "spaces") as package:
        yield package


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[ScriptedModel]:
    forget_tokens(monkeypatch, tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    server = ScriptedModel()
    with Loopback().running() as loopback:
        loopback.start(server)
        yield server
