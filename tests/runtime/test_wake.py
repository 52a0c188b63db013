"""Spaces that sleep, build or start are woken and waited for; broken ones are reported."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hubsmith_runtime import HubsmithError, Retries, SpaceUnavailableError, SpecError
from hubsmith_runtime.async_driver import AsyncDriver
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.effects import Deadline, Effect, Effects, Send, Sleep
from hubsmith_runtime.http import HttpRequest, Response
from hubsmith_runtime.saving import FileOrigin
from hubsmith_runtime.spaces.connector import Connector
from hubsmith_runtime.spaces.protocol import ask
from hubsmith_runtime.spaces.source import Source
from hubsmith_runtime.transport import Origins

from tests.runtime.echo_client import AsyncEcho, Echo
from tests.support.fake_hub import FakeHub, HubSpace
from tests.support.fake_space import FakeSpace

HOST = "/api/spaces/owner/echo/host"
RUNTIME = "/api/spaces/owner/echo/runtime"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note every wait of a client instead of waiting."""
    seconds: list[float] = []

    def perform(driver: Driver, effect: Effect, deadline: Deadline) -> Any:
        if isinstance(effect, Sleep):
            return seconds.append(effect.seconds)
        return blocking(driver, effect, deadline)

    async def async_perform(driver: AsyncDriver, effect: Effect, deadline: Deadline) -> Any:
        if isinstance(effect, Sleep):
            return seconds.append(effect.seconds)
        return await asynchronous(driver, effect, deadline)

    blocking, asynchronous = Driver._perform, AsyncDriver._perform
    monkeypatch.setattr(Driver, "_perform", perform)
    monkeypatch.setattr(AsyncDriver, "_perform", async_perform)
    return seconds


def sleeping(hub: FakeHub, space: FakeSpace, *stages: str) -> HubSpace:
    """Put a Space to the Hub that answers once the last of its stages was reported."""
    known = hub.add("owner/echo", space.url, stages=list(stages))
    space.awake = lambda: known.stages == ["RUNNING"]
    return known


def test_a_running_space_costs_no_request_more(fake_hub: FakeHub, fake_space: FakeSpace) -> None:
    fake_hub.add("owner/echo", fake_space.url)
    stages: list[str] = []
    with Echo("owner/echo", on_stage=stages.append) as echo:
        assert echo.echo("x") == "x"
    assert fake_hub.paths() == [HOST]
    assert fake_space.paths().count("/config") == 1
    assert stages == []


