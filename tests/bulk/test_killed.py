"""Runs that are killed with SIGKILL, again and again, and then go on to their end.

`make test-bulk` makes them with many rows: `HUBSMITH_BULK_ROWS` is how many.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hubsmith import Client
from hubsmith_bulk import read_journal

from tests.bulk.chat_server import chat_server, counts
from tests.bulk.worker import AT_ONCE
from tests.docs.page import ROOT

pytestmark = pytest.mark.slow

ROWS = int(os.environ.get("HUBSMITH_BULK_ROWS", "400"))
KILLS = 10 if ROWS > 1_000 else 4
SECONDS_A_ROW = 0.1


@contextmanager
def running(kind: str, url: str, journal: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.bulk.worker", kind, url, str(ROWS), str(journal)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(1 << 20), b""))


def until(is_met: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_met():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02 if ROWS <= 1_000 else 0.2)


def kill_and_finish(kind: str, url: str, journal: Path) -> None:
    draw = random.Random()
    ends = sorted(draw.randrange(1, ROWS) for _ in range(KILLS))
    print(f"{kind}: {ROWS} rows, killed after {ends}")
    for end in ends:
        with running(kind, url, journal) as process:

            def is_far_enough(end: int = end, process: subprocess.Popen[bytes] = process) -> bool:
                return lines(journal) >= end or process.poll() is not None

            until(is_far_enough, 60 + ROWS * SECONDS_A_ROW)
            process.kill()
    with running(kind, url, journal) as process:
        assert process.wait(60 + ROWS * SECONDS_A_ROW) == 0
    written = Counter(entry["key"] for entry in read_journal(journal))
    assert len(written) == ROWS
    assert set(written.values()) == {1}
    assert lines(journal) == 1 + ROWS  # Not even a line that a later one replaces.
    assert not [entry for entry in read_journal(journal) if "error" in entry]
    assert {entry["index"] for entry in read_journal(journal)} == set(range(ROWS))


def test_a_chat_server_answers_each_row_once_but_for_the_kills(tmp_path: Path) -> None:
    with chat_server(0.005) as url:
        kill_and_finish("chat", url, tmp_path / "chat.jsonl")
        executions = counts(url)["executions"]
    print(f"chat: {executions - ROWS} rows more than once")
    assert 0 <= executions - ROWS <= KILLS * AT_ONCE


def test_a_space_runs_each_row_once_but_for_the_kills(
    tmp_path: Path, start_gradio: Callable[..., str]
) -> None:
    url = start_gradio(
        Path(__file__).with_name("counting_app.py"), APP_WORKERS="40", APP_COUNTS="killed"
    )
    with Client(url) as client:
        before = client.predict(api_name="/count")
        kill_and_finish("space", url, tmp_path / "space.jsonl")
        executions = client.predict(api_name="/count") - before
    print(f"space: {executions - ROWS} rows more than once")
    assert 0 <= executions - ROWS <= KILLS * AT_ONCE
