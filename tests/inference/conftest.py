"""A Hub, its router and a chat server on loopback, and no token anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_hub import FakeHub
from tests.support.fake_inference import FakeChatServer, FakeRouter
from tests.support.tokens import forget_tokens


@pytest.fixture
def tokenless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Forget every saved token, and call neither the real Hub nor the real router."""
    forget_tokens(monkeypatch, tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HUBSMITH_ROUTER", "http://127.0.0.1:9")
    return monkeypatch


@pytest.fixture
def hub(tokenless: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """Give a Hub that `HF_ENDPOINT` names."""
    server = FakeHub()
    tokenless.setenv("HF_ENDPOINT", server.url)
    with server.running():
        yield server


@pytest.fixture
def router(tokenless: pytest.MonkeyPatch) -> Iterator[FakeRouter]:
    """Give a router that `HUBSMITH_ROUTER` names."""
    server = FakeRouter()
    tokenless.setenv("HUBSMITH_ROUTER", server.url)
    with server.running():
        yield server


@pytest.fixture
def chat_server(tokenless: pytest.MonkeyPatch) -> Iterator[FakeChatServer]:
    """Give a server with one model, `tiny`."""
    server = FakeChatServer("tiny")
    with server.running():
        yield server
