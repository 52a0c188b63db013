"""Clients that are used for long, from several threads, and while their Space changes."""

from __future__ import annotations

import asyncio
import gc
import os
import queue
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hubsmith import AsyncClient, Client
from hubsmith_runtime import HubsmithError, InferenceTimeoutError, Retries

from tests.runtime.kitchen_client import Kitchen
from tests.waits.scripted_http import Answer, Asked, Fault, Loopback, sse, stream
from tests.waits.scripted_inference import ScriptedInference
from tests.waits.scripted_space import ScriptedSpace, completed, log, started

EVENTS, JOIN, CANCEL = "/gradio_api/queue/data", "/gradio_api/queue/join", "/gradio_api/cancel"
EAGER = Retries(base=0.01, longest=0.02)


def echo(client: Any, text: str) -> Any:
    return client.predict(text, api_name="/echo")


@pytest.mark.parametrize("timeout", [None, 10.0])
def test_a_done_callback_may_call_the_same_client(
    space: ScriptedSpace, timeout: float | None
) -> None:
    space.script = lambda data: [0.05, completed(data[0])]
    chained: queue.Queue[str] = queue.Queue()
    with Kitchen(space.url, timeout=timeout) as kitchen:
        job = kitchen.jobs.echo("a")
        job.add_done_callback(lambda done: chained.put(kitchen.echo(done.result() + "b")))
        assert chained.get(timeout=5) == "ab"
        # Here the caller's own thread may be the one that learns of the job's end.
        kitchen.jobs.echo("c").add_done_callback(lambda _: chained.put(kitchen.echo("d")))
        assert kitchen.echo("e") == "e"
        assert chained.get(timeout=5) == "d"


def test_a_done_callback_holds_up_nobody_else(space: ScriptedSpace) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(_: object) -> None:
        begun.set()
        go_on.wait(10)

    with Kitchen(space.url) as kitchen, ThreadPoolExecutor(1) as pool:
        kitchen.jobs.echo("a").add_done_callback(wait)
        assert begun.wait(5)
        try:
            assert pool.submit(kitchen.echo, "b").result(timeout=3) == "b"
        finally:
            go_on.set()


