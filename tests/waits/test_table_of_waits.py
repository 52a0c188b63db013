"""Every wait of a call, stalled or dripping: the call is over in time, with the right error.

`timeout` bounds the whole of a call with one result, and the wait for each next item of a stream or
an iterated job. Many rows run at once, each in a thread and again with asyncio. One that was wrong
runs once more by itself, in case the machine was busy.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hubsmith import AsyncClient, AsyncInferenceClient, Client, InferenceClient
from hubsmith_runtime import InferenceTimeoutError

from tests.waits.scripted_http import Loopback, ScriptedServer
from tests.waits.scripted_inference import ScriptedInference
from tests.waits.scripted_space import ScriptedSpace
from tests.waits.table_of_waits import SUBMIT, TIMEOUT, Row, inference_rows, space_rows

pytestmark = pytest.mark.slow

GRACE = 0.5
HUNG = 5.0  # Seconds after which nobody waits for a row any more.
AT_ONCE = 26
MOST_AGAIN = 8  # More than that is not the machine's fault.

SPACE_ROWS = list(space_rows())
ROWS = {row.name: row for row in [*SPACE_ROWS, *inference_rows()]}


@dataclass
class Outcome:
    """How a call ended: after so many seconds, with a value or an error."""

    seconds: float = HUNG
    value: Any = None

    def is_right(self, row: Row) -> bool:
        """Whether it is what the table says."""
        if row.good is not None:
            return self.value == row.good
        return isinstance(self.value, InferenceTimeoutError) and self.seconds <= TIMEOUT + GRACE


class Table:
    """Runs rows, each against a server of its own."""

    def __init__(self, loopback: Loopback, hub: ScriptedServer) -> None:
        self._loopback = loopback
        self._hub = hub

    def _client(self, row: Row, kind: tuple[Callable[..., Any], Callable[..., Any]]) -> Any:
        is_space, server = row in SPACE_ROWS, self._hub
        if not row.source:
            server = ScriptedSpace(lambda _: row.script()) if is_space else ScriptedInference()
            self._loopback.start(server)
        for path, plan in row.plans.items():
            server.plan(path, plan)
        token = {"token": "hf_test"} if row.source else {}
        source = row.source or server.url
        return kind[not is_space](source, timeout=TIMEOUT, **token, **row.options)

    def block(self, rows: Sequence[Row]) -> dict[str, Outcome]:
        """Run rows at once, each in a thread."""
        outcomes = {row.name: Outcome() for row in rows}

        def run(row: Row) -> None:
            with self._client(row, (Client, InferenceClient)) as client:
                start = time.monotonic()
                try:
                    called = SUBMIT[0](client) if row.is_job else client
                    start = time.monotonic()
                    value = row.calls[0](called)
                except Exception as error:
                    value = error
                outcomes[row.name] = Outcome(time.monotonic() - start, value)

        threads = [threading.Thread(target=run, args=(row,), daemon=True) for row in rows]
        for thread in threads:
            thread.start()
        until = time.monotonic() + HUNG
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return outcomes

    def gather(self, rows: Sequence[Row]) -> dict[str, Outcome]:
        """Run rows at once, in one event loop."""
        outcomes = {row.name: Outcome() for row in rows}

        async def run(row: Row) -> None:
            async with self._client(row, (AsyncClient, AsyncInferenceClient)) as client:
                start = time.monotonic()
                try:
                    called = await SUBMIT[1](client) if row.is_job else client
                    start = time.monotonic()
                    value = await row.calls[1](called)
                except Exception as error:
                    value = error
                outcomes[row.name] = Outcome(time.monotonic() - start, value)

        async def main() -> None:
            tasks = [asyncio.ensure_future(run(row)) for row in rows]
            _, hung = await asyncio.wait(tasks, timeout=HUNG)
            for task in hung:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(main())
        return outcomes


@pytest.fixture(scope="module")
def outcomes(loopback: Loopback, environment: pytest.MonkeyPatch) -> dict[str, dict[str, Outcome]]:
    """Run the whole table, and give its outcomes by flavour and row."""
    hub = ScriptedInference()
    loopback.start(hub)
    environment.setenv("HF_ENDPOINT", hub.url)
    environment.setenv("HUBSMITH_ROUTER", hub.url)
    # One for all: a dozen at once take half a second, which is not the wait that is measured.
    context = ssl.create_default_context()
    environment.setattr(ssl, "create_default_context", lambda **_: context)
    table, found = Table(loopback, hub), dict[str, dict[str, Outcome]]()
    for flavour, run in (("blocking", table.block), ("asyncio", table.gather)):
        found[flavour] = {}
        rows = list(ROWS.values())
        for first in range(0, len(rows), AT_ONCE):
            found[flavour] |= run(rows[first : first + AT_ONCE])
        wrong = [row for row in rows if not found[flavour][row.name].is_right(row)]
        for row in wrong[:MOST_AGAIN]:
            found[flavour] |= run([row])
    return found


@pytest.mark.parametrize("flavour", ["blocking", "asyncio"])
@pytest.mark.parametrize("name", ROWS)
def test_wait(outcomes: dict[str, dict[str, Outcome]], name: str, flavour: str) -> None:
    outcome = outcomes[flavour][name]
    assert outcome.is_right(ROWS[name]), outcome