@pytest.mark.parametrize(
    "stages",
    [
        ["SLEEPING", "APP_STARTING", "RUNNING"],
        ["STOPPED", "BUILDING", "APP_STARTING", "RUNNING"],
        ["RUNNING_BUILDING", "RUNNING_APP_STARTING", "RUNNING"],
        ["BUILDING", "BUILDING", "BUILDING", "RUNNING"],
    ],
)
def test_a_space_that_does_not_run_yet_is_waited_for(
    stages: list[str], fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    sleeping(fake_hub, fake_space, *stages)
    told: list[str] = []
    with Echo("owner/echo", on_stage=told.append) as echo:
        assert echo.echo("x") == "x"
    assert told == list(dict.fromkeys(stages))
    # Each look at the Hub comes with a request that wakes the Space, and a wait goes before it.
    looks = fake_hub.paths().count(RUNTIME)
    assert len(waits) == looks == fake_space.paths().count("/config") - 1
    assert all(0 < wait <= 5 for wait in waits)
    assert waits == sorted(waits)


def test_the_async_client_waits_without_blocking_its_loop(
    fake_hub: FakeHub, fake_space: FakeSpace
) -> None:
    known = sleeping(fake_hub, fake_space, "SLEEPING", "RUNNING")
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(1)
            await asyncio.sleep(0.01)

    async def main() -> None:
        ticking = asyncio.ensure_future(tick())
        async with AsyncEcho("owner/echo", on_stage=told.append) as echo:
            assert await echo.echo("x") == "x"
        ticking.cancel()

    told: list[str] = []
    asyncio.run(main())
    assert told == ["SLEEPING", "RUNNING"]
    assert known.stages == ["RUNNING"]
    assert len(ticks) > 5


def test_a_login_wakes_a_space_too(
    fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    sleeping(fake_hub, fake_space, "SLEEPING", "RUNNING")
    with Echo("owner/echo", auth=("user", "password")) as echo:
        assert echo.echo("x") == "x"
    assert fake_space.paths()[:3] == ["/login", "/login", "/config"]
    assert len(waits) == 1


@pytest.mark.parametrize(
    "stage",
    ["PAUSED", "RUNTIME_ERROR", "BUILD_ERROR", "CONFIG_ERROR", "NO_APP_FILE", "DELETING"],
)
def test_a_space_that_will_not_run_is_told(
    stage: str, fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    sleeping(fake_hub, fake_space, stage)
    words = f"owner/echo is in the invalid state {stage}.*{fake_hub.url}/spaces/owner/echo"
    with Echo("owner/echo") as echo, pytest.raises(SpaceUnavailableError, match=words) as caught:
        echo.echo("x")
    assert caught.value.stage == stage
    assert waits == []


def test_a_space_that_breaks_while_it_starts_is_told(
    fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    sleeping(fake_hub, fake_space, "SLEEPING", "APP_STARTING", "RUNTIME_ERROR")
    told: list[str] = []
    words = "invalid state RUNTIME_ERROR"
    with (
        Echo("owner/echo", on_stage=told.append) as echo,
        pytest.raises(SpaceUnavailableError, match=words),
    ):
        echo.echo("x")
    assert told == ["SLEEPING", "APP_STARTING", "RUNTIME_ERROR"]


def test_a_space_that_does_not_start_in_time_is_told(
    fake_hub: FakeHub, fake_space: FakeSpace
) -> None:
    sleeping(fake_hub, fake_space, "BUILDING")
    words = "owner/echo did not start within 0 s and is BUILDING.*wake_timeout"
    with (
        Echo("owner/echo", wake_timeout=0) as echo,
        pytest.raises(SpaceUnavailableError, match=words) as caught,
    ):
        echo.echo("x")
    assert caught.value.stage == "BUILDING"


def test_a_callback_that_raises_ends_the_wait(fake_hub: FakeHub, fake_space: FakeSpace) -> None:
    def stop(stage: str) -> None:
        raise InterruptedError(stage)

    sleeping(fake_hub, fake_space, "SLEEPING")
    with Echo("owner/echo", on_stage=stop) as echo, pytest.raises(InterruptedError):
        echo.echo("x")


def test_closing_ends_the_wait(fake_hub: FakeHub, fake_space: FakeSpace) -> None:
    sleeping(fake_hub, fake_space, "SLEEPING")
    waiting = threading.Event()
    caught: list[Exception] = []
    echo = Echo("owner/echo", on_stage=lambda stage: waiting.set())

    def call() -> None:
        try:
            echo.echo("x")
        except HubsmithError as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert waiting.wait(30)
    echo.close()
    thread.join(30)
    assert not thread.is_alive()
    assert "closed" in str(caught[0])


def test_a_space_that_falls_asleep_between_calls_is_woken(
    fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    known = fake_hub.add("owner/echo", fake_space.url)
    told: list[str] = []

    async def main() -> None:
        known.stages[:] = ["RUNNING"]
        async with AsyncEcho("owner/echo", on_stage=told.append) as echo:
            assert await echo.echo(1) == 1
            sleeping(fake_hub, fake_space, "SLEEPING", "RUNNING")
            assert await echo.echo(2) == 2

    with Echo("owner/echo", on_stage=told.append) as echo:
        assert echo.echo(1) == 1
        sleeping(fake_hub, fake_space, "SLEEPING", "APP_STARTING", "RUNNING")
        assert echo.echo(2) == 2
    asyncio.run(main())
    assert told == ["SLEEPING", "APP_STARTING", "RUNNING", "SLEEPING", "RUNNING"]


def test_a_url_is_not_looked_up(
    fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    fake_space.awake = lambda: False
    with Echo(fake_space.url) as echo, pytest.raises(SpaceUnavailableError, match="503"):
        echo.echo("x")
    assert fake_hub.seen == []
    assert fake_space.paths() == ["/config"] * 3


def test_a_running_space_that_is_no_gradio_is_told_at_once(
    fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    fake_hub.add("owner/echo", fake_space.url)
    fake_space.plan("/config", (404, {}, b"<html>nothing here"))
    with Echo("owner/echo") as echo, pytest.raises(SpecError, match="404"):
        echo.echo("x")
    assert (fake_hub.paths(), waits) == ([HOST, RUNTIME], [])


def test_a_hub_that_tells_no_stage_leaves_the_answer_of_the_space(
    fake_hub: FakeHub, fake_space: FakeSpace, waits: list[float]
) -> None:
    fake_hub.add("owner/echo", fake_space.url)
    fake_space.awake = lambda: False
    fake_hub.plan(RUNTIME, *[(500, {}, b"no"), (200, {}, [1]), (200, {}, {"stage": 5})])
    with Echo("owner/echo") as echo, pytest.raises(SpaceUnavailableError, match="503"):
        echo.echo("x")
    assert fake_space.paths() == ["/config"] * 3


def answered(call: Effects[Any], answer: Any, limit: int = 100) -> tuple[Any, list[float]]:
    """Carry out a call with answers to its requests; return its result and its waits."""
    waits: list[float] = []
    effect = next(call)
    for _ in range(limit):
        try:
            if isinstance(effect, Sleep):
                waits.append(effect.seconds)
                effect = call.send(None)
            else:
                assert isinstance(effect, Send)
                reply = answer(effect.request, sum(waits))
                effect = call.throw(reply) if isinstance(reply, Exception) else call.send(reply)
        except StopIteration as end:
            return end.value, waits
    raise AssertionError("the call does not end")


def response(status: int, body: bytes = b"{}", **headers: str) -> Response:
    return Response(status=status, headers=headers, body=body, url="http://space/config")


def test_the_time_limit_counts_all_waiting() -> None:
    now = 0.0

    def answer(request: HttpRequest, waited: float) -> Response:
        nonlocal now
        now = waited + 0.25
        stage = b'{"stage": "APP_STARTING"}'
        return response(200, stage) if "/runtime" in request.url else response(503)

    source = Source.parse("owner/echo", False, None)
    connector = Connector(
        source=source,
        retries=Retries(),
        origins=Origins(),
        files=FileOrigin(),
        wake_timeout=60,
        clock=lambda: now,
    )
    call = connector.ask(HttpRequest(method="GET", url="http://space/config"))
    with pytest.raises(SpaceUnavailableError, match="did not start within 60 s"):
        answered(call, answer)
    assert 50 < now <= 60.5


def test_a_call_without_trouble_waits_for_nothing() -> None:
    request = HttpRequest(method="GET", url="http://space/config")
    result, waits = answered(ask(request, "x", Retries()), lambda *_: response(200))
    assert (result.status, waits) == (200, [])


def test_a_wait_of_a_driver_ends_when_it_is_closed() -> None:
    def sleep() -> Effects[None]:
        yield Sleep(600)

    driver = Driver(Origins())
    waiting = threading.Thread(target=driver.run, args=(sleep(),), daemon=True)
    waiting.start()
    driver.close()
    waiting.join(30)
    assert not waiting.is_alive()
