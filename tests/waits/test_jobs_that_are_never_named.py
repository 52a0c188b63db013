"""A job that the server took, and that its stream never names, is given up; a quiet one is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hubsmith import AsyncClient, Client
from hubsmith_runtime import SessionLostError
from hubsmith_runtime.spaces import session

from tests.waits.scripted_http import Answer, Asked, endless
from tests.waits.scripted_space import ScriptedSpace, completed, heartbeat

API = "/gradio_api"
QUEUED = {"msg": "estimation", "rank": 0, "queue_size": 1, "rank_eta": None}
ECHO: dict[str, Any] = {"api_name": "/echo"}


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give jobs up after 0.3 seconds instead of ten minutes."""
    monkeypatch.setattr(session, "_UNREPORTED_SECONDS", 0.3)


def beats(times: int) -> Iterator[Any]:
    for _ in range(times):
        yield heartbeat()
        yield 0.05


def name_another(space: ScriptedSpace, times: float = float("inf")) -> None:
    """Take jobs, and name the event id of another one."""

    def join(asked: Asked) -> Answer:
        space.answer(asked)
        return Answer({"event_id": "foreign"})

    space.plan(f"{API}/queue/join", join, times)
    space.script = lambda data: [QUEUED, *beats(20), completed(data[0])]


CALLS: dict[str, Callable[[Client], Any]] = {
    "predict": lambda client: client.predict("a", **ECHO),
    "result": lambda client: client.submit("a", **ECHO).result(),
    "iterated": lambda client: list(client.submit("a", **ECHO)),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_foreign_event_id(space: ScriptedSpace, call: str) -> None:
    name_another(space)
    with Client(space.url) as client, pytest.raises(SessionLostError, match="did not report on it"):
        CALLS[call](client)


def test_a_foreign_event_id_with_asyncio(space: ScriptedSpace) -> None:
    name_another(space)

    async def main() -> None:
        async with AsyncClient(space.url) as client:
            with pytest.raises(SessionLostError, match="did not report on it"):
                await client.predict("a", **ECHO)

    asyncio.run(main())


def test_a_stream_of_comments(space: ScriptedSpace) -> None:
    space.plan(f"{API}/queue/data", endless(b": still here\n\n", 0.05))
    with Client(space.url) as client, pytest.raises(SessionLostError, match="did not report on it"):
        client.predict("a", **ECHO)


def test_a_job_that_was_named_once_may_be_quiet_for_as_long_as_it_likes(
    space: ScriptedSpace,
) -> None:
    space.script = lambda data: [QUEUED, *beats(12), completed(data[0])]
    with Client(space.url) as client:
        assert client.predict("a", **ECHO) == "a"


def test_other_jobs_of_the_session_go_on(space: ScriptedSpace) -> None:
    name_another(space, times=1)
    with Client(space.url) as client:
        lost, job = client.submit("lost", **ECHO), client.submit("good", **ECHO)
        with pytest.raises(SessionLostError):
            lost.result()
        assert job.result() == "good"
