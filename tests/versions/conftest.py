"""The app on each Gradio version under test, and the client generated from each.

`HUBSMITH_GRADIO_VERSIONS` names the versions, as `all` or a list with commas. Without it the tests
run once, on the Gradio that is installed beside them.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.generated_client import generated_client
from tests.support.gradio_server import ServerFailed, serve
from tests.versions.environments import PINS, EnvironmentFailed, python_of
from tests.versions.features import Features

FOLDER = Path(__file__).parent

INSTALLED = "installed"


def wanted_versions() -> list[str]:
    wanted = os.environ.get("HUBSMITH_GRADIO_VERSIONS", "").strip()
    if not wanted:
        return [INSTALLED]
    versions = list(PINS) if wanted == "all" else [part.strip() for part in wanted.split(",")]
    if unknown := [version for version in versions if version not in PINS]:
        raise pytest.UsageError(
            f"HUBSMITH_GRADIO_VERSIONS names {', '.join(unknown)}; known are {', '.join(PINS)}"
        )
    return versions


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "gradio_version" in metafunc.fixturenames:
        versions = wanted_versions()
        metafunc.parametrize("gradio_version", versions, indirect=True, scope="session")


@pytest.fixture(scope="session")
def gradio_version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def url(
    gradio_version: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if gradio_version == INSTALLED:
        yield request.getfixturevalue("start_gradio")(FOLDER / "app.py")
        return
    try:
        python = python_of(gradio_version)
        with serve(python, FOLDER / "app.py", tmp_path_factory.mktemp("server")) as address:
            yield address
    except (EnvironmentFailed, ServerFailed) as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def features(gradio_version: str) -> Features:
    if gradio_version == INSTALLED:
        return Features(importlib.metadata.version("gradio"))
    return Features(gradio_version)


@pytest.fixture(scope="session")
def package(
    url: str, gradio_version: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModuleType]:
    """The client package that was generated from the running app, imported."""
    parent = f"gradio_{gradio_version.replace('.', '_')}"
    with generated_client(url, tmp_path_factory.mktemp("clients"), parent) as package:
        yield package


@pytest.fixture
def space(package: ModuleType, url: str, tmp_path: Path) -> Iterator[Any]:
    with package.App(url, download_dir=tmp_path / "downloads") as client:
        yield client


@pytest.fixture
def open_async_space(package: ModuleType, url: str, tmp_path: Path) -> Callable[[], Any]:
    return lambda: package.AsyncApp(url, download_dir=tmp_path / "downloads")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture of four by two pixels: its left half is red, the other blue."""
    from PIL import Image

    made = Image.new("RGB", (4, 2), "blue")
    made.paste((255, 0, 0), (0, 0, 2, 2))
    path = tmp_path / "four by two.png"
    made.save(path)
    return path
