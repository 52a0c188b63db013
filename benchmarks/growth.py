"""The cost of a hundred times as many endpoints, results or events, which should be linear.

The server runs in a separate process, so that the CPU time of this one is that of the client.
"""

from __future__ import annotations

import functools
import multiprocessing
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.rows import Row, in_turns

SMALL, LARGE = 20, 2000
TARGET = 125.0  # Linear growth would be 100, quadratic growth 10,000.


def _serve(pipe: Connection, endpoints: int) -> None:
    """Run a Space whose jobs send as many events and numbers as their arguments say."""
    from tests.waits import scripted_space
    from tests.waits.scripted_http import Loopback

    for number in range(endpoints - len(scripted_space.ENDPOINTS)):
        scripted_space.ENDPOINTS[f"/more_{number}"] = ("text", "times")

    def script(data: list[Any]) -> scripted_space.Script:
        events, numbers = data[:2]
        yield from (scripted_space.partial(number) for number in range(events))
        yield scripted_space.completed([f"number {number}" for number in range(numbers)])

    space = scripted_space.ScriptedSpace(script)
    with Loopback().running() as loopback:
        loopback.start(space)
        pipe.send(space.url)
        pipe.recv()


@contextmanager
def space_of(endpoints: int) -> Generator[str, None, None]:
    """Run a Space with this many endpoints; yield its URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, endpoints), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(10)


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure in CPU time, each compared with a hundredth of the size."""
    from hubsmith import Client

    def connect(url: str) -> None:
        with Client(url) as client:
            client.predict(0, 0, api_name="/echo")

    def iterate(client: Client, events: int) -> None:
        if sum(1 for _ in client.submit(events, 0, api_name="/echo")) < events:
            raise RuntimeError("events are missing")

    def answer(client: Client, numbers: int) -> None:
        if len(client.predict(0, 50 * numbers, api_name="/echo")) != 50 * numbers:
            raise RuntimeError("results are missing")

    with space_of(SMALL) as small, space_of(LARGE) as large, Client(small) as client:
        connected = [functools.partial(connect, url) for url in (small, large)]
        iterated = [functools.partial(iterate, client, events) for events in (SMALL, LARGE)]
        answered = [functools.partial(answer, client, numbers) for numbers in (SMALL, LARGE)]
        measured: dict[str, list[Callable[[], None]]] = {
            f"the first call, {LARGE:,} endpoints": connected,
            f"{LARGE:,} partial results of a job": iterated,
            f"{50 * LARGE:,} strings in an answer": answered,
        }
        for what, subjects in measured.items():
            names = ("small", "large")
            pairs = dict(zip(names, subjects, strict=True))
            taken = in_turns(pairs, 3 if quick else 9, time.process_time)
            yield Row(
                what=what,
                unit="CPU ms",
                ours=taken["large"] * 1e3,
                peer="a hundredth of it",
                theirs=taken["small"] * 1e3,
                target=TARGET,
            )
