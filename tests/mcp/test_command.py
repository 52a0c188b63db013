"""`hubsmith mcp` as a host starts it: over stdio, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from hubsmith_codegen.cli import main
from hubsmith_runtime import Client as SpaceClient
from mcp import Client

from tests.mcp.conftest import ONLY_ALL, StartGradio, command, text_of
from tests.mcp.test_server import CALLS
from tests.support.paths import KITCHEN_SNAPSHOT
from tests.support.running_command import HUBSMITH, running, serving


@pytest.fixture
def project(kitchen_url: str, tmp_path: Path) -> Path:
    """A folder where the demo app is recorded as `kitchen`."""
    (tmp_path / "hubsmith.toml").write_text(
        f'[tool.hubsmith.spaces.kitchen]\nsource = "{kitchen_url}"\n', encoding="utf-8"
    )
    spec = tmp_path / "clients" / "kitchen" / "spec"
    shutil.copytree(KITCHEN_SNAPSHOT, spec)
    source = json.loads((spec / "source.json").read_text())
    (spec / "source.json").write_text(json.dumps({**source, "source": kitchen_url}))
    return tmp_path


async def call_all(client: Client) -> None:
    """List and call every tool of the demo app, with progress."""
    tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == set(CALLS)
    messages: list[str | None] = []

    async def note(_: float, __: float | None, message: str | None) -> None:
        messages.append(message)

    results = {
        name: await client.call_tool(name, sent, progress_callback=note)
        for name, sent in CALLS.items()
    }
    assert {name for name, one in results.items() if one.is_error} == {"fail", "img"}
    assert results["greet"].structured_content == {"result": "Good evening, Bob!!!"}
    assert any("baking bread" in str(message) for message in messages)


def test_a_recorded_space_over_stdio(project: Path) -> None:
    async def run() -> None:
        async with Client(command("kitchen", folder=project)) as client:
            await call_all(client)

    asyncio.run(run())


@pytest.mark.slow
def test_over_http_for_this_machine_alone(kitchen_url: str, tmp_path: Path) -> None:
    async def run(url: str) -> None:
        async with Client(url) as client:
            await call_all(client)

    with serving("mcp", kitchen_url, "--http", "0", folder=tmp_path) as url:
        assert url.startswith("http://127.0.0.1:") and url.endswith("/mcp")
        asyncio.run(run(url))
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        accept = {"accept": "application/json, text/event-stream"}
        for header, value, status in (
            ("host", "rebound.example:80", 421),
            ("origin", "https://page.example", 403),
            ("origin", "http://localhost:3000", 403),
            ("origin", "null", 403),
            ("content-type", "text/plain", 400),
        ):
            answer = httpx.post(url, json=ping, headers={**accept, header: value})
            assert answer.status_code == status, (header, value, answer.text)


@ONLY_ALL
@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_http_a_call_is_cancelled_on_the_server(
    mode: Any, start_gradio: StartGradio, tmp_path: Path
) -> None:
    url = start_gradio(Path(__file__).with_name("cancelled_app.py"))

    async def run(address: str) -> None:
        begun = asyncio.Event()

        async def note(progress: float, _: float | None, __: str | None) -> None:
            if progress >= 1:
                begun.set()

        async with Client(address, mode=mode) as client:
            call = client.call_tool("count", {"name": mode}, progress_callback=note)
            task = asyncio.create_task(call)
            await asyncio.wait_for(begun.wait(), 20)
            task.cancel()
            for _ in range(100):
                if mode in text_of(await client.call_tool("ended", {})):
                    return
                await asyncio.sleep(0.05)
        raise AssertionError("the job went on")

    with serving("mcp", url, "--http", "0", folder=tmp_path) as address:
        asyncio.run(run(address))


@ONLY_ALL
@pytest.mark.slow
def test_one_endpoint_and_a_folder(project: Path) -> None:
    (project / "shared").mkdir()
    (project / "shared" / "card.txt").write_text("two eggs")
    words = ("kitchen", "--endpoint", "/shout", "--files", "shared")

    async def run() -> None:
        async with Client(command(*words, folder=project)) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["shout"]
            result = await client.call_tool("shout", {"recipe": "card.txt"})
            assert (project / "shared" / result.content[1].name).read_text() == "TWO EGGS"
            refused = await client.call_tool("shout", {"recipe": "../hubsmith.toml"})
            assert refused.is_error
            assert "local files can only be read from" in text_of(refused)

    asyncio.run(run())


def sent(process: subprocess.Popen[str], *messages: dict[str, Any]) -> None:
    assert process.stdin is not None
    for message in messages:
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    process.stdin.flush()


def answer_of(process: subprocess.Popen[str]) -> Any:
    """Return what the call that was begun gives, once it is done."""
    assert process.stdout is not None
    while "result" not in (answer := json.loads(process.stdout.readline())):
        pass
    return answer["result"]["structuredContent"]


def begun(process: subprocess.Popen[str], tool: str, **arguments: Any) -> None:
    """Shake hands as a host of an older protocol does, and begin a call."""
    version = {"protocolVersion": "2025-06-18", "capabilities": {}}
    about = {"clientInfo": {"name": "host", "version": "1"}}
    sent(process, {"id": 1, "method": "initialize", "params": {**version, **about}})
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "hubsmith"
    call = {"name": tool, "arguments": arguments, "_meta": {"progressToken": "one"}}
    sent(
        process,
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": call},
    )


@pytest.mark.slow
@pytest.mark.parametrize("how", ["end", "SIGTERM", pytest.param("SIGINT", marks=ONLY_ALL)])
def test_when_the_host_ends_so_do_its_jobs(
    how: str, start_gradio: StartGradio, tmp_path: Path
) -> None:
    url = start_gradio(Path(__file__).with_name("cancelled_app.py"))
    process = subprocess.Popen(
        [*HUBSMITH, "mcp", url],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        begun(process, "count", name=how)
        assert process.stdin is not None and process.stdout is not None
        while json.loads(process.stdout.readline())["params"]["progress"] < 1:
            pass
        if how == "end":
            process.stdin.close()
        else:
            process.send_signal(getattr(signal, how))  # Its stdin stays open, as in a terminal.
        assert process.wait(20) == 0
        for line in process.stdout.read().splitlines():
            assert json.loads(line)["jsonrpc"] == "2.0"
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()

    with SpaceClient(url) as space:
        assert how in space.predict(api_name="/ended")


@pytest.mark.slow
def test_over_http_a_signal_ends_its_jobs_as_well(
    start_gradio: StartGradio, tmp_path: Path
) -> None:
    url = start_gradio(Path(__file__).with_name("cancelled_app.py"))
    begun = threading.Event()

    async def call(address: str) -> None:
        async def note(progress: float, _: float | None, __: str | None) -> None:
            if progress >= 1:
                begun.set()

        async with Client(address) as client:
            await client.call_tool("count", {"name": "http"}, progress_callback=note)

    with ThreadPoolExecutor() as threads:
        with running("mcp", url, "--http", "0", folder=tmp_path, end=signal.SIGTERM) as server:
            calling = threads.submit(asyncio.run, call(server.url))
            assert begun.wait(20)
        assert calling.exception(20) is not None
    assert (server.status, "Traceback" in server.errors) == (0, False)
    with SpaceClient(url) as space:
        assert "http" in space.predict(api_name="/ended")


@pytest.mark.slow
def test_stdout_carries_the_protocol_alone(kitchen_url: str, tmp_path: Path) -> None:
    noisy = tmp_path / "noisy.py"
    noisy.write_text(
        """
