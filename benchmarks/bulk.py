"""Throughput and cost of runs with many rows: `make bench-bulk`.

Calls three servers with 1 to 64 concurrent calls, alternating with `"auto"`; a caller that does
nothing shows the cost of the engine itself. Targets are printed next to the figures, and are not
assertions. Draws docs/pictures/bulk-light.svg and bulk-dark.svg.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hubsmith import Client, InferenceClient, tasks
from hubsmith_bulk.engine import Engine
from hubsmith_bulk.options import MapOptions, Settings

from tests.bulk.chat_server import chat_server
from tests.support.gradio_server import serve

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SWEEP = (1, 2, 4, 8, 16, 32, 64)
SECONDS = float(os.environ.get("HUBSMITH_BENCH_SECONDS", "2.5"))  # Per slice.
ROUNDS = int(os.environ.get("HUBSMITH_BENCH_ROUNDS", "5"))
WARM_UP, WAITING = float(os.environ.get("HUBSMITH_BENCH_WARM_UP", "20")), 160
_FEWEST = 8  # Results per slice at least, however long it takes.
AIM_SHARE, AIM_MICROSECONDS, AIM_MEGABYTES = 0.95, 300, 8
SMALL, LARGE = 1_000, int(os.environ.get("HUBSMITH_BENCH_ROWS", "1000000"))

Start = Callable[[Iterator[Any], MapOptions], Any]


@dataclass
class Measured:
    """One server: results per second by concurrency, and the steps of `"auto"`."""

    name: str
    fixed: dict[int, float] = field(default_factory=dict[int, float])
    auto: float = 0.0
    path: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])

    @property
    def best(self) -> float:
        return max(self.fixed.values())


def rate_of(rows: Iterator[Any]) -> float:
    """Return results per second, measured over the last three quarters of a slice."""
    begin = time.monotonic()
    first, last, count = begin + SECONDS / 4, 0.0, 0
    while last < begin + SECONDS or count < _FEWEST:
        next(rows).value  # noqa: B018  # Raises the error of a failed row.
        last = time.monotonic()
        if last >= first:
            # The clock starts with the first result that counts.
            first, count = (last, 0) if not count else (first, count)
            count += 1
    return (count - 1) / (last - first)


def measure(name: str, start: Start, row: Callable[[int], Any]) -> Measured:
    """Measure each concurrency alternating with `"auto"`, because the load of machines varies."""
    measured = Measured(name)

    def rows() -> Iterator[Any]:
        number = 0
        while True:
            yield row(number)
            number += 1

    rates: dict[int | str, list[float]] = {}
    begin = time.monotonic()
    with start(rows(), {"concurrency": "auto"}) as auto:
        results = iter(auto)
        taken = 0
        while (seconds := time.monotonic() - begin) < WARM_UP:
            next(results)
            taken += 1
        measured.path = [(when - begin, limit) for when, limit in auto.concurrency_steps]
        for _ in range(ROUNDS):
            # Wait until the result buffer of "auto" is full, so that it pauses.
            time.sleep(0.5 + WAITING / (taken / seconds))
            for number in SWEEP:
                with start(rows(), {"concurrency": number}) as run:
                    rates.setdefault(number, []).append(rate_of(iter(run)))
            rates.setdefault("auto", []).append(rate_of(results))
        last = auto.summary().concurrency
    print(f"{name}: results per second, medians of {ROUNDS} rounds")
    for number in SWEEP:
        measured.fixed[number] = statistics.median(rates[number])
        print(f"  {number:>3} at a time {measured.fixed[number]:>9.1f}")
    measured.auto = statistics.median(rates["auto"])
    share = measured.auto / measured.best
    verdict = "ok" if share >= AIM_SHARE else "LOW"
    figures = f"{measured.auto:>9.1f}   {share:.3f}   target {AIM_SHARE}   {verdict}"
    print(f"  auto, {last:>2}      {figures}")
    path = " ".join(f"{when:.1f}s:{limit}" for when, limit in measured.path[:60])
    print(f"  path of auto  {path}\n", flush=True)
    return measured


def chat(seconds: float, most: int | None, name: str) -> Measured:
    def row(number: int) -> Any:
        messages = [{"role": "user", "content": f"row {number}"}]
        return tasks.ChatCompletionRequest(messages=messages)

    with chat_server(seconds, most) as url, InferenceClient(url) as client:
        return measure(name, lambda rows, options: client.map(rows, **options), row)


def queue(name: str) -> Measured:
    app = ROOT / "tests" / "bulk" / "counting_app.py"
    environment = {"APP_SECONDS": "0.05", "APP_WORKERS": "1", "APP_MAX_SIZE": "20"}
    with tempfile.TemporaryDirectory() as folder:
        served = serve(sys.executable, app, Path(folder), **environment)
        with served as url, Client(url) as client:
            return measure(
                name,
                lambda rows, options: client.map("/double", rows, **options),
                lambda number: {"number": number + 100},
            )


class Counting:
    """A caller that answers immediately."""

    source = "counting"

    def check(self, content: Any) -> None:
        pass

    def endpoint_of(self, content: Any) -> str:
        return "/count"

    async def digest_of(self, content: Any) -> str:
        return "sha256:0"

    async def call(self, content: Any) -> tuple[Any, int | None]:
        await asyncio.sleep(0)
        return content["number"], None

    async def fetch(self, file: Any) -> None:
        pass

    async def close(self) -> None:
        pass


def own_cost(count: int, checkpoint: Path | None) -> tuple[float, float, float]:
    """Return CPU microseconds per row, megabytes in use at the end, and journal bytes per row."""
    settings = Settings.of({"concurrency": 32, "checkpoint": checkpoint})
    engine = Engine(Counting(), ({"number": number} for number in range(count)), settings)

    async def drain() -> int:
        return sum([1 async for _ in _counted(engine.results())])

    async def _counted(results: Any) -> Any:
        last = 0
        async for done in results:
            last += done.value >= 0
        yield last

    begin = time.process_time()
    asyncio.run(drain())
    cost = (time.process_time() - begin) / count * 1e6
    assert engine.summary().done == count
    size = checkpoint.stat().st_size / count if checkpoint is not None else 0.0
    return cost, memory(), size


def memory() -> float:
    """Return the resident memory of this process in megabytes."""
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def engine_figures() -> None:
    """Print the cost of the engine without a server. Run this before anything else is measured."""
    with tempfile.TemporaryDirectory() as folder:
        own_cost(SMALL, Path(folder) / "warm.jsonl")
        plain, before, _ = own_cost(SMALL * 10, None)
        small, after_small, size = own_cost(SMALL, Path(folder) / "small.jsonl")
        begin = time.monotonic()
        large, after_large, size = own_cost(LARGE, Path(folder) / "large.jsonl")
        begin_resume = time.monotonic()
        own = Settings.of({"concurrency": 32, "checkpoint": Path(folder) / "large.jsonl"})
        engine = Engine(Counting(), ({"number": number} for number in range(LARGE)), own)

        async def resume() -> None:
            async for _ in engine.results():
                raise AssertionError("a row came twice")

        asyncio.run(resume())
        resumed = time.monotonic() - begin_resume
    del before, small
    cost = max(plain, large)
    print(f"the engine alone, {LARGE:,} rows with a journal: {begin_resume - begin:.0f} s")
    for what, value, aim in (
        ("CPU microseconds a row", cost, AIM_MICROSECONDS),
        (f"megabytes more than with {SMALL:,} rows", after_large - after_small, AIM_MEGABYTES),
    ):
        print(f"  {what:<36}{value:>9.1f}   target {aim}   {'ok' if value <= aim else 'OVER'}")
    print(f"  {'bytes of the journal a row':<36}{size:>9.1f}")
    print(f"  {'seconds to skip them all at resume':<36}{resumed:>9.1f}\n", flush=True)


def main(wanted: list[str]) -> None:
    """Run the named measurements, or all of them."""
    if not wanted or "engine" in wanted:
        engine_figures()
    measured: list[Measured] = []
    if not wanted or "fast" in wanted:
        measured.append(chat(0.02, None, "fast chat server"))
    if not wanted or "queue" in wanted:
        measured.append(queue("Gradio, one worker, queue of 20"))
    if not wanted or "limited" in wanted:
        measured.append(chat(0.05, 8, "chat server, status 429 above 8"))
    if len(measured) == 3:
        from benchmarks.bulk_picture import drawn  # In this folder.

        for theme in ("light", "dark"):
            (PICTURES / f"bulk-{theme}.svg").write_text(drawn(measured, theme), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
