"""Calls and jobs of a Space, compared with gradio_client and bare httpx."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.rows import Row, in_turns
from tests.support.generated_client import generated_client
from tests.support.gradio_server import serve

APP = Path(__file__).resolve().parent / "app.py"
JOBS, PARTIALS, CONCURRENT, AT_A_TIME = 200, 2000, 1000, 16
BATCH, SESSION = 20, "bare"
FIRST = {
    "hubsmith": "from bench_first.app import App; print(App({url!r}).half(4))",
    "gradio_client": (
        "from gradio_client import Client; "
        "print(Client({url!r}, verbose=False, analytics_enabled=False)"
        ".predict(4, api_name='/half'))"
    ),
}


class BareRequests:
    """Makes only the two HTTP requests of a call, on persistent connections."""

    def __init__(self, url: str) -> None:
        import httpx

        self.http = httpx.Client(timeout=60)
        config = self.http.get(f"{url}/config").json()
        self.base = url + config["api_prefix"]
        self.number = next(one["id"] for one in config["dependencies"] if one["api_name"] == "half")

    def close(self) -> None:
        self.http.close()

    def call(self, number: float, clock: Callable[[], float]) -> float:
        """Make a call, and return the time on the clock when its result has arrived."""
        body = {"data": [number], "fn_index": self.number, "session_hash": SESSION}
        self.http.post(f"{self.base}/queue/join", json=body).raise_for_status()
        moment = 0.0
        stream = f"{self.base}/queue/data?session_hash={SESSION}"
        with self.http.stream("GET", stream) as events:
            for line in events.iter_lines():
                # Read the rest after taking the time, so that the connection is reused.
                if not moment and line.startswith("data:"):
                    message = json.loads(line[5:])
                    if message["msg"] == "process_completed":
                        expect(message["output"]["data"][0], number / 2)
                        moment = clock()
        return moment


def expect(result: Any, wanted: Any) -> None:
    """Raise if a result is wrong, because its time would be meaningless."""
    if result != wanted:
        raise RuntimeError(f"got {result!r:.200} in place of {wanted!r:.200}")


def calls(space: Any, reference: Any, bare: BareRequests, rounds: int) -> Iterator[Row]:
    """Measure a call that does nothing: elapsed time, and CPU time of this process."""

    def by_hubsmith(clock: Callable[[], float]) -> float:
        start = clock()
        expect(space.half(4.0), 2.0)
        return clock() - start

    def by_gradio_client(clock: Callable[[], float]) -> float:
        start = clock()
        expect(reference.predict(4.0, api_name="/half"), 2.0)
        return clock() - start

    def by_httpx(clock: Callable[[], float]) -> float:
        start = clock()
        return bare.call(4.0, clock) - start

    subjects = {"hubsmith": by_hubsmith, "gradio_client": by_gradio_client, "httpx": by_httpx}
    timed = {name: functools.partial(call, time.perf_counter) for name, call in subjects.items()}
    passed = in_turns(timed, rounds, time.perf_counter, warm_up=10)
    what = "a call that does nothing"
    for peer, target in (("gradio_client", 0.12), ("httpx", 1.05)):
        theirs, ours = passed[peer] * 1e3, passed["hubsmith"] * 1e3
        yield Row(what=what, unit="ms", ours=ours, peer=peer, theirs=theirs, target=target)

    def several(name: str) -> None:  # Includes what is read of the stream afterwards.
        for _ in range(BATCH):
            subjects[name](time.process_time)

    batches = {name: functools.partial(several, name) for name in ("hubsmith", "httpx")}
    used = in_turns(batches, rounds // BATCH + 3, time.process_time)
    own = (used["hubsmith"] - used["httpx"]) / BATCH * 1e6
    yield Row(what="CPU of a call, beyond that of httpx", unit="µs", ours=own, target=400)


def jobs(space: Any, reference: Any, rounds: int) -> Iterator[Row]:
    """Measure many jobs at once, from the first one sent to the last result."""

    def by_hubsmith() -> None:
        began = [space.jobs.half(float(number)) for number in range(JOBS)]
        expect([job.result() for job in began], [number / 2 for number in range(JOBS)])

    def by_gradio_client() -> None:
        # With this many jobs, it loses its stream now and then. Repeat such a round: as it ends
        # early, it would otherwise count as the best.
        for _ in range(5):
            with contextlib.suppress(concurrent.futures.CancelledError):
                began = [reference.submit(float(n), api_name="/half") for n in range(JOBS)]
                expect([job.result() for job in began], [number / 2 for number in range(JOBS)])
                return
        raise RuntimeError("gradio_client lost its stream five times in a row")

    subjects = {"hubsmith": by_hubsmith, "gradio_client": by_gradio_client}
    best = in_turns(subjects, rounds, time.perf_counter, warm_up=0, reduce=min)
    yield Row(
        what=f"{JOBS} jobs at once",
        unit="s",
        ours=best["hubsmith"],
        peer="gradio_client",
        theirs=best["gradio_client"],
        target=0.3,
    )


def partials(space: Any, reference: Any, rounds: int) -> Iterator[Row]:
    """Measure a job with many partial results."""

    def by_hubsmith() -> None:
        expect(list(space.jobs.count(PARTIALS)), list(range(PARTIALS)))

    def by_gradio_client() -> None:
        for _ in reference.submit(PARTIALS, api_name="/count"):
            pass

    subjects = {"hubsmith": by_hubsmith, "gradio_client": by_gradio_client}
    for unit, clock in (("s", time.perf_counter), ("CPU s", time.process_time)):
        best = in_turns(subjects, rounds, clock, warm_up=0, reduce=min)
        yield Row(
            what=f"{PARTIALS:,} partial results of a job",
            unit=unit,
            ours=best["hubsmith"],
            peer="gradio_client",
            theirs=best["gradio_client"],
        )


def at_once(package: Any, url: str, rounds: int) -> Iterator[Row]:
    """Measure many concurrent calls of one client, compared with a few at a time."""

    async def run(at_a_time: int) -> None:
        gate = asyncio.Semaphore(at_a_time)
        async with package.AsyncApp(url) as space:

            async def call(number: int) -> None:
                async with gate:
                    expect(await space.half(float(number)), number / 2)

            await asyncio.gather(*(call(number) for number in range(CONCURRENT)))

    subjects: dict[str, Callable[[], Any]] = {
        name: lambda limit=limit: asyncio.run(run(limit))
        for name, limit in (("all", CONCURRENT), ("few", AT_A_TIME))
    }
    best = in_turns(subjects, rounds, time.perf_counter, warm_up=0, reduce=min)
    yield Row(
        what=f"{CONCURRENT:,} calls at once",
        unit="s",
        ours=best["all"],
        peer=f"{AT_A_TIME} at a time",
        theirs=best["few"],
        target=1.25,
        why="the pool of httpx looks at all its connections for each request",
    )


def first_results(url: str, folder: Path, rounds: int) -> Iterator[Row]:
    """Measure the time from the start of a process to its first result."""
    with generated_client(url, folder, "bench_first"):
        pass

    def run(code: str) -> None:
        command = [sys.executable, "-c", code.format(url=url)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
        expect(float(done.stdout), 2.0)

    subjects = {name: functools.partial(run, code) for name, code in FIRST.items()}
    taken = in_turns(subjects, rounds, time.perf_counter)
    yield Row(
        what="a process to its first result",
        unit="s",
        ours=taken["hubsmith"],
        peer="gradio_client",
        theirs=taken["gradio_client"],
    )


def rows(*, quick: bool) -> Iterator[Row]:
    """Run all measurements against one Gradio server."""
    import gradio_client

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            serve(sys.executable, APP, folder) as url,
            generated_client(url, folder, "bench_spaces") as package,
            package.App(url) as space,
            contextlib.closing(BareRequests(url)) as bare,
            contextlib.closing(
                gradio_client.Client(url, verbose=False, analytics_enabled=False)
            ) as reference,
        ):
            yield from calls(space, reference, bare, 40 if quick else 200)
            yield from jobs(space, reference, 2 if quick else 5)
            yield from partials(space, reference, 1 if quick else 3)
            yield from at_once(package, url, 1 if quick else 3)
            yield from first_results(url, folder, 3 if quick else 9)
