"""A caller that does what a test scripts, instead of asking a server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from hubsmith import ValidationError
from hubsmith_bulk.engine import Engine
from hubsmith_bulk.failures import CallError
from hubsmith_bulk.options import MapOptions, Settings
from hubsmith_bulk.results import Done


class ScriptedCaller:
    """Answers the name of a row in capitals, unless a script says something else.

    Attributes:
        script: Called with a row; what it returns is the result, an exception is the failure.
        calls: How often each row was sent.
        at_once: The most calls that were under way at the same time.
        endpoint: What every row calls, unless it says so itself.
    """

    source = "scripted"

    def __init__(self, script: Callable[[str], Any] = str.upper, seconds: float = 0.0) -> None:
        self.script, self.seconds = script, seconds
        self.calls: Counter[str] = Counter()
        self.under_way = self.at_once = 0
        self.spec = "sha256:1"
        self.fetched: list[Any] = []
        self.is_closed = False

    def check(self, content: Any) -> None:
        if not isinstance(content, dict) or "name" not in content:
            raise ValidationError(f"name: a value is required, got {content!r}")

    def endpoint_of(self, content: Any) -> str:
        return content.get("endpoint", "/upper")

    async def digest_of(self, content: Any) -> str:
        return self.spec

    async def call(self, content: Any) -> tuple[Any, int | None]:
        name = content["name"]
        self.calls[name] += 1
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
            value = self.script(name)
            if isinstance(value, CallError):
                raise value
            if isinstance(value, Exception):
                raise CallError(value, may_have_run=True)
            return value, None
        finally:
            self.under_way -= 1

    async def fetch(self, file: Any) -> None:
        self.fetched.append(file)

    async def close(self) -> None:
        self.is_closed = True


def rows(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def run(
    caller: ScriptedCaller, items: Iterable[Any], **options: Any
) -> tuple[list[Done[Any]], Engine]:
    """Make a run to its end; its failure, where it has one, is raised."""
    engine = Engine(caller, items, Settings.of(MapOptions(**options)))

    async def collect() -> list[Done[Any]]:
        return [done async for done in engine.results()]

    return asyncio.run(collect()), engine
