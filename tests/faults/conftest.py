"""The table of faults: its servers, which start once, and its figures, which come last."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.fault_proxy import FaultProxy, Proxies
from tests.faults.table import Figures, Inference, Table

FOLDER = Path(__file__).parent

_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN")
_FIGURES: list[str] = []


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "runs"


@pytest.fixture(scope="session")
def app(start_gradio: Callable[..., str], runs: Path) -> str:
    return start_gradio(FOLDER / "app.py", HOST="loads", APP_RUNS=str(runs))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """Forget every saved token, and watch a temporary folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _TOKENS:
            patch.delenv(name, raising=False)
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf_home")))
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
        # One for all: dozens at once take seconds, which are not what is measured.
        context = ssl.create_default_context()
        patch.setattr(ssl, "create_default_context", lambda **_: context)
        yield patch


@pytest.fixture(scope="module")
def proxies(environment: pytest.MonkeyPatch) -> Iterator[Proxies]:
    with Proxies().running() as proxies:
        assert isinstance(proxies, Proxies)
        yield proxies


@pytest.fixture(scope="module")
def table(app: str, runs: Path, proxies: Proxies, environment: pytest.MonkeyPatch) -> Table:
    inference = Inference()
    proxies.start(inference)
    url = inference.url
    hub = FaultProxy(url)
    proxies.start(hub)
    environment.setenv("HF_ENDPOINT", hub.url)
    environment.setenv("HUBSMITH_ROUTER", hub.url)
    return Table(proxies, app, url, hub, runs)


@pytest.fixture(scope="session")
def show() -> Callable[[Figures], None]:
    """Give what shows figures when all tests are over."""
    return lambda figures: _FIGURES.append(str(figures))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _FIGURES:
        terminalreporter.write_line(line)
