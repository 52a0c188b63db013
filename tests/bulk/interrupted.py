"""Runs that are interrupted: `python -m tests.bulk.interrupted KIND URL JOURNAL`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from hubsmith import AsyncInferenceClient, InferenceClient, tasks


def rows() -> Any:
    for number in range(10_000):
        messages = [{"role": "user", "content": f"row {number}"}]
        yield tasks.ChatCompletionRequest(messages=messages)


def options(journal: str) -> Any:
    return {"checkpoint": journal, "concurrency": 8}


def blocking(url: str, journal: str) -> None:
    with InferenceClient(url) as client:
        for done in client.map(rows(), **options(journal)):
            assert done.value


async def awaiting(url: str, journal: str) -> None:
    async with AsyncInferenceClient(url) as client:
        async with client.map(rows(), **options(journal)) as run:
            async for done in run:
                assert done.value


if __name__ == "__main__":
    kind, url, journal = sys.argv[1:]
    if kind == "blocking":
        blocking(url, journal)
    else:
        asyncio.run(awaiting(url, journal))
