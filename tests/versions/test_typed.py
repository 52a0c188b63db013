"""Every form of call through the generated client, on every Gradio version."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hubsmith_runtime import (
    AppError,
    Completed,
    JobCancelledError,
    Log,
    Partial,
    Progress,
    Queued,
    SpaceValidationError,
    Started,
    ValidationError,
)
from PIL import Image

from tests.versions.features import Features

pytestmark = pytest.mark.slow

OpenAsyncSpace = Callable[[], AbstractAsyncContextManager[Any]]

LINE_BREAKS = "a\x85b\u2028c\u2029d\n\ne\r\nf é 漢 🎈"


def left_pixel(content: bytes) -> tuple[int, int, int]:
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (4, 2)
        pixel = picture.convert("RGB").getpixel((0, 0))
        assert isinstance(pixel, tuple)
        return int(pixel[0]), int(pixel[1]), int(pixel[2])


def wait_until_it_runs(job: Any) -> None:
    assert any(isinstance(event, Started) for event in job.events())


def test_the_client_has_every_public_endpoint(package: ModuleType, features: Features) -> None:
    found = {
        request.__endpoint__.name.removeprefix("/")
        for name in package.__all__
        if hasattr(request := getattr(package, name), "__endpoint__")
    }
    assert found == features.endpoints


def test_text_and_numbers(space: Any) -> None:
    assert space.echo("hi ", times=3) == "hi hi hi "
    assert space.echo("hi") == "hihi"  # The Space's own default.
    assert space.half(5) == 2.5


def test_choices_a_slider_and_a_checkbox(space: Any) -> None:
    assert space.choose() == "green  3 True"
    answer = space.choose("red", several=["a", "c"], level=4.5, flag=False)
    assert answer == "red a+c 4.5 False"
    with pytest.raises(ValidationError, match="choice"):
        space.choose("violet")


def test_a_picture_goes_in_and_comes_out(space: Any, picture: Path) -> None:
    assert left_pixel(picture.read_bytes()) == (255, 0, 0)
    answer = space.mirror(picture)
    red, _, blue = left_pixel(answer.read())
    assert (red < 50, blue > 200) == (True, True)
    assert answer.name


def test_a_file_goes_in_and_comes_out(space: Any, tmp_path: Path) -> None:
    source = tmp_path / "a note é.txt"
    source.write_text("salt", encoding="utf-8")
    answer = space.shout(source)
    assert answer.read() == b"SALT"
    assert Path(answer).read_bytes() == b"SALT"
    assert answer.save(tmp_path / "saved.txt").read_bytes() == b"SALT"
    assert space.shout(answer).read() == b"SALT"  # A result is an argument, too.


def test_several_files_go_in_and_come_out(space: Any, tmp_path: Path) -> None:
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(name[:3])
    answer = space.join_files([tmp_path / "one.txt", tmp_path / "two.txt"])
    assert answer == "one.txt:one|two.txt:two"
    assert [file.read() for file in space.split("x yy zzz")] == [b"x", b"yy", b"zzz"]


def test_two_results_and_none(space: Any) -> None:
    upper, following = answer = space.two("x", number=1)
    assert (upper, following) == ("X", 2)
    assert (answer.upper, answer.next) == ("X", 2)
    assert space.nothing("x") is None


def test_a_generator_gives_each_partial_result(space: Any) -> None:
    job = space.jobs.tokens(3)
    assert list(job) == ["t0 ", "t0 t1 ", "t0 t1 t2 "]
    assert job.result() == "t0 t1 t2 " == space.tokens(3)


def test_an_asynchronous_generator_gives_each_partial_result(space: Any) -> None:
    partials = list(space.jobs.atokens(3))
    assert [(number, seen["seen"]) for number, seen in partials] == [
        (0, [0]),
        (1, [0, 1]),
        (2, [0, 1, 2]),
    ]


def test_progress_is_reported(space: Any) -> None:
    events = list(space.jobs.report(3).events())
    units = [event.units[0] for event in events if isinstance(event, Progress)]
    assert {(unit.length, unit.desc, unit.unit) for unit in units} == {(3, "working", "steps")}
    assert not any(isinstance(event, Partial) for event in events)
    assert events[-1] == Completed(value="reported")


def test_log_lines_are_reported(space: Any, features: Features) -> None:
    job = space.jobs.log("x")
    lines = [event.line for event in job.events() if isinstance(event, Log)]
    titles = ("Note", "Care") if features.titles else ("", "")
    assert [(line.level, line.message, line.title) for line in lines] == [
        ("info", "info x", titles[0]),
        ("warning", "warning x", titles[1]),
    ]
    assert job.result() == "x"


def test_a_session_keeps_state(space: Any) -> None:
    assert [space.count(2) for _ in range(3)] == [2, 4, 6]
    space.reset_session()
    assert space.count(2) == 2


def test_the_app_s_own_error_keeps_its_words(space: Any, features: Features) -> None:
    with pytest.raises(AppError, match="no tea") as caught:
        space.refuse("tea")
    assert caught.value.message == "no tea"
    if features.titles:
        assert caught.value.title == "Refused"
    job = space.jobs.refuse("tea")
    with pytest.raises(AppError, match="no tea"):
        list(job)
    assert job.status().stage == "failed"


def test_a_hidden_exception_says_that_it_is_hidden(space: Any) -> None:
    with pytest.raises(AppError, match="/crash") as caught:
        space.crash("x")
    assert caught.value.message == ""
    assert "secret" not in str(caught.value)


def test_a_validator_refuses_an_argument(space: Any, features: Features) -> None:
    if not features.validators:
        pytest.skip("this version has no validators")
    with pytest.raises(SpaceValidationError, match="Age must be at least 3"):
        space.validated(2)
    assert space.validated(3) == 3


def test_a_cancelled_generator_stops_on_the_server(space: Any) -> None:
    job = space.jobs.endless()
    numbers = iter(job)
    assert [next(numbers) for _ in range(3)] == [0, 1, 2]
    assert job.cancel()
    assert job.status().stage == "cancelled"
    with pytest.raises(JobCancelledError, match="/endless"):
        job.result()
    deadline, ticks = time.monotonic() + 30, -1
    while ticks != (ticks := space.count_ticks()):
        assert time.monotonic() < deadline, "the generator still runs on the server"
        time.sleep(0.5)


def test_a_running_function_can_be_cancelled(space: Any) -> None:
    job = space.jobs.sleep(60)
    wait_until_it_runs(job)
    assert job.cancel()
    assert job.status().stage == "cancelled"
    with pytest.raises(JobCancelledError, match="/sleep"):
        job.result(timeout=10)
    assert space.sleep(0) == "slept"


def test_a_queued_job_can_be_cancelled(space: Any) -> None:
    running = space.jobs.first(1.5)
    wait_until_it_runs(running)
    queued, after = space.jobs.second(1.5), space.jobs.first(0)
    assert queued.cancel()
    with pytest.raises(JobCancelledError, match="/second"):
        queued.result(timeout=10)
    # Old servers run a queued job although it was cancelled. That must not harm the others.
    assert [running.result(timeout=60), after.result(timeout=60)] == ["slept", "slept"]
    assert space.second(0) == "slept"


def test_cancelling_a_queued_job_leaves_the_running_one_alone(space: Any) -> None:
    running = space.jobs.first(1.5)
    wait_until_it_runs(running)
    queued = space.jobs.first(0.5)
    next(event for event in queued.events() if isinstance(event, Queued))
    assert queued.cancel()
    assert running.result(timeout=60) == "slept"
    with pytest.raises(JobCancelledError, match="/first"):
        queued.result(timeout=10)


def test_cancelling_one_job_leaves_no_other_waiting_for_ever(space: Any) -> None:
    cancelled, other, elsewhere = space.jobs.sleep(3), space.jobs.sleep(3), space.jobs.first(1)
    for job in (cancelled, other):
        wait_until_it_runs(job)
    assert cancelled.cancel()
    # Servers stop every running job of an endpoint and session at once, and tell of one only.
    with pytest.raises(JobCancelledError, match="/sleep"):
        other.result(timeout=20)
    assert elsewhere.result(timeout=60) == "slept"


def test_an_update_is_its_value(space: Any) -> None:
    assert space.update("x") == "new x"


def test_a_chat_with_its_history(space: Any) -> None:
    first = space.chat("one")
    second = space.chat("two", history=first)
    assert [turn.role for turn in second] == ["user", "assistant"] * 2
    assert "answer 2 to two" in second[-1].model_dump_json()


def test_no_number_is_none(space: Any) -> None:
    answer = space.not_a_number(1.5)
    assert answer == {"value": None, "list": [1.5, None, None], "text": "é\u2028\x85"}


def test_line_breaks_and_scripts_survive(space: Any) -> None:
    assert space.line_breaks() == LINE_BREAKS
    assert space.echo(LINE_BREAKS, times=1) == LINE_BREAKS


def test_an_unqueued_endpoint(space: Any) -> None:
    assert space.unqueued("x", times=2) == "xx"


def test_names_with_a_dash_or_a_slash(space: Any) -> None:
    assert space.with_dash(4) == 2
    assert space.with_slash(6) == 3


def test_a_function_without_components(space: Any, features: Features) -> None:
    if not features.functions:
        pytest.skip("this version has no gr.api")
    assert space.typed("ab") == {"text": "abab", "tags": ""}
    answer = space.typed("ab", times=1, style="loud", tags=["x", "y"])
    assert answer == {"text": "AB", "tags": "x,y"}


def test_many_jobs_share_a_session(space: Any) -> None:
    jobs = [space.jobs.echo(f"{number},", times=2) for number in range(30)]
    assert [job.result(timeout=60) for job in jobs] == [f"{n},{n}," for n in range(30)]


def test_asynchronous_calls(open_async_space: OpenAsyncSpace, picture: Path) -> None:
    async def call() -> None:
        async with open_async_space() as space:
            assert await asyncio.gather(*(space.echo(f"{n},") for n in range(5))) == [
                f"{n},{n}," for n in range(5)
            ]
            job = await space.jobs.tokens(3)
            assert [partial async for partial in job] == ["t0 ", "t0 t1 ", "t0 t1 t2 "]
            assert await job.result() == "t0 t1 t2 "
            assert [await space.count(2) for _ in range(2)] == [2, 4]
            mirrored = await space.mirror(picture)
            assert left_pixel(await mirrored.aread())[2] > 200
            with pytest.raises(AppError, match="no tea"):
                await space.refuse("tea")
            endless = await space.jobs.endless()
            async for number in endless:
                if number == 2:
                    break
            assert await endless.cancel()
            with pytest.raises(JobCancelledError):
                await endless.result()

    asyncio.run(call())
