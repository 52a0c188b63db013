"""Real inference servers, each in an environment of its own, and clients of them.

They take minutes to install, so they run where `HUBSMITH_SERVERS` names them (`all`, or a list with
commas of community, llama and transformers), as `make test-servers` does.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.servers.server_environments import (
    COMMUNITY,
    LLAMA,
    TRANSFORMERS,
    EnvironmentFailed,
    python_of,
)
from tests.support.server_process import ServerFailed, serve

FOLDER = Path(__file__).parent

APPS = FOLDER / "apps"
NAMES = {"community": COMMUNITY, "llama": LLAMA, "transformers": TRANSFORMERS}


def _python(name: str) -> Path:
    wanted = os.environ.get("HUBSMITH_SERVERS", "").replace(" ", "").split(",")
    if "all" not in wanted and name not in wanted:
        pytest.skip(f"{NAMES[name]} runs with `make test-servers`")
    try:
        return python_of(NAMES[name])
    except EnvironmentFailed as error:
        pytest.fail(str(error), pytrace=False)


def _made(python: Path, script: str, target: Path) -> Path:
    subprocess.run([python, APPS / script, target], check=True, stdin=subprocess.DEVNULL)
    return target


def _started(server: AbstractContextManager[str]) -> Iterator[str]:
    try:
        with server as url:
            yield url
    except ServerFailed as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def community_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server package of the Hub's own inference, one path per task."""
    python = _python("community")

    def command(port: int) -> list[str]:
        return [str(python), str(APPS / "community.py"), str(port)]

    folder = tmp_path_factory.mktemp("community")
    yield from _started(serve("community", command, folder, lambda port: {}))


@pytest.fixture(scope="session")
def llama_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """llama.cpp's Python server on a tiny random model."""
    python = _python("llama")
    folder = tmp_path_factory.mktemp("llama")
    model = _made(python, "tiny_gguf.py", folder / "tiny.gguf")

    def command(port: int) -> list[str]:
        options = {"model": model, "model_alias": "tiny", "host": "127.0.0.1", "port": port}
        options |= {"n_ctx": 1024, "embedding": True, "seed": 0, "n_threads": 2}
        pairs = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return [str(python), "-m", "llama_cpp.server", *pairs]

    yield from _started(serve("llama", command, folder, lambda port: {}, "/v1/models"))


@pytest.fixture(scope="session")
def transformers_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """transformers' own server, which refuses what it does not know, on a tiny random model."""
    python = _python("transformers")
    folder = tmp_path_factory.mktemp("transformers")
    model = _made(python, "tiny_llama.py", folder / "tiny")
    (folder / "home" / "hub").mkdir(parents=True)

    def command(port: int) -> list[str]:
        program = python.with_name("transformers")
        return [str(program), "serve", "--host", "127.0.0.1", "--port", str(port)]

    def environment(port: int) -> dict[str, str]:
        return {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")}

    os.environ["HUBSMITH_TINY_LLAMA"] = str(model)
    yield from _started(serve("transformers", command, folder, environment, "/health"))
