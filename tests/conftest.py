"""What all tests share: real Gradio apps, a Hub and a Space that are played, no token."""

from __future__ import annotations

import gc
import importlib.util
import os
import secrets
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import certifi
import hypothesis
import pytest

from tests.support.examples import examples
from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace
from tests.support.gradio_apps import GradioApps, SharedGradioApps, shared_with_workers
from tests.support.tokens import forget_tokens

_APPS = pytest.StashKey[GradioApps | SharedGradioApps]()
_ENDS = pytest.StashKey[ExitStack]()
_SHARED = pytest.StashKey[dict[str, Any]]()

_LONGEST = [
    "tests/test_corpus.py",
    "tests/tools/test_corpus.py",
    "tests/typescript/test_checking.py",
    "tests/test_types.py",
    "tests/bulk/test_space.py",
    "tests/hostile/test_hostile_specs.py",
]

# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("all", deadline=None, max_examples=examples(50, 200))
hypothesis.settings.register_profile("quick", deadline=None, max_examples=10)

StartGradio = Callable[..., str]


def pytest_configure(config: pytest.Config) -> None:
    is_quick = config.getoption("markexpr") == "not slow"  # As `make quick` asks for.
    hypothesis.settings.load_profile("quick" if is_quick else "all")
    if worker := getattr(config, "workerinput", None):
        config.stash[_APPS] = SharedGradioApps(*worker["gradio_apps"])
        _put_temporary_files_into(Path(tempfile.gettempdir()) / worker["workerid"])
        return
    ends = config.stash[_ENDS] = ExitStack()
    own = tempfile.TemporaryDirectory(prefix="hubsmith-tests-", ignore_cleanup_errors=True)
    folder = Path(ends.enter_context(own))
    # What fixtures like `tmp_path` give stays where pytest keeps it, to be looked at afterwards.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    _put_temporary_files_into(folder / "temporary")
    # Each of thousands of clients reads the certificates that it trusts, which takes 20 ms where
    # there are hundreds. No server of the tests has one.
    os.environ["SSL_CERT_FILE"] = str(_one_certificate(folder / "certificate.pem"))
    # Dozens of runs of pyright start alike.
    os.environ["NODE_COMPILE_CACHE"] = str(folder / "node")
    # Type checkers make much that is gone at once: with more room for it they collect it less often.
    os.environ.setdefault("NODE_OPTIONS", "--max-semi-space-size=64")
    apps = config.stash[_APPS] = GradioApps(folder)
    ends.callback(apps.end)
    key = secrets.token_bytes(16)
    address = ends.enter_context(shared_with_workers(apps, key))
    config.stash[_SHARED] = {"gradio_apps": (address, key)}


def _put_temporary_files_into(folder: Path) -> None:
    """Let this process and those that it starts make temporary files where the session ends them.

    Apps leave theirs behind, and so does what is killed.
    """
    folder.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _one_certificate(file: Path) -> Path:
    """Write the first certificate that httpx trusts unless it is told otherwise."""
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0]
    file.write_text(first + end, encoding="utf-8")
    return file


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the controller answers."""
    node.workerinput.update(node.config.stash[_SHARED])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.support.scheduling import FilesAndSlowTests

    return FilesAndSlowTests(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what stays for the whole session: modules and thousands of tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        # It looks at all that is left a tenth as often; tests of leaks call it.
        gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left alone with it at the end."""

    def place(item: pytest.Item) -> tuple[bool, int]:
        file, is_slow = item.nodeid.partition("::")[0], item.get_closest_marker("slow")
        return is_slow is None, _LONGEST.index(file) if file in _LONGEST else len(_LONGEST)

    items.sort(key=place)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _ENDS in config.stash:
        config.stash[_ENDS].close()


@pytest.fixture(scope="session")
def gradio_apps(pytestconfig: pytest.Config) -> GradioApps | SharedGradioApps:
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("Gradio is not installed")
    return pytestconfig.stash[_APPS]


@pytest.fixture(scope="session")
def start_gradio(gradio_apps: GradioApps) -> StartGradio:
    """Give `start_gradio(path_to_app, **environment) -> url`.

    Apps with the same script and environment are shared by the whole test session.
    """

    def start(path_to_app: str | os.PathLike[str], **environment: str) -> str:
        return gradio_apps.start(os.fspath(path_to_app), environment)

    return start


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """Give a Hub on loopback that `HF_ENDPOINT` names, and a home without a token."""
    forget_tokens(monkeypatch, tmp_path)
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
