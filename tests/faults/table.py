"""Runs cells of the table side by side, and judges what came of them."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import gc
import itertools
import sys
import threading
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubsmith import AsyncClient, AsyncInferenceClient, Client, InferenceClient, Retries
from hubsmith_runtime import HubsmithError

from tests.faults.cells import BEFORE, CHAT_PATHS, POLLED_PATHS, SPACE_PATHS, TIMEOUT, Cell, Clock
from tests.faults.fault_proxy import FaultProxy, Plan, Proxies
from tests.support.leaks import left_behind, what_is_open
from tests.waits.scripted_http import Answer, Asked
from tests.waits.scripted_inference import ScriptedInference

GRACE = 0.5
HUNG = 12.0  # Seconds after which nobody waits for a cell any more.
UNLIMITED = 5.0  # Seconds that a few attempts may take, where the caller sets no limit.
AT_ONCE = 40
_MOST_AGAIN = 60  # More than that is not the machine's fault.
_RETRIES = Retries(attempts=2, base=0.05, longest=0.2)
_SETTLE_SECONDS = 6.0  # In which the background of closed clients ends.
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
VERDICTS = ("hung", "raw", "late", "wrong", "leaked", "twice")


class Inference(ScriptedInference):
    """The scripted server, which names the address that it was asked at, as behind a proxy."""

    def answer(self, asked: Asked) -> Answer:
        self.url = f"http://{asked.headers['host']}"
        if asked.path.startswith("/media/"):
            return Answer(GIF, headers={"content-type": "image/gif"})
        return super().answer(asked)


@dataclass(eq=False)
class Outcome:
    """How a call ended: its slowest step, and a value or an error."""

    cell: Cell
    seconds: float = HUNG
    value: Any = None
    is_over: bool = False

    def end(self, clock: Clock, value: Any) -> None:
        self.seconds, self.value, self.is_over = clock.longest, value, True

    @property
    def verdict(self) -> str:
        limit = TIMEOUT + GRACE if self.cell.caller.has_limit else UNLIMITED
        if not self.is_over:
            return "hung"
        if isinstance(self.value, BaseException) and not isinstance(self.value, HubsmithError):
            return "raw"
        if self.seconds > limit:
            return "late"
        if isinstance(self.value, HubsmithError):
            return "error"
        return "right" if self.cell.is_right(self.value) else "wrong"

    def __str__(self) -> str:
        shown = f"{type(self.value).__name__}: {self.value}"
        return f"{self.verdict}: {self.cell}: {shown[:300]!r} after {self.seconds:.1f} s"


@dataclass
class Figures:
    """What came of many cells."""

    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    leaks: list[str] = field(default_factory=list[str])
    twice: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    def bad(self) -> list[str]:
        """Return a line for all that should not be."""
        wrong = [str(one) for one in self.outcomes if one.verdict not in ("right", "error")]
        return [*wrong, *self.leaks, *self.twice]

    def __str__(self) -> str:
        counts = Counter(outcome.verdict for outcome in self.outcomes)
        counts |= Counter({"leaked": len(self.leaks), "twice": len(self.twice)})
        worst = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
        tried = f"{len(self.outcomes)} cells in {self.seconds:.0f} s"
        return f"{tried}: {counts['right']} right, {counts['error']} typed errors; {worst}"


class Table:
    """Runs cells.

    Args:
        proxies: Runs what stands in front of the servers.
        space: The URL of the Gradio app.
        inference: The URL of a server of models.
        hub: The proxy in front of it that the Hub's address leads to.
        runs: The file in which the app notes its runs.
    """

    def __init__(
        self, proxies: Proxies, space: str, inference: str, hub: FaultProxy, runs: Path
    ) -> None:
        self._proxies, self._space, self._inference = proxies, space, inference
        self._hub, self._runs = hub, runs
        self._keys = (f"c{number}" for number in itertools.count())

    def run(self, cells: Sequence[Cell]) -> Figures:
        """Run cells, and those that were late once more, in case the machine was busy."""
        figures, start = Figures(), time.monotonic()
        for batch in _batches(cells):
            self._run_batch(batch, figures)
        late = [one for one in figures.outcomes if one.verdict in ("late", "hung")][:_MOST_AGAIN]
        figures.outcomes = [one for one in figures.outcomes if one not in late]
        for batch in _batches([outcome.cell for outcome in late], at_once=4):
            self._run_batch(batch, figures)
        figures.twice = self._twice(figures)
        figures.seconds = time.monotonic() - start
        return figures

    def _twice(self, figures: Figures) -> list[str]:
        noted = self._runs.read_text(encoding="utf-8") if self._runs.exists() else ""
        runs = Counter(noted.split())
        return [
            f"twice: {outcome.cell}: {runs[outcome.cell.key]} runs"
            for outcome in figures.outcomes
            if runs[outcome.cell.key] > 1
        ]

    def _run_batch(self, batch: Sequence[Cell], figures: Figures) -> None:
        gc.collect()  # What another test left to the collector is not of this batch.
        before = what_is_open()
        cells = [dataclasses.replace(cell, key=next(self._keys)) for cell in batch]
        proxies = {cell.key: self._proxy(cell) for cell in cells}
        outcomes = [Outcome(cell) for cell in cells]
        if cells[0].caller.is_async:
            left = asyncio.run(self._gather(outcomes, proxies))
        else:
            left = self._block(outcomes, proxies)
        self._proxies.stop(proxy for proxy in proxies.values() if proxy is not self._hub)
        self._hub.plans.clear()
        figures.outcomes += outcomes
        more = left_behind(before, _SETTLE_SECONDS)
        if more or left:
            what = f"{more} {left} {_stacks()}"
            figures.leaks.append(f"leaked: {what} after {', '.join(map(str, cells))[:2000]}")

    def _proxy(self, cell: Cell) -> FaultProxy:
        fault, paths = cell.fault, {**SPACE_PATHS, **CHAT_PATHS, **POLLED_PATHS}
        pattern = paths[cell.exchange].format(cell.key)
        is_shared = cell.exchange in POLLED_PATHS
        proxy = self._hub if is_shared else FaultProxy(self._upstream(cell))
        if fault.keeps_port is True:
            proxy.plans.append(Plan(pattern, fault.act, fault.times))
        else:
            proxy.refuses_after = BEFORE[cell.exchange]
            proxy.seconds_away = float("inf") if fault.keeps_port is False else 0.1
        if not is_shared:
            self._proxies.start(proxy)
        return proxy

    def _upstream(self, cell: Cell) -> str:
        return self._space if cell.is_space else self._inference

    def _client(self, cell: Cell, proxy: FaultProxy) -> Any:
        options: dict[str, Any] = {"timeout": cell.limit, "retries": _RETRIES}
        is_async = cell.caller.is_async
        if cell.is_space:
            client = (AsyncClient if is_async else Client)(proxy.url, **options)
            if cell.exchange in ("upload", "download"):
                client._driver.origins.silence = 1.0  # Else 60, without a timeout.
            return client
        kind: Any = AsyncInferenceClient if is_async else InferenceClient
        if cell.exchange in POLLED_PATHS:
            options |= {"provider": "replicate", "token": "hf_test"}
            return kind(f"org/{cell.key}", **options)
        return kind(proxy.url, **options)

    def _block(self, outcomes: list[Outcome], proxies: dict[str, FaultProxy]) -> str:
        def run(outcome: Outcome) -> None:
            clock, cell = Clock(), outcome.cell
            with self._client(cell, proxies[cell.key]) as client:
                try:
                    value = cell.caller.run(client, cell, clock)
                except BaseException as error:
                    value = error.with_traceback(None)
            outcome.end(clock, value)

        threads = [
            threading.Thread(target=run, args=(outcome,), daemon=True, name=str(outcome.cell))
            for outcome in outcomes
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + HUNG
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return ""

    async def _gather(self, outcomes: list[Outcome], proxies: dict[str, FaultProxy]) -> str:
        async def run(outcome: Outcome) -> None:
            clock, cell = Clock(), outcome.cell
            async with self._client(cell, proxies[cell.key]) as client:
                try:
                    value = await cell.caller.run(client, cell, clock)
                except asyncio.CancelledError:
                    raise
                except BaseException as error:
                    value = error.with_traceback(None)
            outcome.end(clock, value)

        tasks = [asyncio.ensure_future(run(outcome)) for outcome in outcomes]
        _, hung = await asyncio.wait(tasks, timeout=HUNG)
        for task in hung:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        del tasks, hung
        gc.collect()
        await asyncio.sleep(0.1)  # Generators that the collector finds are closed by tasks.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        return f"{len(left)} tasks: {left}" if left else ""


def _batches(cells: Iterable[Cell], at_once: int = AT_ONCE) -> Iterator[list[Cell]]:
    """Put together what may run at once, and takes about as long."""
    kinds: dict[tuple[bool, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        kinds[cell.fault.is_heavy, cell.fault.is_slow, cell.caller.is_async].append(cell)
    for (is_heavy, _, _), alike in sorted(kinds.items(), key=lambda kind: kind[0]):
        size = 1 if is_heavy else at_once
        for first in range(0, len(alike), size):
            yield alike[first : first + size]


def _stacks() -> list[str]:
    """Return where each thread of a client is."""
    frames = sys._current_frames()
    threads = [thread for thread in threading.enumerate() if thread.name == "hubsmith"]
    return [
        " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in stack[::-1][:12])
        for stack in (
            traceback.extract_stack(frames[thread.ident])
            for thread in threads
            if thread.ident in frames
        )
    ]
