"""Which failures are tried again, how often, and after how long."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from hubsmith_runtime import (
    AppError,
    AuthenticationError,
    ConnectionFailedError,
    File,
    FileTooLargeError,
    HubsmithError,
    InferenceTimeoutError,
    QueueFullError,
    Retries,
    SessionLostError,
    SpaceUnavailableError,
    ValidationError,
)
from hubsmith_runtime.async_driver import AsyncDriver
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.effects import Deadline, Effect, Sleep
from hubsmith_runtime.http import read_retry_after
from hubsmith_runtime.spaces.protocol import classify
from hypothesis import given, strategies as st

from tests.runtime.echo_client import AsyncEcho, Echo
from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace

JOIN = "/gradio_api/queue/join"
FULL = {"detail": "Queue is full. Max size is 2 and size is 2."}


@pytest.fixture(autouse=True)
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


def answered(status: int, retry_after: float | None = None) -> SpaceUnavailableError:
    error = SpaceUnavailableError("x")
    error.status, error.retry_after = status, retry_after
    return error


def unsent() -> ConnectionFailedError:
    error = ConnectionFailedError("x")
    error.was_sent = False
    return error


# The error, then whether it is tried again: a harmless step, a job, a job with after_accepted.
DECISIONS: list[tuple[HubsmithError, bool, bool, bool]] = [
    (unsent(), True, True, True),
    (ConnectionFailedError("broke"), True, False, True),
    (answered(429), True, True, True),
    (answered(502), True, False, True),
    (answered(503), True, True, True),
    (answered(504), True, False, True),
    (answered(404), False, False, False),
    (SpaceUnavailableError("PAUSED"), False, False, False),
    (SessionLostError("x"), False, False, True),
    (QueueFullError("x"), False, False, False),
    (InferenceTimeoutError("x"), False, False, False),
    (AppError("x"), False, False, False),
    (AuthenticationError("x"), False, False, False),
    (HubsmithError("x"), False, False, False),
]


@pytest.mark.parametrize(("error", "step", "job", "again"), DECISIONS, ids=lambda value: str(value))
def test_what_is_tried_again(error: HubsmithError, step: bool, job: bool, again: bool) -> None:
    assert bool(classify(error, retries=Retries())) is step
    assert bool(classify(error, retries=Retries(), runs_job=True)) is job
    assert bool(classify(error, retries=Retries(after_accepted=True), runs_job=True)) is again


def test_a_full_queue_is_asked_again_only_on_demand() -> None:
    assert classify(QueueFullError("x"), retries=Retries(queue_full=True), runs_job=True)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "draw", "expected"),
    [
        (1, None, 1.0, 0.5),
        (2, None, 1.0, 1.0),
        (3, None, 1.0, 2.0),
        (3, None, 0.25, 0.5),
        (1, None, 0.0, 0.0),
        (9, None, 1.0, 8.0),
        (1, 3.0, 0.0, 3.0),
        (9, 3.0, 1.0, 8.0),
        (1, 8.0, 0.5, 8.0),
        (1, 8.5, 0.5, None),
        (10, None, 0.0, None),
        (5000, None, 1.0, None),
    ],
)
def test_how_long_is_waited(
    attempt: int, retry_after: float | None, draw: float, expected: float | None
) -> None:
    assert Retries(attempts=10).wait(attempt, retry_after or 0, draw) == expected


@given(
    attempts=st.integers(1, 10**6),
    attempt=st.integers(1, 10**6),
    base=st.floats(0, 1e6),
    longest=st.floats(0, 1e6),
    retry_after=st.none() | st.floats(0, 1e9),
    draw=st.floats(0, 1),
)
def test_a_wait_is_bounded(
    attempts: int,
    attempt: int,
    base: float,
    longest: float,
    retry_after: float | None,
    draw: float,
) -> None:
    retries = Retries(attempts=attempts, base=base, longest=longest)
    wait = retries.wait(attempt, retry_after or 0, draw)
    if attempt >= attempts or (retry_after or 0) > longest:
        assert wait is None
    else:
        assert wait is not None
        assert (retry_after or 0) <= wait <= longest
        assert wait <= max(retry_after or 0, base * 2.0 ** min(attempt - 1, 60))


@pytest.mark.parametrize(
    "numbers", [{"attempts": 0}, {"base": -1}, {"longest": -0.1}, {"base": math.nan}]
)
def test_numbers_out_of_bounds_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="retries"):
        Retries(**numbers)


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        (format_datetime(NOW.replace(second=35), usegmt=True), 30.0),
        (format_datetime(NOW.replace(year=2020), usegmt=True), 0.0),
        ("-1", None),
        ("inf", None),
        ("9" * 400, None),
        ("soon", None),
        ("", None),
        ("Fri, 99 Jan 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read(value: str | None, expected: float | None) -> None:
    assert read_retry_after(value, NOW.timestamp()) == expected


@given(st.text())
def test_any_retry_after_is_read(value: str) -> None:
    seconds = read_retry_after(value, 0.0)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "path", ["/login", "/config", "/gradio_api/info", "/gradio_api/upload", JOIN]
)
@pytest.mark.parametrize("status", [429, 503])
def test_every_step_is_tried_again(path: str, status: int, fake_space: FakeSpace) -> None:
    fake_space.plan(path, *[(status, {}, b"busy")] * 2)
    with Echo(fake_space.url, auth=("user", "password")) as echo:
        answer = echo.echo(File(b"content", name="a.txt"))
    assert answer.answer["path"] == "/files/a.txt"
    assert fake_space.paths().count(path) == 3
    for upload in fake_space.requests("/gradio_api/upload"):
        assert b"content" in upload.body


@pytest.mark.parametrize("status", [0, 502, 504])
@pytest.mark.parametrize("path", ["/config", "/gradio_api/info", "/gradio_api/upload", JOIN])
def test_a_job_that_may_run_is_not_sent_again(
    path: str, status: int, fake_space: FakeSpace
) -> None:
    fake_space.plan(path, (status, {}, b"gone"))
    with Echo(fake_space.url) as echo:
        if path == JOIN:
            with pytest.raises(ConnectionFailedError, match=r"/echo|queue/join"):
                echo.echo(File(b"content", name="a.txt"))
        else:
            echo.echo(File(b"content", name="a.txt"))
    assert fake_space.paths().count(path) == (1 if path == JOIN else 2)


def test_a_file_that_the_server_finds_too_large_is_named(fake_space: FakeSpace) -> None:
    fake_space.plan("/gradio_api/upload", (413, {}, b"Request Entity Too Large"))
    with Echo(fake_space.url) as echo, pytest.raises(FileTooLargeError, match=r"'a\.txt'.*413"):
        echo.echo(File(b"content", name="a.txt"))


def test_the_lookup_of_the_host_is_tried_again(fake_hub: FakeHub, fake_space: FakeSpace) -> None:
    fake_hub.add("owner/echo", fake_space.url)
    fake_hub.plan("/api/spaces/owner/echo/host", (502, {}, b""), (0, {}, b""))
    with Echo("owner/echo") as echo:
        assert echo.echo("x") == "x"


def test_attempts_end_with_the_words_of_the_server(
    fake_space: FakeSpace, waits: list[float]
) -> None:
    fake_space.plan(JOIN, *[(503, {}, {"detail": "Queue is stopped."})] * 9)
    words = r"/echo.*503.*Queue is stopped"
    with (
        Echo(fake_space.url, retries=Retries(attempts=5)) as echo,
        pytest.raises(SpaceUnavailableError, match=words) as caught,
    ):
        echo.echo("x")
    assert fake_space.paths().count(JOIN) == 5
    assert caught.value.status == 503
    assert [wait <= limit for wait, limit in zip(waits, [0.5, 1, 2, 4], strict=True)] == [True] * 4


def test_a_server_that_asks_for_time_gets_it(fake_space: FakeSpace, waits: list[float]) -> None:
    fake_space.plan(JOIN, (429, {"retry-after": "7"}, b"slow down"))
    with Echo(fake_space.url) as echo:
        assert echo.echo("x") == "x"
    assert waits == [7.0]


def test_a_server_that_asks_for_too_much_time_is_not_asked_again(
    fake_space: FakeSpace, waits: list[float]
) -> None:
    fake_space.plan(JOIN, (429, {"retry-after": "600"}, b"slow down"))
    with Echo(fake_space.url) as echo, pytest.raises(SpaceUnavailableError, match="429") as caught:
        echo.echo("x")
    assert caught.value.retry_after == 600
    assert waits == []


def test_no_retries_means_one_attempt(fake_space: FakeSpace, waits: list[float]) -> None:
    fake_space.plan("/config", (503, {}, b"busy"))
    with Echo(fake_space.url, retries=Retries(attempts=1)) as echo:
        with pytest.raises(SpaceUnavailableError):
            echo.echo("x")
        assert echo.echo("x") == "x"
    assert waits == []


def test_the_hook_hears_of_every_wait(fake_space: FakeSpace, waits: list[float]) -> None:
    heard: list[tuple[int, type[Exception], float]] = []
    fake_space.plan("/config", (0, {}, b""), (502, {}, b"bad gateway"))

    def hook(attempt: int, error: HubsmithError, wait: float) -> None:
        heard.append((attempt, type(error), wait))

    with Echo(fake_space.url, retries=Retries(on_retry=hook)) as echo:
        assert echo.echo("x") == "x"
    assert [entry[:2] for entry in heard] == [
        (1, ConnectionFailedError),
        (2, SpaceUnavailableError),
    ]
    assert [entry[2] for entry in heard] == waits


def test_a_full_queue_is_an_error_at_once(fake_space: FakeSpace, waits: list[float]) -> None:
    fake_space.plan(JOIN, (503, {}, FULL))
    with Echo(fake_space.url) as echo, pytest.raises(QueueFullError, match="full"):
        echo.echo("x")
    assert waits == []
    fake_space.plan(JOIN, (503, {}, FULL))
    with Echo(fake_space.url, retries=Retries(queue_full=True)) as echo:
        assert echo.echo("x") == "x"


def test_a_lost_job_runs_again_only_when_asked(fake_space: FakeSpace, waits: list[float]) -> None:
    events = "/gradio_api/queue/data"
    fake_space.plan(events, (200, {"content-type": "text/event-stream"}, b": broken\n\n"))
    with Echo(fake_space.url) as echo, pytest.raises(SessionLostError):
        echo.echo("x")
    assert fake_space.paths().count(JOIN) == 1
    fake_space.plan(events, (200, {"content-type": "text/event-stream"}, b": broken\n\n"))
    with Echo(fake_space.url, retries=Retries(after_accepted=True)) as echo:
        assert echo.echo("x") == "x"
    assert fake_space.paths().count(JOIN) == 3
    assert len(waits) == 1


def test_the_async_client_tries_again_too(fake_space: FakeSpace, waits: list[float]) -> None:
    stream = {"content-type": "text/event-stream"}
    fake_space.plan("/config", (503, {}, b""))
    fake_space.plan(JOIN, (429, {}, b""))
    fake_space.plan("/gradio_api/queue/data", *[(200, stream, b": broken\n\n")] * 2)

    async def main() -> None:
        async with AsyncEcho(fake_space.url, retries=Retries(after_accepted=True)) as echo:
            assert await echo.echo("x") == "x"

    asyncio.run(main())
    assert len(waits) == 4
    assert fake_space.paths().count(JOIN) == 4


def test_a_server_that_is_not_there_is_told_after_all_attempts(waits: list[float]) -> None:
    with Echo("http://127.0.0.1:9") as echo, pytest.raises(ConnectionFailedError) as caught:
        echo.echo("x")
    assert caught.value.was_sent is False
    assert len(waits) == 2


def test_an_event_stream_that_breaks_before_it_begins_is_not_asked_for_again(
    fake_space: FakeSpace,
) -> None:
    # The server has spent the events on the first one: a second would bring heartbeats only.
    fake_space.plan("/gradio_api/queue/data", (0, {}, b""))
    with Echo(fake_space.url) as echo, pytest.raises(SessionLostError):
        echo.echo("x")
    assert fake_space.paths().count("/gradio_api/queue/data") == 1


@pytest.mark.parametrize("status", [429, 503])
def test_the_event_stream_is_opened_again(status: int, fake_space: FakeSpace) -> None:
    async def main() -> None:
        async with AsyncEcho(fake_space.url) as echo:
            assert await echo.echo("x") == "x"

    for _ in range(2):
        fake_space.plan("/gradio_api/queue/data", *[(status, {}, b"busy")] * 2)
        if not fake_space.seen:
            with Echo(fake_space.url) as echo:
                assert echo.echo("x") == "x"
        else:
            asyncio.run(main())
    assert fake_space.paths().count(JOIN) == 2
    assert fake_space.paths().count("/gradio_api/queue/data") == 6
