"""A job that fails, is cancelled or loses its stream: iterating it raises that, after its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hubsmith import AsyncClient, Client
from hubsmith_runtime import (
    AppError,
    Cancelled,
    Failed,
    HubsmithError,
    JobCancelledError,
    SessionLostError,
)

from tests.runtime.kitchen_client import AsyncKitchen, Kitchen
from tests.waits.scripted_http import Fault
from tests.waits.scripted_space import Script, ScriptedSpace, failed, partial

ENDS: dict[str, tuple[Any, type[HubsmithError], type[Any]]] = {
    "failed": (failed("Sold out"), AppError, Failed),
    "lost": (Fault.RESET, SessionLostError, Failed),
    "cancelled": (60.0, JobCancelledError, Cancelled),
}

SUBMIT: dict[str, tuple[type[Any], Callable[[Any], Any]]] = {
    "typed": (Kitchen, lambda client: client.jobs.tokens(2)),
    "untyped": (Client, lambda client: client.submit(2, api_name="/tokens")),
}

ASYNC_SUBMIT: dict[str, tuple[type[Any], Callable[[Any], Awaitable[Any]]]] = {
    "typed": (AsyncKitchen, lambda client: client.jobs.tokens(2)),
    "untyped": (AsyncClient, lambda client: client.submit(2, api_name="/tokens")),
}


def script(end: str) -> Script:
    return [partial("a"), partial("ab"), ENDS[end][0]]


def check(end: str, parts: list[str], raised: HubsmithError, wanted: HubsmithError) -> None:
    assert parts == ["a", "ab"]
    assert isinstance(raised, ENDS[end][1])
    assert (type(raised), str(raised)) == (type(wanted), str(wanted))


@pytest.mark.parametrize("kind", SUBMIT)
@pytest.mark.parametrize("end", ENDS)
def test_iterating_raises_after_the_parts(space: ScriptedSpace, end: str, kind: str) -> None:
    space.script = lambda _: script(end)
    client_class, submit = SUBMIT[kind]
    with client_class(space.url) as client:
        job = submit(client)
        for again in range(2):  # The second time everything is there already.
            parts: list[str] = []
            with pytest.raises(HubsmithError) as raised:
                for part in job:
                    parts.append(part)
                    if end == "cancelled" and len(parts) == 2 and not again:
                        assert job.cancel()
            with pytest.raises(HubsmithError) as wanted:
                job.result()
            check(end, parts, raised.value, wanted.value)
        assert isinstance(list(job.events())[-1], ENDS[end][2])
        assert job.outputs() == ["a", "ab"]


@pytest.mark.parametrize("kind", ASYNC_SUBMIT)
@pytest.mark.parametrize("end", ENDS)
def test_iterating_with_asyncio_raises_after_the_parts(
    space: ScriptedSpace, end: str, kind: str
) -> None:
    space.script = lambda _: script(end)
    client_class, submit = ASYNC_SUBMIT[kind]

    async def main() -> None:
        async with client_class(space.url) as client:
            job = await submit(client)
            for again in range(2):
                parts: list[str] = []
                with pytest.raises(HubsmithError) as raised:
                    async for part in job:
                        parts.append(part)
                        if end == "cancelled" and len(parts) == 2 and not again:
                            assert await job.cancel()
                with pytest.raises(HubsmithError) as wanted:
                    await job.result()
                check(end, parts, raised.value, wanted.value)
            assert isinstance([event async for event in job.events()][-1], ENDS[end][2])

    asyncio.run(main())
