"""Runs that end early: Ctrl-C once and twice, `break`, an exception, a cancelled task."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hubsmith import ValidationError
from hubsmith_bulk import AsyncRun, Run, read_journal
from hubsmith_bulk.engine import Engine
from hubsmith_bulk.options import MapOptions, Settings

from tests.bulk.chat_server import chat_server, counts
from tests.bulk.scripted_caller import ScriptedCaller, rows
from tests.docs.page import ROOT

KINDS = [
    "blocking",
    pytest.param(
        "asyncio",
        marks=pytest.mark.skipif(
            sys.version_info < (3, 11), reason="asyncio.run of 3.10 cancels every task at Ctrl-C"
        ),
    ),
]


@contextmanager
def interrupted(kind: str, url: str, journal: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.bulk.interrupted", kind, url, str(journal)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(is_met: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not is_met():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_begun(journal: Path) -> bool:
    return journal.exists() and journal.read_bytes().count(b"\n") > 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_waits_for_what_is_under_way(tmp_path: Path, kind: str) -> None:
    journal = tmp_path / "run.jsonl"
    with chat_server(0.4) as url, interrupted(kind, url, journal) as process:
        until(lambda: is_begun(journal))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode != 0
        assert errors.rstrip().endswith("KeyboardInterrupt")
        assert "ignored" not in errors
        # Every call that the server began has its line.
        assert len(list(read_journal(journal))) == counts(url)["executions"] >= 8


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_second_ctrl_c_ends_at_once(tmp_path: Path, kind: str) -> None:
    journal = tmp_path / "run.jsonl"
    with chat_server(60) as url, interrupted(kind, url, journal) as process:
        until(lambda: counts(url)["executions"] == 8)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert process.poll() is None
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert time.monotonic() - start < 20  # And not the minute that a call takes.
        assert process.returncode != 0
        assert errors.rstrip().endswith("KeyboardInterrupt")
        assert list(read_journal(journal)) == []


def engine(caller: ScriptedCaller, items: Any, **options: Any) -> Callable[[], Engine]:
    return lambda: Engine(caller, items, Settings.of(MapOptions(**options)))


def names(count: int = 1000) -> list[dict[str, str]]:
    return rows(*map(str, range(count)))


def test_break_waits_for_what_is_under_way(tmp_path: Path) -> None:
    caller, path = ScriptedCaller(seconds=0.02), tmp_path / "run.jsonl"
    run = Run[str](engine(caller, names(), checkpoint=path, concurrency=4))
    for _ in run:
        break
    assert caller.is_closed
    assert len(list(read_journal(path))) == caller.calls.total() < 100
    assert "Run it again with the same checkpoint" in run.summary().next
    with pytest.raises(ValidationError, match="once"):
        iter(run)


def test_an_exception_of_the_loop_waits_as_well_and_goes_on(tmp_path: Path) -> None:
    caller, path = ScriptedCaller(seconds=0.02), tmp_path / "run.jsonl"
    with pytest.raises(ZeroDivisionError):
        for _ in Run[str](engine(caller, names(), checkpoint=path, concurrency=4)):
            _ = 1 / 0
    assert len(list(read_journal(path))) == caller.calls.total() < 100


def test_an_input_that_never_comes_does_not_hold_a_run_up(tmp_path: Path) -> None:
    never = threading.Event()

    def items() -> Iterator[Any]:
        yield from rows("a")
        never.wait()

    for done in Run[str](engine(ScriptedCaller(), items())):
        assert done.value == "A"
        break
    never.set()


def test_a_rate_does_not_hold_the_end_up() -> None:
    start = time.monotonic()
    for _ in Run[str](engine(ScriptedCaller(), names(), rate=0.01)):
        break
    assert time.monotonic() - start < 20


def test_a_reader_that_is_slow_loses_nothing() -> None:
    caller = ScriptedCaller()
    seen = 0
    for _ in Run[str](engine(caller, names(), concurrency=4)):
        if not seen:
            time.sleep(0.1)
            assert caller.calls.total() < 200  # As many as may wait.
        seen += 1
    assert seen == 1000


def test_break_of_an_asynchronous_run_waits_in_its_block(tmp_path: Path) -> None:
    caller, path = ScriptedCaller(seconds=0.02), tmp_path / "run.jsonl"

    async def main() -> None:
        async with AsyncRun[str](engine(caller, names(), checkpoint=path, concurrency=4)) as run:
            async for _ in run:
                break
        assert caller.is_closed

    asyncio.run(main())
    assert len(list(read_journal(path))) == caller.calls.total() < 100


def test_without_a_block_no_further_calls_are_begun(tmp_path: Path) -> None:
    caller, path = ScriptedCaller(seconds=0.02), tmp_path / "run.jsonl"

    async def main() -> None:
        async for _ in AsyncRun[str](engine(caller, names(), checkpoint=path, concurrency=4)):
            break
        await asyncio.sleep(0.1)
        assert caller.is_closed

    asyncio.run(main())
    assert len(list(read_journal(path))) == caller.calls.total() < 100


def test_a_task_that_is_cancelled_waits_for_what_is_under_way(tmp_path: Path) -> None:
    caller, path = ScriptedCaller(seconds=0.05), tmp_path / "run.jsonl"

    async def consume() -> None:
        async for _ in AsyncRun[str](engine(caller, names(), checkpoint=path, concurrency=4)):
            pass

    async def main() -> None:
        task = asyncio.ensure_future(consume())
        while not caller.calls:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert caller.is_closed

    asyncio.run(main())
    assert len(list(read_journal(path))) == caller.calls.total() == 4


def test_a_task_that_is_cancelled_twice_cancels_the_calls(tmp_path: Path) -> None:
    caller, path = ScriptedCaller(seconds=60), tmp_path / "run.jsonl"

    async def consume() -> None:
        async for _ in AsyncRun[str](engine(caller, names(), checkpoint=path, concurrency=4)):
            pass

    async def main() -> None:
        task = asyncio.ensure_future(consume())
        while len(caller.calls) < 4:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert caller.is_closed
        assert caller.under_way == 0

    asyncio.run(main())
    assert list(read_journal(path)) == []
