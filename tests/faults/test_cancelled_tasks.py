"""A task that is cancelled ends at once, whatever its call does, and leaves nothing behind.

The server is a real Gradio; what stands before it counts connections and can hold bytes back.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AsyncClient, File

from tests.faults.forwarder import Forwarder
from tests.waits.scripted_http import Loopback

APP = Path(__file__).parent / "cancel_app.py"
AT_ONCE = 0.3
CONTENT = b"x" * 20_000_000


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("steps") / "steps"


@pytest.fixture(scope="module")
def app(start_gradio: Callable[..., str], steps: Path) -> str:
    return start_gradio(APP, HOST="loads", APP_STEPS=str(steps))


@pytest.fixture
def forwarder(app: str) -> Iterator[Forwarder]:
    with Loopback().running() as loopback:
        forwarder = Forwarder(app)
        loopback.start(forwarder)  # type: ignore[arg-type]  # it starts like one
        yield forwarder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder that temporary files go to."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def until(is_met: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_met():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel a task: it is over at once, and so is all that it began in the background, soon."""
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < AT_ONCE


def others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


@asynccontextmanager
async def client_of(forwarder: Forwarder) -> AsyncIterator[AsyncClient]:
    """Give a client that leaves nothing behind, neither tasks nor connections."""
    async with AsyncClient(forwarder.url) as client:
        yield client
        await until(lambda: not others())
    await until(lambda: forwarder.open == 0)


def run(main: Coroutine[Any, Any, None], temporary: Path) -> None:
    asyncio.run(main)
    assert list(temporary.iterdir()) == []


def stepped(steps: Path, name: str) -> int:
    return steps.read_text().split().count(name) if steps.exists() else 0


async def stands_still(steps: Path, name: str) -> None:
    """Wait until a job makes no steps any more."""
    deadline, before = time.monotonic() + 5, -1
    while before != (now := stepped(steps, name)):
        assert time.monotonic() < deadline
        before = now
        await asyncio.sleep(0.2)


def test_while_it_connects(forwarder: Forwarder, temporary: Path) -> None:
    async def main() -> None:
        forwarder.down = 0
        async with client_of(forwarder) as client:
            task = asyncio.ensure_future(client.predict("a", api_name="/large"))
            await until(lambda: forwarder.is_held)
            await cancel(task)
            await until(lambda: forwarder.open == 0)
            forwarder.down = float("inf")
            assert (await client.predict("a", api_name="/large")).name == "a.bin"

    run(main(), temporary)


def test_while_it_uploads(forwarder: Forwarder, temporary: Path) -> None:
    async def main() -> None:
        forwarder.up = 1_000_000
        async with client_of(forwarder) as client:
            task = asyncio.ensure_future(
                client.predict(File(CONTENT, name="a.bin"), api_name="/size")
            )
            await until(lambda: forwarder.is_held)
            await cancel(task)
            forwarder.up = float("inf")
            await until(lambda: forwarder.open == 0)
            assert b"event_id" not in forwarder.answered
            assert await client.predict(File(CONTENT), api_name="/size") == len(CONTENT)

    run(main(), temporary)


@pytest.mark.parametrize("is_job", [False, True], ids=["call", "job"])
def test_while_it_waits_in_the_queue(
    forwarder: Forwarder, app: str, steps: Path, temporary: Path, is_job: bool
) -> None:
    async def main() -> None:
        async with AsyncClient(app) as other, client_of(forwarder) as client:
            first = await other.submit("first", api_name="/last")
            await anext(aiter(first))
            waiting = client.predict("queued", api_name="/last")
            if is_job:
                waiting.close()
                waiting = (await client.submit("queued", api_name="/last")).result()
            task = asyncio.ensure_future(waiting)
            await until(lambda: b'"estimation"' in forwarder.answered)
            await cancel(task)
            await until(lambda: b'"process_completed"' in forwarder.answered)
            await first.cancel()
            after = await other.submit("after", api_name="/last")
            await anext(aiter(after))
            await after.cancel()
            assert stepped(steps, "queued") == 0
            await until(lambda: len(others()) == 0)

    run(main(), temporary)


def test_while_it_runs(forwarder: Forwarder, steps: Path, temporary: Path) -> None:
    async def main() -> None:
        async with client_of(forwarder) as client:
            task = asyncio.ensure_future(client.predict("running", api_name="/last"))
            await until(lambda: stepped(steps, "running") > 2, 15)
            await cancel(task)
            await stands_still(steps, "running")

    run(main(), temporary)


def test_while_it_iterates_a_job_which_goes_on_until_the_client_is_closed(
    forwarder: Forwarder, steps: Path, temporary: Path
) -> None:
    async def main() -> None:
        async with AsyncClient(forwarder.url) as client:
            job, parts = await client.submit("iterated", api_name="/last"), list[str]()

            async def iterate() -> None:
                async for part in job:
                    parts.append(part)

            task = asyncio.ensure_future(iterate())
            await until(lambda: len(parts) > 2, 15)
            await cancel(task)
            assert not job.done()
            assert await anext(aiter(job)) == parts[0]
        assert others() == set()
        await until(lambda: forwarder.open == 0)
        await stands_still(steps, "iterated")

    run(main(), temporary)


@pytest.mark.parametrize("is_saved", [False, True], ids=["read", "saved"])
def test_while_it_downloads(
    forwarder: Forwarder, temporary: Path, tmp_path: Path, is_saved: bool
) -> None:
    place = tmp_path / "place"
    place.mkdir()

    async def main() -> None:
        async with client_of(forwarder) as client:
            file = await client.predict("download", api_name="/large")
            await until(lambda: not others())
            forwarder.down = 1_000_000
            task = asyncio.ensure_future(file.asave(place) if is_saved else file.aread())
            await until(lambda: forwarder.is_held)
            connections = forwarder.open
            await cancel(task)
            await until(lambda: forwarder.open < connections, 1)
            assert list(place.iterdir()) == []
            forwarder.down = float("inf")
            assert await file.aread() == CONTENT

    run(main(), temporary)
