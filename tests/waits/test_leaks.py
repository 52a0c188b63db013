"""After 2,000 calls, jobs, cancels and failures at random nothing is left of them."""

from __future__ import annotations

import asyncio
import gc
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AsyncClient, Client
from hubsmith_runtime import HubsmithError, Retries

from tests.support.leaks import left_behind, what_is_open
from tests.waits.scripted_http import Answer, Asked, Fault
from tests.waits.scripted_space import Script, ScriptedSpace, completed, failed, partial

pytestmark = pytest.mark.slow

CALLS, CALLS_PER_CLIENT, AT_ONCE = 1000, 50, 5
JOIN = "/gradio_api/queue/join"
FILE = {"path": "/tmp/a.txt", "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}
SCRIPTS: dict[str, Script] = {
    "works": [completed("works")],
    "gives parts": [partial("a"), 0.002, partial("b"), completed("gives parts")],
    "is slow": [0.05, completed("is slow")],
    "fails": [partial("a"), failed("Sold out")],
    "breaks": [partial("a"), Fault.RESET],
    "gives a file": [completed(FILE)],
}
# A stream that breaks ends every job of its session, so it is rare.
WORDS = [word for word in SCRIPTS for _ in range(1 if word == "breaks" else 4)]
DEEDS = ("predict", "result", "iterate", "cancel", "wait briefly", "forget")
EXPECTED = (HubsmithError, asyncio.TimeoutError)
OPTIONS: dict[str, Any] = {"retries": Retries(attempts=2, base=0.001), "ssl_verify": False}


def do(client: Client, deed: str, word: str) -> Any:
    """Make a call or a job, and give what came of it."""
    if deed == "predict":
        return client.predict(word, api_name="/echo")
    job = client.submit(word, api_name="/echo")
    match deed:
        case "result":
            return job.result()
        case "iterate":
            return list(job)[-1]
        case "cancel":
            job.cancel()
        case "wait briefly":
            return job.result(timeout=0.01)
    return None


async def ado(client: AsyncClient, deed: str, word: str) -> Any:
    """Do the same with asyncio."""
    if deed == "predict":
        return await client.predict(word, api_name="/echo")
    job = await client.submit(word, api_name="/echo")
    match deed:
        case "result":
            return await job.result()
        case "iterate":
            return [part async for part in job][-1]
        case "cancel":
            await job.cancel()
        case "wait briefly":
            return await asyncio.wait_for(job.result(), 0.01)
    return None


def block(space: ScriptedSpace, calls: int) -> None:
    """Make calls from several threads, which share clients that end with jobs under way."""
    failures: list[BaseException] = []

    def work(client: Client, draw: random.Random) -> None:
        for _ in range(CALLS_PER_CLIENT // AT_ONCE):
            deed, word = draw.choice(DEEDS), draw.choice(WORDS)
            try:
                value = do(client, deed, word)
                if value is not None and word == "gives a file":
                    word, value = "content", Path(value).read_text(encoding="utf-8")
                assert value in (None, word if word != "gives parts" or deed != "iterate" else "b")
            except EXPECTED:
                pass
            except BaseException as error:
                failures.append(error)

    for first in range(0, calls, CALLS_PER_CLIENT):
        with Client(space.url, **OPTIONS) as client:
            draws = [random.Random(first + number) for number in range(AT_ONCE)]
            threads = [threading.Thread(target=work, args=(client, draw)) for draw in draws]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert not failures


async def gather(space: ScriptedSpace, calls: int) -> None:
    """Make calls in tasks, all those of a client at once."""
    draw = random.Random(calls)
    for _ in range(0, calls, CALLS_PER_CLIENT):
        async with AsyncClient(space.url, **OPTIONS) as client:
            words = [draw.choice(WORDS) for _ in range(CALLS_PER_CLIENT)]
            doing = [ado(client, draw.choice(DEEDS), word) for word in words]
            for word, outcome in zip(
                words, await asyncio.gather(*doing, return_exceptions=True), strict=True
            ):
                if isinstance(outcome, BaseException):
                    assert isinstance(outcome, EXPECTED), outcome
                elif outcome is not None and word == "gives a file":
                    assert await outcome.aread() == b"content"
    await asyncio.sleep(0.1)  # Generators that the collector finds are closed by tasks.
    assert asyncio.all_tasks() == {asyncio.current_task()}


def refuse_some(space: ScriptedSpace) -> Callable[[Asked], Answer]:
    """Refuse every twentieth job, as a busy Space does."""

    def join(asked: Asked) -> Answer:
        is_busy = space.asked[JOIN] % 20 == 0
        return Answer({"detail": "busy"}, 503) if is_busy else space.answer(asked)

    return join


def blocks_of_memory(space: ScriptedSpace) -> int:
    """Count the blocks of memory in use, but for what the Space remembers."""
    space.asked.clear()
    space.last.clear()
    space.ended.clear()
    space.forget()
    time.sleep(0.1)  # In which its jobs end.
    gc.collect()
    return sys.getallocatedblocks()


def test_nothing_is_left(
    space: ScriptedSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    space.script = lambda data: SCRIPTS[data[0]]
    space.plan(JOIN, refuse_some(space))

    def run(calls: int) -> None:
        block(space, calls)
        asyncio.run(gather(space, calls))

    run(4 * CALLS_PER_CLIENT)  # What is made once and kept is made now.
    before, blocks = what_is_open(), blocks_of_memory(space)
    run(CALLS)
    assert not left_behind(before, seconds=5)
    assert not list(tmp_path.iterdir())
    # A job that is kept has dozens of blocks of memory.
    assert blocks_of_memory(space) - blocks < 2 * CALLS


BLOCKING = """
client = Client(url)
jobs = [client.submit("a", api_name="/echo") for _ in range(3)]
threading.Thread(target=jobs[0].result, daemon=True).start()
threading.Thread(target=client.predict, args=("a",), kwargs={"api_name": "/echo"}, daemon=True).start()
time.sleep(0.3)
"""

ASYNCIO = """
async def main():
    client = AsyncClient(url)
    jobs = [await client.submit("a", api_name="/echo") for _ in range(3)]
    waiting = asyncio.ensure_future(jobs[0].result())
    await asyncio.sleep(0.3)

asyncio.run(main())
"""


@pytest.mark.parametrize("work", [BLOCKING, ASYNCIO], ids=["blocking", "asyncio"])
def test_a_process_with_jobs_under_way_exits_at_once(space: ScriptedSpace, work: str) -> None:
    space.script = lambda _: [60.0]
    imports = "import asyncio, sys, threading, time\nfrom hubsmith import AsyncClient, Client\n"
    script = f"{imports}url = sys.argv[1]\n{work}\nprint('over', flush=True)\n"
    command = [sys.executable, "-c", script, space.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "over\n"
        start = time.monotonic()
        try:
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
        assert time.monotonic() - start < 2
