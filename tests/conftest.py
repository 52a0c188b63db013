"""Fixtures that start real Gradio servers on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_hub import FakeHub, FakeSpace

_START_SECONDS = 90
_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN")

# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("hubsmith", deadline=None)
hypothesis.settings.load_profile("hubsmith")

StartGradio = Callable[..., str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/config", timeout=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 401  # A server with a login is up, too.
    except OSError:
        return False


@pytest.fixture(scope="session")
def start_gradio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGradio]:
    """Give `start_gradio(path_to_app, **environment) -> url`.

    Servers with the same app and environment are shared by the whole test session; each is
    ended, by its own handle, at the end.
    """
    pytest.importorskip("gradio")
    running: dict[object, tuple[str, subprocess.Popen[bytes]]] = {}
    folder = tmp_path_factory.mktemp("gradio")

    def start(path_to_app: str | os.PathLike[str], **environment: str) -> str:
        key = (os.fspath(path_to_app), *sorted(environment.items()))
        if key in running:
            return running[key][0]
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        log = folder / f"{Path(path_to_app).stem}-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, os.fspath(path_to_app)],
                env={
                    **os.environ,
                    "GRADIO_SERVER_NAME": "127.0.0.1",
                    "GRADIO_SERVER_PORT": str(port),
                    "GRADIO_ANALYTICS_ENABLED": "False",
                    "GRADIO_TEMP_DIR": str(folder / "files"),
                    "HF_HUB_OFFLINE": "1",
                    **environment,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        running[key] = (url, process)
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{path_to_app} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.2)
        return url

    yield start
    for _, process in running.values():
        process.terminate()
    for _, process in running.values():
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """Give a Hub on loopback that `HF_ENDPOINT` names, and a home without a token."""
    for name in _TOKENS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf_home"))
    hub = FakeHub()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    with hub.running():
        yield hub


@pytest.fixture
def fake_space() -> Iterator[FakeSpace]:
    """Give a Gradio Space on loopback that notes what it hears."""
    space = FakeSpace()
    with space.running():
        yield space
