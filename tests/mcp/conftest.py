"""The demo app, its client, and how a test talks to `hubsmith mcp`."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith_tools import tools_of
from hubsmith_tools.mcp import Check, SharedFolder, server_of
from mcp import Client, StdioServerParameters

from tests.support.generated_client import imported
from tests.support.paths import KITCHEN_APP, ROOT

StartGradio = Callable[..., str]

ONLY_ALL = pytest.mark.skipif(
    not os.environ.get("HUBSMITH_GRADIO_MCP"), reason="runs with `make test-mcp`"
)
"""For what takes long, and is near to what other tests show."""


@pytest.fixture(scope="session")
def kitchen_url(start_gradio: StartGradio) -> str:
    return start_gradio(KITCHEN_APP)


@pytest.fixture
def kitchen() -> Iterator[Any]:
    """The generated client package of the demo app."""
    with imported("kitchen", ROOT / "generated" / "spaces") as package:
        yield package


@contextlib.asynccontextmanager
async def offered(
    space: Any, folder: SharedFolder | None = None, check: Check | None = None
) -> AsyncIterator[Client]:
    """Give a client of a server, in this process, that offers a Space."""
    async with space:
        tools = tools_of(space, open_file=folder.open if folder else None)
        async with Client(server_of(tools, folder=folder, check=check)) as client:
            yield client


def command(*arguments: str, folder: Path) -> StdioServerParameters:
    """How a host starts `hubsmith mcp` in a folder."""
    kept = ("PATH", "HOME", "SYSTEMROOT", "HF_ENDPOINT", "PYTHONPATH")
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "hubsmith_codegen", "mcp", *arguments],
        env={name: os.environ[name] for name in kept if name in os.environ},
        cwd=folder,
    )


def text_of(result: Any) -> str:
    """The text that a model reads first."""
    return result.content[0].text


def answering(folder: Path, endpoint: str, name: str, *contents: bytes, beside: Any = ()) -> Path:
    """Write answers of a mock: a file of this name with one content after the other."""
    answers: list[Any] = []
    for number, content in enumerate(contents):
        (folder / str(number)).mkdir(exist_ok=True)
        (folder / str(number) / name).write_bytes(content)
        file = {"path": f"{number}/{name}", "meta": {"_type": "gradio.FileData"}}
        answers.append({"value": [file, *beside] if beside else file})
    (folder / "answers.json").write_text(json.dumps({endpoint: answers}), encoding="utf-8")
    return folder / "answers.json"
