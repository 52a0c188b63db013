"""How long a trivial call takes, beside gradio_client and beside bare httpx: `make bench-calls`.

All three call the same endpoint of one server, in turns. The aims are printed beside the ratios,
they are not assertions.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gradio_client
import httpx

from tests.support.generated_client import generated_client
from tests.support.gradio_server import serve

ROOT = Path(__file__).resolve().parent.parent
WARM_UP = 10
CALLS = 100
SESSION = "bare"
AIM_GRADIO_CLIENT = 0.12
AIM_BARE = 1.05
JOBS = 200
ROUNDS = 5
AIM_JOBS = 0.3


class BareRequests:
    """The two requests of a call and nothing around them, on connections that are kept alive."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(timeout=60)
        config = self.http.get(f"{url}/config").json()
        self.base = url + config["api_prefix"]
        self.fn_index = next(
            dependency["id"]
            for dependency in config["dependencies"]
            if dependency["api_name"] == "half"
        )

    def close(self) -> None:
        self.http.close()

    def call(self, number: float) -> tuple[Any, float]:
        """Return the result, and the moment at which it was there."""
        body = {"data": [number], "fn_index": self.fn_index, "session_hash": SESSION}
        self.http.post(f"{self.base}/queue/join", json=body).raise_for_status()
        result, moment = None, 0.0
        stream = f"{self.base}/queue/data?session_hash={SESSION}"
        with self.http.stream("GET", stream) as events:
            for line in events.iter_lines():
                # The rest of the stream is read after the clock has stopped, to keep the connection.
                if not moment and line.startswith("data:"):
                    message = json.loads(line[5:])
                    if message["msg"] == "process_completed":
                        result, moment = message["output"]["data"][0], time.perf_counter()
        return result, moment


def measure(space: Any, reference: Any, bare: BareRequests) -> dict[str, list[float]]:
    """Return the seconds of every call by who made it."""

    def by_hubsmith(number: float) -> tuple[Any, float]:
        return space.half(number), time.perf_counter()

    def by_gradio_client(number: float) -> tuple[Any, float]:
        return reference.predict(number, api_name="/half"), time.perf_counter()

    callers: dict[str, Callable[[float], tuple[Any, float]]] = {
        "hubsmith": by_hubsmith,
        "gradio_client": by_gradio_client,
        "bare httpx": bare.call,
    }
    names = list(callers)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(WARM_UP + CALLS):
        names.append(names.pop(0))  # Nobody is always the first.
        for name in names:
            start = time.perf_counter()
            result, end = callers[name](float(number))
            if result != number / 2:
                raise RuntimeError(f"{name} answered {result!r} to {number}")
            if number >= WARM_UP:
                seconds[name].append(end - start)
    return seconds


def measure_jobs(space: Any, reference: Any) -> dict[str, float]:
    """Return the seconds that many jobs at once take, from the first one sent to the last result."""

    def by_hubsmith() -> list[Any]:
        return [space.jobs.half(float(number)) for number in range(JOBS)]

    def by_gradio_client() -> list[Any]:
        return [reference.submit(float(number), api_name="/half") for number in range(JOBS)]

    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, submit in (("hubsmith", by_hubsmith), ("gradio_client", by_gradio_client)):
            start = time.perf_counter()
            try:
                results = [job.result() for job in submit()]
            except concurrent.futures.CancelledError:
                continue  # gradio_client loses its stream now and then with so many jobs.
            taken = time.perf_counter() - start
            if results != [number / 2 for number in range(JOBS)]:
                raise RuntimeError(f"{name} answered {results[:3]} ...")
            best[name] = min(taken, best.get(name, taken))
    return best


def report_jobs(best: dict[str, float]) -> None:
    """Print how long many jobs take, and the ratio beside its aim."""
    ratio = best["hubsmith"] / best.get("gradio_client", float("nan"))
    verdict = "ok" if ratio <= AIM_JOBS else "OVER"
    print(f"\n{JOBS} jobs at once, the best of {ROUNDS} rounds")
    for name, taken in best.items():
        print(f"{name:<16}{taken:8.2f} s")
    print(f"hubsmith / {'gradio_client':<16}{ratio:8.3f}   aim {AIM_JOBS:g}   {verdict}")


def report(seconds: dict[str, list[float]]) -> None:
    """Print the medians, and both ratios beside their aims."""
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    print(f"{CALLS} calls of each, in turns, on one local Gradio server")
    for name, median in medians.items():
        tenths = statistics.quantiles(seconds[name], n=10)
        print(
            f"{name:<16}median {median * 1e3:8.2f} ms   "
            f"10 % {tenths[0] * 1e3:8.2f} ms   90 % {tenths[-1] * 1e3:8.2f} ms"
        )
    for name, aim in (("gradio_client", AIM_GRADIO_CLIENT), ("bare httpx", AIM_BARE)):
        ratio = medians["hubsmith"] / medians[name]
        verdict = "ok" if ratio <= aim else "OVER"
        print(f"hubsmith / {name:<16}{ratio:8.3f}   aim {aim:g}   {verdict}")


def main() -> None:
    """Measure and print."""
    os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"  # gradio_client sends it to any server.
    app = ROOT / "tests" / "versions" / "app.py"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            serve(sys.executable, app, folder) as url,
            generated_client(url, folder, "bench_calls") as package,
            package.App(url) as space,
            contextlib.closing(BareRequests(url)) as bare,
            contextlib.closing(
                gradio_client.Client(url, verbose=False, analytics_enabled=False)
            ) as reference,
        ):
            report(measure(space, reference, bare))
            report_jobs(measure_jobs(space, reference))


if __name__ == "__main__":
    main()
