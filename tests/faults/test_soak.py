"""Thousands of calls, jobs, cancels and failures at random, through the proxy: nothing is left.

`make soak` makes 10,000, other runs a few. The choices come from a seed, which a failure names.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import random
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AsyncClient, Client, File, HubsmithError, Retries

from tests.faults.cells import SPACE_PATHS
from tests.faults.fault_proxy import FaultProxy, Plan, Proxies
from tests.faults.table_of_faults import FAULTS, Fault
from tests.support.leaks import left_behind, what_is_open

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("HUBSMITH_SOAK_SEED", "11"))
DEEDS = int(os.environ.get("HUBSMITH_SOAK", "200"))
PER_CLIENT, AT_ONCE, SOME_AT_ONCE = 20, 5, 4
FAULTY = 0.15  # The share of exchanges that something happens to.
WORDS = ("/echo", "/parts", "/report", "/refuse", "/upper", "/last")
WAYS = ("call", "result", "iterate", "cancel", "wait briefly", "forget")
LIMIT = 1.0
_FAULTS = [one for one in FAULTS if not one.is_heavy and one.keeps_port is True]
_OPTIONS: dict[str, Any] = {
    "retries": Retries(attempts=2, base=0.01, longest=0.1),
    "timeout": LIMIT,
}
_EXPECTED = (HubsmithError, asyncio.TimeoutError)


class Soak:
    """Does things at random, and notes what came of them."""

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        self.came: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.longest = 0.0
        # Threads draw at the same time: a count that two of them read alike would name two runs as one.
        self._numbers = itertools.count(1)
        self._draw = random.Random(SEED)
        for pattern in SPACE_PATHS.values():
            proxy.plans.append(_Chance(pattern, random.Random(f"{SEED}{pattern}")))

    def draw(self) -> tuple[str, str, str]:
        """Choose a way, an endpoint and the name of a run."""
        word = self._draw.choice(WORDS)
        ways = WAYS if word != "/last" else ("cancel", "wait briefly", "forget")
        return self._draw.choice(ways), word, f"s{next(self._numbers)}"

    def note(self, deed: tuple[str, str, str], start: float, value: Any) -> None:
        """Note what came of a deed."""
        _, word, name = deed
        self.longest = max(self.longest, time.monotonic() - start)
        if isinstance(value, BaseException):
            self.came[type(value).__name__] += 1
            if not isinstance(value, _EXPECTED):
                self.wrong.append(f"{deed}: {value!r}")
            return
        self.came["right"] += 1
        good = {"/upper": name.upper().encode(), "/parts": f"{name} 2"}.get(word, name)
        if value is not None and value != good:
            self.wrong.append(f"{deed}: {str(value)[:200]!r}")

    def block(self) -> None:
        """Make calls from several threads, which share a client that ends with jobs under way."""

        def work(client: Client, deeds: list[tuple[str, str, str]]) -> None:
            for deed in deeds:
                start = time.monotonic()
                try:
                    value = _do(client, *deed)
                except BaseException as error:
                    value = error
                self.note(deed, start, value)

        with Client(self.proxy.url, **_OPTIONS) as client:
            client._driver.origins.silence = LIMIT
            each = [[self.draw() for _ in range(PER_CLIENT // AT_ONCE)] for _ in range(AT_ONCE)]
            threads = [threading.Thread(target=work, args=(client, deeds)) for deeds in each]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    async def gather(self) -> None:
        """Make calls in tasks, all those of a client at once."""

        async def work(client: AsyncClient) -> None:
            deed, start = self.draw(), time.monotonic()
            try:
                value = await _ado(client, *deed)
            except BaseException as error:
                value = error
            self.note(deed, start, value)

        async with AsyncClient(self.proxy.url, **_OPTIONS) as client:
            client._driver.origins.silence = LIMIT
            await asyncio.gather(*(work(client) for _ in range(PER_CLIENT)))
        await asyncio.sleep(0.05)  # Generators that the collector finds are closed by tasks.

    def run(self, deeds: int) -> None:
        for first in range(0, deeds, 2 * SOME_AT_ONCE * PER_CLIENT):
            size = min(SOME_AT_ONCE, -(-(deeds - first) // (2 * PER_CLIENT)))
            threads = [threading.Thread(target=self.block) for _ in range(size)]
            for thread in threads:
                thread.start()
            asyncio.run(self._several(size))
            for thread in threads:
                thread.join()

    async def _several(self, size: int) -> None:
        await asyncio.gather(*(self.gather() for _ in range(size)))
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            self.wrong.append(f"tasks are left: {left}")


class _Chance(Plan):
    """Does now and then a fault of any kind; seldom one that lasts."""

    def __init__(self, pattern: str, draw: random.Random) -> None:
        super().__init__(pattern, self._act, float("inf"))
        self._draw = draw
        # What a file holds is not known, and its reading has no limit of time.
        is_file = pattern == SPACE_PATHS["download"]
        fit = [one for one in _FAULTS if not (is_file and (one.is_content or one.drips))]
        self._slow = [one for one in fit if one.is_slow]
        self._quick = [one for one in fit if not one.is_slow]

    async def _act(self, exchange: Any) -> None:
        chance = self._draw.random()
        if chance > FAULTY:
            return await exchange.relay()
        kind = self._slow if chance < FAULTY / 10 else self._quick
        fault: Fault = self._draw.choice(kind)
        return await fault.act(exchange)


def _arguments(word: str, name: str) -> list[Any]:
    return [File(name.encode(), name="a.txt"), name] if word == "/upper" else [name]


def _do(client: Client, way: str, word: str, name: str) -> Any:
    args = _arguments(word, name)
    if way == "call":
        value = client.predict(*args, api_name=word)
    else:
        job = client.submit(*args, api_name=word)
        match way:
            case "result":
                value = job.result(timeout=LIMIT)
            case "iterate":
                value = list(job)[-1]
            case "wait briefly":
                value = job.result(timeout=0.01)
            case "cancel":
                job.cancel()
                value = None
            case _:
                value = None
    return value.read() if isinstance(value, File) else value


async def _ado(client: AsyncClient, way: str, word: str, name: str) -> Any:
    args = _arguments(word, name)
    if way == "call":
        value = await client.predict(*args, api_name=word)
    else:
        job = await client.submit(*args, api_name=word)
        match way:
            case "result":
                value = await job.result(timeout=LIMIT)
            case "iterate":
                value = [part async for part in job][-1]
            case "wait briefly":
                value = await asyncio.wait_for(job.result(), 0.01)
            case "cancel":
                await job.cancel()
                value = None
            case _:
                value = None
    return await value.aread() if isinstance(value, File) else value


def _memory() -> int:
    """Count the blocks of memory in use."""
    gc.collect()
    return sys.getallocatedblocks()


def test_nothing_is_left(
    app: str, runs: Path, proxies: Proxies, show: Callable[[Any], None]
) -> None:
    proxy = FaultProxy(app)
    proxies.start(proxy)
    before = what_is_open()
    soak = Soak(proxy)
    soak.run(min(DEEDS // 4, 400))  # What is made once and kept is made now.
    warm = left_behind(before, seconds=10)
    proxy.asked.clear()
    proxy.last.clear()
    soak.came.clear()
    blocks, start = _memory(), time.monotonic()
    soak.run(DEEDS)
    seconds = time.monotonic() - start
    left = left_behind(before, seconds=10)
    proxy.asked.clear()
    proxy.last.clear()
    grown = _memory() - blocks
    counts = Counter(line for line in runs.read_text(encoding="utf-8").split() if line[0] == "s")
    # Gradio may begin a generator anew when it is cancelled, whoever asked for that: what counts is
    # that it did not get the job twice.
    twice = [name for name, times in proxy.joined.items() if times > 1]
    anew = sum(times > proxy.joined[name] for name, times in counts.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    show(
        f"soak, seed {SEED}: {soak.came.total()} deeds in {seconds:.0f} s: {soak.came['right']} right, "
        f"{soak.came.total() - soak.came['right'] - len(soak.wrong)} expected errors; "
        f"{len(soak.wrong)} wrong, {len(twice)} sent twice, {anew} begun anew by Gradio, {grown} blocks of memory more, "
        f"longest {soak.longest:.1f} s, peak {peak} MiB, "
        f"left: {left or 'nothing'}"
    )
    assert not soak.wrong, f"seed {SEED}: {soak.wrong[:20]}"
    assert not twice
    assert anew <= DEEDS // 100
    assert not warm
    assert not left
    assert grown < 2 * DEEDS + 2000  # A job that is kept has dozens of them.
