"""What a run does with its rows: who fails alone, who is sent again, what ends everything."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hubsmith import (
    AppError,
    AuthenticationError,
    Client,
    ConnectionFailedError,
    QueueFullError,
    SessionLostError,
    ValidationError,
    ZeroGPUQuotaError,
)
from hubsmith_bulk import DuplicateIdError, ServerAwayError, TooManyErrorsError
from hubsmith_bulk.engine import Engine
from hubsmith_bulk.failures import CallError
from hubsmith_bulk.options import MapOptions, Settings

from tests.bulk.scripted_caller import ScriptedCaller, rows, run


def refused(error: Exception) -> CallError:
    return CallError(error, may_have_run=False)


def test_every_row_comes_back_with_its_value() -> None:
    done, engine = run(ScriptedCaller(), rows("a", "b", "c"), concurrency=2)
    assert {one.index: one.value for one in done} == {0: "A", 1: "B", 2: "C"}
    assert engine.summary().done == 3
    assert engine.summary().next == ""


def test_a_failing_row_stops_no_other() -> None:
    caller = ScriptedCaller(lambda name: AppError("Sold out") if name == "b" else name)
    done, engine = run(caller, rows("a", "b", "c"))
    errors = {one.row["name"]: one.error for one in done}
    assert isinstance(errors["b"], AppError)
    assert errors["a"] is errors["c"] is None
    with pytest.raises(AppError, match="Sold out"):
        _ = next(one for one in done if one.error).value
    assert "retry_failed" in engine.summary().next


def test_an_input_that_is_wrong_from_its_first_row_sends_nothing() -> None:
    caller = ScriptedCaller()
    with pytest.raises(ValidationError, match="name"):
        run(caller, [{"nam": "a"}, *rows("b")])
    assert not caller.calls
    assert caller.is_closed


async def later() -> AsyncIterator[Any]:
    yield {"name": "a"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (None, "rows: an iterable of rows, got a NoneType"),
        (5, "rows: an iterable of rows, got an int"),
        (later(), "asynchronous rows need an asynchronous client"),
    ],
)
def test_an_input_that_is_none_is_refused_at_once(wrong: Any, words: str) -> None:
    with Client("http://127.0.0.1:1") as client, pytest.raises(ValidationError, match=words):
        client.map("/greet", wrong)


def test_a_later_row_that_is_wrong_fails_alone() -> None:
    done, _ = run(ScriptedCaller(), [*rows("a"), "nothing", *rows("b")])
    assert sorted((one.index, type(one.error).__name__) for one in done) == [
        (0, "NoneType"),
        (1, "ValidationError"),
        (2, "NoneType"),
    ]


def test_rows_of_two_endpoints_make_no_run() -> None:
    done, _ = run(ScriptedCaller(), [*rows("a"), {"name": "b", "endpoint": "/lower"}])
    (error,) = [one.error for one in done if one.error]
    assert "/lower" in str(error)
    assert "/upper" in str(error)


def test_an_id_is_the_key_and_comes_once() -> None:
    items = [("x", {"name": "a"}), ("y", {"name": "a"}), ("x", {"name": "b"})]
    done, _ = run(ScriptedCaller(), items)
    keys = {one.key: one.error for one in done}
    assert keys["x"] is keys["y"] is None
    assert isinstance(keys["x#2"], DuplicateIdError)


def test_twins_stay_two() -> None:
    caller = ScriptedCaller()
    done, _ = run(caller, rows("a", "a"))
    assert len({one.key for one in done}) == 2
    assert caller.calls["a"] == 2


def test_a_call_that_a_busy_server_refused_is_sent_again() -> None:
    turned_away = Counter[str]()

    def script(name: str) -> Any:
        turned_away[name] += 1
        return refused(QueueFullError("full")) if turned_away[name] < 3 else name

    done, engine = run(ScriptedCaller(script), rows("a", "b"))
    assert not [one for one in done if one.error]
    assert engine.summary().repeated == 4
    assert {one.attempts for one in done} == {3}


def test_a_server_that_asks_for_time_gets_it() -> None:
    error = QueueFullError("full")
    error.retry_after = 0.2
    answers: Iterator[Any] = iter([refused(error)])
    start = time.monotonic()
    run(ScriptedCaller(lambda name: next(answers, name)), rows("a"))
    assert time.monotonic() - start >= 0.2


def test_a_lost_call_is_sent_again_only_where_that_is_allowed() -> None:
    lost = {"a": 1}

    def script(name: str) -> Any:
        lost[name] = lost.get(name, 0) - 1
        return SessionLostError("the stream broke") if lost[name] >= 0 else name

    caller = ScriptedCaller(script)
    done, _ = run(caller, rows("a"))
    assert isinstance(done[0].error, SessionLostError)
    assert caller.calls["a"] == 1
    lost["a"] = 1
    done, _ = run(caller, rows("a"), repeat_lost=True)
    assert done[0].value == "a"


def test_a_row_that_always_breaks_the_connection_is_given_up() -> None:
    caller = ScriptedCaller(lambda name: SessionLostError("gone") if name == "b" else name)
    done, _ = run(caller, rows("a", "b", "c"), repeat_lost=True)
    assert caller.calls["b"] == 3
    assert len([one for one in done if one.error]) == 1


def test_a_server_that_restarts_is_waited_for() -> None:
    until = time.monotonic() + 0.3

    def script(name: str) -> Any:
        if time.monotonic() < until:
            error = ConnectionFailedError("refused")
            error.was_sent = False
            return refused(error)
        return name

    caller = ScriptedCaller(script)
    done, _ = run(caller, rows(*map(str, range(50))), concurrency=8)
    assert not [one for one in done if one.error]
    assert caller.calls.total() < 50 + 8 * 8  # A pause, and no storm.


def test_a_server_that_is_away_for_too_long_ends_the_run() -> None:
    caller = ScriptedCaller(lambda name: refused(ConnectionFailedError("refused")))
    with pytest.raises(ServerAwayError, match="scripted refused every call"):
        run(caller, rows("a", "b"), patience=0.2)


def test_a_quota_ends_the_run_and_says_when_to_go_on() -> None:
    quota = ZeroGPUQuotaError("You have exceeded your GPU quota")
    quota.retry_after = 3720.0
    caller = ScriptedCaller(lambda name: quota if name == "b" else name)
    with pytest.raises(ZeroGPUQuotaError) as raised:
        run(caller, rows(*"abcdefghij"), concurrency=1)
    assert raised.value is quota
    assert caller.calls.total() == 2
    caller.calls.clear()
    engine = Engine(caller, rows(*"abc"), Settings.of({"concurrency": 1}))
    got: list[Any] = []

    async def collect() -> None:
        async for done in engine.results():
            got.append(done)

    with pytest.raises(ZeroGPUQuotaError):
        asyncio.run(collect())
    assert [one.value for one in got] == ["a"]  # What was done is not lost.
    assert "1 h 2 min" in engine.summary().next


def test_what_no_row_can_help_ends_the_run() -> None:
    caller = ScriptedCaller(lambda name: AuthenticationError("no token"))
    with pytest.raises(AuthenticationError):
        run(caller, rows(*map(str, range(100))), concurrency=4)
    assert caller.calls.total() <= 4


def test_on_error_raise_ends_with_the_first_error() -> None:
    caller = ScriptedCaller(lambda name: AppError("Sold out") if name == "b" else name)
    with pytest.raises(AppError, match="Sold out"):
        run(caller, rows(*"abcdefgh"), concurrency=1, on_error="raise")
    assert caller.calls.total() == 2


@pytest.mark.parametrize(("limit", "sent"), [(3, 4), ("5%", 100), (0.05, 100)])
def test_max_errors(limit: Any, sent: int) -> None:
    caller = ScriptedCaller(lambda name: AppError("no"))
    with pytest.raises(TooManyErrorsError, match="max_errors"):
        run(caller, rows(*map(str, range(300))), concurrency=1, max_errors=limit)
    assert caller.calls.total() == sent


@pytest.mark.parametrize(
    "options",
    [
        {"concurrency": 0},
        {"concurrency": "fast"},
        {"concurrency": True},
        {"rate": -1},
        {"max_errors": "many"},
        {"max_errors": 1.5},
        {"on_error": "ignore"},
        {"checkpoint": ""},
        {"checkpoint": 3},
        {"checkpoint": b"run.jsonl"},
        {"colour": "red"},
    ],
)
def test_a_wrong_option_is_refused_by_its_name(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(options))):
        Settings.of(MapOptions(**options))


def test_no_more_than_the_limit_are_under_way() -> None:
    caller = ScriptedCaller(seconds=0.005)
    run(caller, rows(*map(str, range(60))), concurrency=5)
    assert caller.at_once == 5


def test_a_rate_spaces_the_calls_out() -> None:
    start = time.monotonic()
    run(ScriptedCaller(), rows(*map(str, range(11))), rate=50)
    assert time.monotonic() - start >= 0.2


def test_rows_are_pulled_as_places_free_up() -> None:
    pulled: list[int] = []

    def items() -> Iterator[Any]:
        for number in range(1_000):
            pulled.append(number)
            yield {"name": str(number)}

    async def look() -> int:
        engine = Engine(ScriptedCaller(), items(), Settings.of({"concurrency": 4}))
        results = engine.results()
        await anext(results)
        await asyncio.sleep(0.05)  # Nobody takes any more results.
        return len(pulled)

    assert asyncio.run(look()) < 100


def test_an_asynchronous_input() -> None:
    async def items() -> AsyncIterator[Any]:
        for name in "abc":
            await asyncio.sleep(0)
            yield {"name": name}

    async def collect() -> list[str]:
        engine = Engine(ScriptedCaller(), items(), Settings.of({}))
        return [done.value async for done in engine.results()]

    assert sorted(asyncio.run(collect())) == ["A", "B", "C"]


def test_an_input_that_breaks_ends_the_run_after_what_was_sent() -> None:
    def items() -> Iterator[Any]:
        yield from rows("a", "b")
        raise OSError("the disk is gone")

    got: list[Any] = []

    async def collect() -> None:
        engine = Engine(ScriptedCaller(seconds=0.02), items(), Settings.of({}))
        async for done in engine.results():
            got.append(done.value)

    with pytest.raises(OSError, match="the disk is gone"):
        asyncio.run(collect())
    assert sorted(got) == ["A", "B"]
