"""Runs against a real Gradio: sessions, files, a queue that is full, a server that restarts."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hubsmith import AppError, AsyncClient, Client, File
from hubsmith_bulk import JournalError, read_journal

from tests.support.generated_client import generated_client
from tests.support.paths import DEMO

APP = Path(__file__).with_name("counting_app.py")
StartGradio = Callable[..., str]


@pytest.fixture(scope="module")
def url(start_gradio: StartGradio) -> str:
    return start_gradio(APP, HOST="loads", APP_WORKERS="40", APP_COUNTS="space")


def test_rows_by_name_and_in_order_with_ids(url: str) -> None:
    rows: list[Any] = [("a", {"number": 1}), ("b", [2]), {"number": 3}, ("bad", {"number": 13})]
    with Client(url) as client:
        done = {one.key: one for one in client.map("double", rows)}
    assert (done.pop("a").value, done.pop("b").value) == (2, 4)
    error = done.pop("bad").error
    assert isinstance(error, AppError)
    assert "bad luck" in str(error)
    (last,) = done.values()
    assert (last.value, last.index) == (6, 2)


def test_rows_for_asyncio_from_an_asynchronous_input(url: str) -> None:
    async def rows() -> AsyncIterator[dict[str, int]]:
        for number in range(20, 25):
            await asyncio.sleep(0)
            yield {"number": number}

    async def main() -> list[int]:
        async with AsyncClient(url) as client:
            return [one.value async for one in client.map("/double", rows())]

    assert sorted(asyncio.run(main())) == [40, 42, 44, 46, 48]


def test_rows_have_sessions_of_their_own_unless_they_share_one(url: str) -> None:
    rows = [{"number": number} for number in range(5)]
    with Client(url) as client:
        alone = [one.value for one in client.map("/remember", rows)]
        shared = [
            one.value for one in client.map("/remember", rows, share_session=True, concurrency=1)
        ]
    assert sorted(alone) == [[0], [1], [2], [3], [4]]
    assert shared == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]


def test_files_go_there_and_are_kept_beside_the_journal(url: str, tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(name)
    with Client(url) as client:
        rows = [[File(tmp_path / "a.txt")], [File(tmp_path / "b.txt")], [File(b"c", name="c.txt")]]
        assert [one.error for one in client.map("/turn", rows, checkpoint=journal)] == [None] * 3
        kept = {one["value"]["name"]: one["value"]["file"] for one in read_journal(journal)}
        assert {name: (tmp_path / path).read_text() for name, path in kept.items()} == {
            "a.txt": "a",
            "b.txt": "b",
            "c.txt": "c",
        }
        assert {Path(path).parts[0] for path in kept.values()} == {"run.jsonl.files"}
        # The content counts, not the name.
        (tmp_path / "other.txt").write_text("a")
        (tmp_path / "b.txt").write_text("another b")
        rows = [[File(tmp_path / "other.txt")], [File(tmp_path / "b.txt")]]
        run = client.map("/turn", rows, checkpoint=journal)
        assert [one.index for one in run] == [1]
        assert run.summary().skipped == 1


def test_a_file_that_is_missing_stops_no_other_row(tmp_path: Path, url: str) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    missing = File(tmp_path / "b.txt")
    (tmp_path / "b.txt").unlink()
    with Client(url) as client:
        done = list(client.map("/turn", [[File(tmp_path / "a.txt")], [missing]]))
    assert sorted(one.error is None for one in done) == [False, True]


def test_the_journal_of_a_space_that_changed_is_refused(
    url: str, tmp_path: Path, start_gradio: StartGradio
) -> None:
    journal = tmp_path / "run.jsonl"
    with Client(url) as client:
        list(client.map("/double", [[1]], checkpoint=journal))
        with pytest.raises(JournalError, match="its endpoint is /double"):
            list(client.map("/remember", [[1]], checkpoint=journal))
    header = journal.read_text().splitlines()[0]
    journal.write_text(header.replace("sha256:", "sha256:0", 1) + "\n")
    with Client(url) as client, pytest.raises(JournalError, match="its spec is sha256:0"):
        list(client.map("/double", [[1]], checkpoint=journal))


def test_requests_of_a_generated_client(start_gradio: StartGradio, tmp_path: Path) -> None:
    url = start_gradio(DEMO / "app.py")
    with generated_client(url, tmp_path, "bulk_clients") as kitchen:
        with kitchen.App(url) as space:
            rows = [kitchen.GreetRequest(name=name) for name in ("Ann", "Bob")]
            done = sorted(one.value for one in space.map(rows))
            assert done == [space.greet("Ann"), space.greet("Bob")]
            # Clients without generated code do the same.
            with Client(url) as client:
                untyped = client.map("/greet", [{"name": "Ann"}, {"name": "Bob"}])
                assert sorted(one.value for one in untyped) == done


@pytest.mark.slow
def test_a_full_queue_is_waited_for(start_gradio: StartGradio) -> None:
    url = start_gradio(APP, HOST="loads", APP_WORKERS="1", APP_MAX_SIZE="3", APP_SECONDS="0.02")
    rows = [{"number": number} for number in range(100, 160)]
    with Client(url) as client:
        before = client.predict(api_name="/count")
        run = client.map("/double", rows, concurrency=20)
        assert sorted(one.value for one in run) == [2 * number for number in range(100, 160)]
        assert run.summary().repeated > 0  # It was full.
        assert client.predict(api_name="/count") - before == 60
        alone = client.map("/double", rows)
        assert not [one for one in alone if one.error]
        assert alone.summary().concurrency < 20


class Restarting:
    """An app on a port of its own that is killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **os.environ,
            "GRADIO_SERVER_PORT": str(self.port),
            "GRADIO_TEMP_DIR": str(folder),
            "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000",
            "APP_SECONDS": "0.02",
            "APP_WORKERS": "4",
            "APP_NOTES": str(folder / "executed"),
        }
        self._executed = folder / "executed"
        self._log = (folder / "log").open("wb")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(APP)], env=self._environment, stdout=self._log, stderr=self._log
        )

    def wait(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(600):
            try:
                with opener.open(f"{self.url}/config", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the app does not start")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def executions(self) -> Counter[int]:
        """How often each number was doubled, by this server and those before it."""
        return Counter(map(int, self._executed.read_text().split()))

    @contextmanager
    def running(self) -> Iterator[None]:
        self.start()
        try:
            self.wait()
            yield
        finally:
            self.kill()
            self._log.close()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[float]]:
    """When the call of each number was sent: every request, and those that reach no server."""
    times: defaultdict[int, list[float]] = defaultdict(list)
    for kind in (httpx.Client, httpx.AsyncClient):

        def note(
            client: Any, request: httpx.Request, _send: Any = kind.send, **options: Any
        ) -> Any:
            if request.url.path.endswith("/queue/join"):
                (number,) = json.loads(request.content)["data"]
                times[number].append(time.monotonic())
            return _send(client, request, **options)

        monkeypatch.setattr(kind, "send", note)
    return times


ROWS = 150  # Enough that a kill after thirty is in the middle.


@pytest.mark.slow
def test_a_server_that_restarts_in_the_middle(tmp_path: Path, sent: dict[int, list[float]]) -> None:
    app = Restarting(tmp_path)
    rows = {start: [{"number": start + number} for number in range(ROWS)] for start in (100, 500)}
    journals = {start: tmp_path / f"{start}.jsonl" for start in rows}
    lost: dict[int, list[int]] = {start: [] for start in rows}

    def run(client: Client, start: int) -> None:
        options: Any = {"concurrency": 8, "repeat_lost": start == 500}
        done = client.map("/double", rows[start], checkpoint=journals[start], **options)
        for number, one in enumerate(done):
            if one.error is not None:
                lost[start].append(start + one.index)
            if number == 30:
                middle.wait(60)  # Neither is done before the server is killed.

    middle = threading.Barrier(3)
    with app.running(), Client(app.url) as client, ThreadPoolExecutor() as threads:
        runs = [threads.submit(run, client, start) for start in rows]
        middle.wait(60)
        kill = time.monotonic()
        app.kill()
        gone = time.monotonic()
        app.start()
        for one in runs:
            one.result()
        assert lost[500] == []
        # What was under way, and what the server took while it died. All else was sent again.
        taken = [number for number in lost[100] if kill <= sent[number][-1] < gone]
        assert all(sent[number][-1] < gone for number in lost[100])
        assert len(lost[100]) - len(taken) <= 8
        executions = app.executions()
        for number in range(100, 100 + ROWS):
            assert executions[number] <= 1, "a row whose answer may be lost is not sent again"
            assert number in lost[100] or executions[number] == 1
        for number in range(500, 500 + ROWS):
            assert 1 <= executions[number] <= len(sent[number])
        # Of these each one that ran twice was under way at the kill, or was taken while it died.
        twice = [number for number in range(500, 500 + ROWS) if executions[number] > 1]
        assert all(sent[number][0] < gone for number in twice)
        assert sum(executions[number] - 1 for number in twice if sent[number][0] < kill) <= 8
        for start, journal in journals.items():
            assert len(list(read_journal(journal))) == ROWS
            again = client.map("/double", rows[start], checkpoint=journal, retry_failed=True)
            assert len(list(again)) == len(lost[start])
            values = {one["value"] for one in read_journal(journal)}
            assert values == set(range(2 * start, 2 * (start + ROWS), 2))
        executions = app.executions()
        assert all(
            executions[number] <= 1 + (number in lost[100]) for number in range(100, 100 + ROWS)
        )
    print(
        f"{len(lost[100])} lost, {len(taken)} of them sent while the server died; {len(twice)} twice"
    )
