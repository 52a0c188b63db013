"""What is the same on every machine: requests, connections and modules. `make bench` has the times.

Threads are counted in tests/runtime/test_space.py and tests/behaviours, the copies of a large
answer in tests/waits/test_memory_of_answers.py and its twin for inference.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AsyncClient, AsyncInferenceClient, Client, InferenceClient
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.pipeline import Target, draft, finish
from hubsmith_codegen.write.files import write
from hubsmith_codegen.write.options import Options

from tests.runtime.kitchen_client import Kitchen
from tests.waits.scripted_http import Loopback
from tests.waits.scripted_inference import ScriptedInference
from tests.waits.scripted_space import Script, ScriptedSpace, completed

ROOT = Path(__file__).resolve().parent.parent
CONFIG, JOIN, EVENTS = "/config", "/gradio_api/queue/join", "/gradio_api/queue/data"
CHAT, MODELS = "/v1/chat/completions", "/v1/models"
MESSAGES = [{"role": "user", "content": "hi"}]
HEAVY = {"asyncio", "httpx", "pydantic", "ssl", "typing_extensions", "inspect"}


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback().running() as loopback:
        yield loopback


@pytest.fixture
def space(loopback: Loopback) -> ScriptedSpace:
    space = ScriptedSpace()
    loopback.start(space)
    return space


@pytest.fixture
def server(loopback: Loopback) -> ScriptedInference:
    server = ScriptedInference()
    loopback.start(server)
    return server


def test_a_call_is_two_requests_on_connections_that_stay_open(space: ScriptedSpace) -> None:
    with Kitchen(space.url) as kitchen:
        assert not space.asked
        for calls in range(1, 12):
            kitchen.echo("a")
            # The server ends the stream with the last job of the session.
            assert space.asked == {CONFIG: 1, JOIN: calls, EVENTS: calls}
            assert len(space.connections) <= 2


def test_a_connection_that_the_server_is_about_to_close_is_not_used(
    space: ScriptedSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Kitchen(space.url) as kitchen:
        kitchen.echo("a")
        kitchen.echo("a")
        assert len(space.connections) == 2  # On one of them is the end of a stream.
        before, now = set(space.connections), time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: now() + 4.5)  # Gradio's server waits 5 s.
        kitchen.echo("a")
        assert space.connections.isdisjoint(before)


@pytest.mark.parametrize("count", [1, 50])
def test_jobs_at_once_share_one_stream(space: ScriptedSpace, count: int) -> None:
    are_held = True

    def held(data: list[Any]) -> Script:
        while are_held:
            yield 0.01
        yield completed(data[0])

    space.script = held
    with Client(space.url) as client:
        jobs = [client.submit(number, "x", api_name="/echo") for number in range(count)]
        are_held = False
        assert [job.result() for job in jobs] == list(range(count))
        assert space.asked == {CONFIG: 1, JOIN: count, EVENTS: 1}

    async def main() -> None:
        async with AsyncClient(space.url) as client:
            calls = [client.predict(number, "x", api_name="/echo") for number in range(count)]
            done = asyncio.gather(*calls)
            while space.asked[JOIN] < count:
                await asyncio.sleep(0.01)
            nonlocal are_held
            are_held = False
            assert await done == list(range(count))
            assert space.asked == {CONFIG: 1, JOIN: count, EVENTS: 1}

    are_held = True
    space.asked.clear()
    asyncio.run(main())


def test_a_chat_is_one_request_beside_the_question_for_the_model(
    server: ScriptedInference,
) -> None:
    with InferenceClient(server.url) as client:
        assert not server.asked
        client.chat_completion(MESSAGES)
        assert server.asked == {MODELS: 1, CHAT: 1}
        for _ in range(5):
            client.chat_completion(MESSAGES)
        assert server.asked == {MODELS: 1, CHAT: 6}
        assert len(server.connections) == 1
        assert len(list(client.chat_completion(MESSAGES, stream=True))) == 2
        assert server.asked == {MODELS: 1, CHAT: 7}


def test_many_chats_at_once_are_one_request_each(server: ScriptedInference) -> None:
    async def main() -> None:
        async with AsyncInferenceClient(server.url) as client:
            await client.chat_completion(MESSAGES)
            await asyncio.gather(*(client.chat_completion(MESSAGES) for _ in range(200)))

    asyncio.run(main())
    assert server.asked == {MODELS: 1, CHAT: 201}


def modules_of(statement: str, folder: Path = ROOT) -> set[str]:
    """Return what a statement imports in a fresh interpreter."""
    code = f"import sys\nbefore = set(sys.modules)\n{statement}\nprint(*{{*sys.modules}} - before)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    return set(done.stdout.split())


def within(modules: set[str], package: str) -> set[str]:
    """Return the modules of a package, named without it."""
    return {name.removeprefix(f"{package}.") for name in modules if name.startswith(f"{package}.")}


def test_importing_hubsmith_imports_nothing_else_of_ours() -> None:
    modules = modules_of("import hubsmith")
    assert {name for name in modules if name.startswith("hubsmith")} == {"hubsmith"}
    assert not modules & HEAVY


def test_importing_the_inference_client_imports_what_making_one_needs() -> None:
    modules = modules_of("from hubsmith import InferenceClient")
    assert within(modules, "hubsmith") == {"_client", "_providers", "tasks"}
    assert within(modules, "hubsmith_runtime") == {
        "effects", "errors", "http", "inference", "inference.base", "inference.client",
        "inference.errors", "inference.failures", "inference.hub", "inference.options",
        "inference.raw", "inference.servers", "limit", "reading", "retries", "tokens",
    }  # fmt: skip
    assert not modules & (HEAVY - {"inspect", "typing_extensions"})


def test_importing_a_vendored_client_imports_its_own_runtime(tmp_path: Path) -> None:
    raw = read_snapshot(ROOT / "generated" / "spaces" / "kitchen" / "spec")
    options = Options(vendor_runtime=True)
    (package,) = finish([draft(Target(raw=raw, root=tmp_path / "kitchen", options=options))])
    write(package.files, package.root)
    modules = modules_of("from kitchen import Kitchen; Kitchen(max_concurrency=8)", tmp_path)
    assert not any(name.startswith("hubsmith") for name in modules)
    assert not modules & {"httpx", "asyncio"}
    runtime = within(modules, "kitchen._runtime")
    assert {"limit", "driver", "spaces.space"} <= runtime
    # Of the copy all is imported but what asyncio, pictures and tables need.
    copied = {
        file.relative_to(tmp_path / "kitchen" / "_runtime").with_suffix("").as_posix()
        for file in (tmp_path / "kitchen" / "_runtime").rglob("*.py")
    }
    names = {name.removesuffix("/__init__").replace("/", ".") for name in copied - {"__init__"}}
    assert names - runtime == {"async_driver"}