@pytest.mark.parametrize("source", ["by name", "by URL"])
def test_a_space_may_be_rebuilt_under_another_prefix(
    space: ScriptedSpace, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    hub = ScriptedInference()
    loopback.start(hub)
    hub.plan("/api/spaces/a/kitchen/host", Answer({"host": space.url}))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    with Client("a/kitchen" if source == "by name" else space.url) as client:
        assert echo(client, "a") == "a"
        for prefix in ("/elsewhere", ""):
            space.prefix = prefix
            assert [echo(client, word) for word in "bc"] == ["b", "c"]


@pytest.mark.parametrize("answer", [Answer(status=204), Answer(status=206), stream()])
def test_an_event_stream_that_is_none_is_not_asked_for_without_end(
    space: ScriptedSpace, answer: Answer
) -> None:
    space.plan(EVENTS, answer)
    with Client(space.url, retries=EAGER, timeout=2) as client:
        with pytest.raises(HubsmithError) as caught:
            echo(client, "a")
        assert not isinstance(caught.value, InferenceTimeoutError)
        job = client.submit("a", api_name="/echo")
        with pytest.raises(HubsmithError) as caught:
            job.result(timeout=2)
        assert not isinstance(caught.value, InferenceTimeoutError)
        asked = space.asked[EVENTS]
        assert asked <= 40
        time.sleep(0.3)
        assert space.asked[EVENTS] == asked  # It is over, and nobody goes on asking.

    async def main() -> None:
        async with AsyncClient(space.url, retries=EAGER, timeout=2) as client:
            with pytest.raises(HubsmithError) as caught:
                await echo(client, "a")
            assert not isinstance(caught.value, InferenceTimeoutError)

    asyncio.run(main())
    assert space.asked[EVENTS] <= 60


def test_an_earlier_session_ends_although_the_next_call_fails(space: ScriptedSpace) -> None:
    with Client(space.url) as client:
        assert echo(client, "a") == "a"
        sessions = [client.session_hash]
        client.reset_session()
        space.plan(JOIN, Answer({"detail": "no"}, 500), times=1)
        with pytest.raises(HubsmithError):
            echo(client, "b")
        assert echo(client, "c") == "c"
        sessions.append(client.session_hash)
    assert sorted(space.ended) == sorted(sessions)


@pytest.mark.slow
def test_many_log_lines_take_time_in_proportion(space: ScriptedSpace, loopback: Loopback) -> None:
    def seconds(lines: int) -> float:
        space = ScriptedSpace()
        loopback.start(space)
        messages = [*[log("kneading")] * lines, completed("x"), {"msg": "close_stream"}]
        body = b"".join(sse({"event_id": "job-0", **message}) for message in messages)
        space.plan(EVENTS, stream(body))
        with Client(space.url) as client:
            job = client.submit("a", api_name="/echo")
            start = time.process_time()
            assert job.result(timeout=60) == "x"
            used = time.process_time() - start
            assert len(job.status().log) >= 5_000  # It keeps the last ones of very many.
        return used

    few = min(seconds(5_000) for _ in range(2))
    # Four times the lines: 4 where it is linear, 16 where each line copies those before it.
    assert min(seconds(20_000) for _ in range(2)) < 9 * few


@pytest.mark.slow
def test_cancelled_jobs_leave_nothing_behind(space: ScriptedSpace) -> None:
    space.script = lambda _: [started(), 60.0]

    def objects_after(client: Client, jobs: int) -> int:
        for _ in range(jobs):
            assert client.submit("a", api_name="/echo").cancel()
        gc.collect()
        return len(gc.get_objects())

    with Client(space.url) as client:
        client.submit("a", api_name="/echo")  # The session goes on all the while.
        before = objects_after(client, 50)
        assert objects_after(client, 300) - before < 150


@pytest.mark.slow
def test_cancelling_a_task_returns_at_once(space: ScriptedSpace) -> None:
    space.script = lambda _: [60.0]
    space.plan(CANCEL, Fault.SILENT)

    async def main() -> None:
        async with AsyncClient(space.url) as client:
            job = await client.submit("a", api_name="/echo")
            for call in (lambda: echo(client, "a"), job.result):
                start = time.monotonic()
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(call(), 0.3)
                assert time.monotonic() - start < 0.3 + 0.5
            start = time.monotonic()
        assert time.monotonic() - start < 5  # Closing does not wait without end either.

    asyncio.run(main())
    assert space.asked[CANCEL] == 2


def test_others_do_not_cut_short_the_wait_before_a_retry(space: ScriptedSpace) -> None:
    times: list[float] = []

    def busy(asked: Asked) -> Answer:
        times.append(time.monotonic())
        return Answer({"detail": "busy"}, 503, {"retry-after": "1"})

    def well(asked: Asked) -> Answer:
        times.append(time.monotonic())
        return space.answer(asked)

    space.plan(EVENTS, busy, times=1)
    space.plan(EVENTS, well)
    with Client(space.url) as client:
        patient = client.submit("a", api_name="/echo")
        for word in "bcd":
            client.submit(word, api_name="/echo").cancel()
        assert patient.result(timeout=10) == "a"
    assert times[1] - times[0] >= 0.95


def test_threads_may_share_a_client_whose_space_falls_asleep(
    space: ScriptedSpace, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = ScriptedInference()
    loopback.start(hub)
    hub.plan("/api/spaces/a/kitchen/host", Answer({"host": space.url}))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)

    def asleep_now_and_then(asked: Asked) -> Answer:
        is_gone = space.asked[JOIN] % 7 == 0
        return Answer({"detail": "Not Found"}, 404) if is_gone else space.answer(asked)

    space.plan(JOIN, asleep_now_and_then)
    with Client("a/kitchen", retries=EAGER) as client, ThreadPoolExecutor(8) as pool:

        def call(number: int) -> object:
            try:
                return client.predict(text=number, api_name="/echo") == number
            except HubsmithError as error:  # Asleep twice in a row.
                return type(error).__name__

        outcomes = set(pool.map(call, range(160)))
    assert True in outcomes
    assert outcomes <= {True, "SpaceUnavailableError"}


FORK = """
import os, signal, sys
from hubsmith import Client, InferenceClient
from hubsmith_runtime import HubsmithError

space, server = sys.argv[1:]
client, inference = Client(space), InferenceClient(server)
calls = [
    lambda: client.predict("a", api_name="/echo"),
    lambda: client.submit("a", api_name="/echo").result(timeout=5),
    lambda: inference.chat_completion([{"role": "user", "content": "hi"}]),
]
for call in calls:
    call()
child = os.fork()
if not child:
    signal.alarm(10)
    for call in calls:
        try:
            call()
        except HubsmithError as error:
            if "fork" not in str(error):
                os._exit(2)
        else:
            os._exit(1)
    os._exit(0)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
for call in calls:
    call()
client.close(), inference.close()
sys.exit(code)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_client_refuses_to_be_used_after_a_fork(space: ScriptedSpace, loopback: Loopback) -> None:
    server = ScriptedInference()
    loopback.start(server)
    command = [sys.executable, "-W", "ignore", "-c", FORK, space.url, server.url]
    ended = subprocess.run(command, timeout=60, check=False)
    assert ended.returncode == 0  # 1: the child's call went through; 2: its error does not say why.