import os, sys
from hubsmith_codegen.cli import main
from hubsmith_tools import AsyncTools

quiet = AsyncTools.call

async def call(self, *arguments, **options):
    print("noise")
    os.write(1, b"more noise\\n")
    return await quiet(self, *arguments, **options)

AsyncTools.call = call
sys.exit(main(sys.argv[1:]))
"""
    )
    process = subprocess.Popen(
        [sys.executable, str(noisy), "mcp", kitchen_url],
        env={k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        begun(process, "greet", name="Bob")
        assert process.stdin is not None and process.stdout is not None
        assert answer_of(process) == {"result": "Good evening, Bob!!!"}
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.stderr is not None
        assert {"noise", "more noise"} <= {*process.stderr.read().splitlines()}


@pytest.mark.slow
def test_half_of_a_character_gets_an_answer(kitchen_url: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*HUBSMITH, "mcp", kitchen_url],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        begun(process, "greet", name="Bob \ud83d \U0001f44b")
        assert answer_of(process) == {"result": "Good evening, Bob ? \U0001f44b!!!"}
        assert process.stdin is not None
        process.stdin.close()


def test_without_stdin_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", None)  # As in a process that was started with it closed.
    assert main(["mcp", "owner/kitchen"]) == 2
    assert "stdin is closed" in capsys.readouterr().err


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("hubsmith_tools.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert main(["mcp", "owner/kitchen"]) == 2
    assert 'pip install "hubsmith[codegen,mcp]"' in capsys.readouterr().err


def test_what_is_wrong_is_said_before_it_serves(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert main(["mcp", "pantry"]) == 2
    assert "pantry" in capsys.readouterr().err
    assert main(["mcp", "kitchen", "--endpoint", "/dance"]) == 2
    assert "There is no endpoint /dance" in capsys.readouterr().err
    assert main(["mcp", "kitchen", "--files", "missing"]) == 2
    assert "missing is not a folder" in capsys.readouterr().err
