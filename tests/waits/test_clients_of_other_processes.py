"""Clients and results that are pickled: what is made of them connects anew, without secrets."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import time
from typing import Any

import pytest
from hubsmith import AsyncClient, AsyncInferenceClient, Client, InferenceClient
from hubsmith_runtime import HubsmithError, Retries, SessionLostError

from tests.runtime.kitchen_client import AsyncKitchen, Kitchen
from tests.waits.scripted_http import Answer, Asked, Fault, Loopback
from tests.waits.scripted_inference import ScriptedInference
from tests.waits.scripted_space import ScriptedSpace

SECRET = "hunter2"
MESSAGES = [{"role": "user", "content": "hi"}]
EAGER = Retries(base=0.01, longest=0.02)
EVENTS, JOIN = "/gradio_api/queue/data", "/gradio_api/queue/join"
FILE = {"path": "a.txt", "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}

OWN = {"token": SECRET, "headers": {"x-own": SECRET}, "cookies": {"a": SECRET}}


@pytest.fixture
def server(loopback: Loopback) -> ScriptedInference:
    server = ScriptedInference()
    loopback.start(server)
    return server


@pytest.mark.parametrize("kind", [Client, Kitchen])
def test_a_pickled_client_connects_anew_without_secrets(space: ScriptedSpace, kind: Any) -> None:
    more = {"oauth_token": SECRET} if kind is Client else {}
    url = space.url.replace("://", f"://user:{SECRET}@")
    with kind(url, **OWN, auth=("a", SECRET), timeout=7, retries=EAGER, **more) as client:
        call = (lambda c: c.echo("x")) if kind is Kitchen else _predict
        assert call(client) == "x"
        pickled = pickle.dumps(client)
        assert SECRET.encode() not in pickled
        with pickle.loads(pickled) as copied:
            assert call(copied) == "x"
            assert copied.session_hash != client.session_hash
            assert copied._core.timeout == 7
            assert copied._core.connector.retries == EAGER
            assert not any(SECRET in value for value in space.last[JOIN].headers.values())
        assert call(client) == "x"


def _predict(client: Any) -> Any:
    return client.predict("x", api_name="/echo")


@pytest.mark.parametrize("kind", [AsyncClient, AsyncKitchen])
def test_a_pickled_async_client_connects_anew(space: ScriptedSpace, kind: Any) -> None:
    async def main() -> None:
        async with kind(space.url, **OWN) as client:
            call = (lambda c: c.echo("x")) if kind is AsyncKitchen else _predict
            assert await call(client) == "x"
            pickled = pickle.dumps(client)
            assert SECRET.encode() not in pickled
            async with pickle.loads(pickled) as copied:
                assert await call(copied) == "x"

    asyncio.run(main())


def test_a_pickled_inference_client_connects_anew(server: ScriptedInference) -> None:
    own = {**OWN, "headers": {**OWN["headers"], "X-HF-Bill-To": "org"}}
    with InferenceClient(server.url, **own) as client:
        assert client.chat_completion(MESSAGES)
        assert client.with_raw_response.chat_completion(MESSAGES).status == 200
        pickled = pickle.dumps(client)
        assert SECRET.encode() not in pickled
        with pickle.loads(pickled) as copied:
            assert copied.chat_completion(MESSAGES)
            assert copied.headers == {"X-HF-Bill-To": "org"}
        assert client.token == SECRET
    pickled = pickle.dumps(AsyncInferenceClient(server.url, **OWN))
    assert SECRET.encode() not in pickled
    asyncio.run(pickle.loads(pickled).close())


def test_results_with_files_are_pickled(space: ScriptedSpace) -> None:
    from tests.waits.scripted_space import completed

    space.script = lambda _: [completed(FILE)]
    with Client(space.url, **OWN) as client:
        pickled = pickle.dumps(_predict(client))
        assert SECRET.encode() not in pickled
        assert pickle.loads(pickled).read() == b"content"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_an_async_client_refuses_to_be_used_after_a_fork(space: ScriptedSpace) -> None:
    async def main() -> None:
        async with AsyncClient(space.url) as client:
            job = await client.submit("x", api_name="/echo")
            assert await job.result() == "x"
            if not (child := os.fork()):
                code = 3
                try:
                    call = client._driver.run(client._core.connector.connect())
                    call.send(None)
                except HubsmithError as error:
                    code = 0 if "fork" in str(error) else 2
                finally:
                    os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert await client.predict("y", api_name="/echo") == "y"

    asyncio.run(main())


# Sessions


def test_reset_session_ends_the_old_session_at_once(space: ScriptedSpace) -> None:
    with Client(space.url) as client:
        assert _predict(client) == "x"
        old = client.session_hash
        client.reset_session()
        _until(lambda: space.ended == [old])
        assert _predict(client) == "x"
        new = client.session_hash
    assert space.ended == [old, new]


def test_reset_session_ends_the_old_session_at_once_with_asyncio(space: ScriptedSpace) -> None:
    async def main() -> None:
        async with AsyncClient(space.url) as client:
            assert await _predict(client) == "x"
            old = client.session_hash
            client.reset_session()
            for _ in range(100):
                await asyncio.sleep(0.02)
                if space.ended:
                    break
            assert space.ended == [old]
            assert await _predict(client) == "x"

    asyncio.run(main())


def test_reset_session_leaves_jobs_under_way_alone(space: ScriptedSpace) -> None:
    from tests.waits.scripted_space import completed

    space.script = lambda data: [0.3, completed(data[0])]
    with Client(space.url) as client:
        job, old = client.submit("a", api_name="/echo"), client.session_hash
        client.reset_session()
        assert job.result() == "a"
        assert space.ended == []
        assert _predict(client) == "x"
        _until(lambda: space.ended == [old])


def _until(is_met: Any) -> None:
    until = time.monotonic() + 2
    while not is_met() and time.monotonic() < until:
        time.sleep(0.02)
    assert is_met()


# Streams


@pytest.mark.parametrize("status", [0, 502, 504])
@pytest.mark.parametrize("after_accepted", [False, True])
def test_a_stream_that_may_have_spent_the_events_is_not_asked_for_twice(
    space: ScriptedSpace, status: int, after_accepted: bool
) -> None:
    space.plan(EVENTS, Answer(b"", status) if status else Fault.RESET, times=1)
    eager = Retries(base=0.01, longest=0.02, after_accepted=after_accepted)
    with Client(space.url, retries=eager) as client:
        job = client.submit("x", api_name="/echo")
        with pytest.raises(SessionLostError):
            job.result(timeout=5)
        assert space.asked[EVENTS] == 1


def test_a_stream_that_ends_again_and_again_with_a_job_pending_has_an_end(
    space: ScriptedSpace,
) -> None:
    from tests.waits.scripted_http import stream

    estimation = {"msg": "estimation", "event_id": "job-0", "rank": 0}
    space.plan(EVENTS, stream(estimation, {"msg": "close_stream"}))
    with Client(space.url, retries=EAGER) as client:
        job = client.submit("x", api_name="/echo")
        with pytest.raises(SessionLostError, match="several times in a row"):
            job.result(timeout=5)
        assert space.asked[EVENTS] <= 5


def test_a_job_that_was_being_sent_when_the_stream_broke_is_lost_at_once(
    space: ScriptedSpace,
) -> None:
    import threading

    from tests.waits.scripted_space import started

    space.script = lambda data: [started(), 0.6, Fault.RESET] if data[0] == "a" else [60.0]
    joined = threading.Event()

    async def held_back() -> None:
        await asyncio.sleep(1.2)

    def join(asked: Asked) -> Answer:
        answer = space.answer(asked)
        joined.set()
        return answer

    space.plan(JOIN, join)
    with Client(space.url) as client:
        first = client.submit("a", api_name="/echo")
        held = space.respond

        async def slow(asked: Asked, connection: Any) -> None:
            if asked.path == JOIN:
                await held_back()
            await held(asked, connection)

        space.respond = slow  # pyright: ignore[reportAttributeAccessIssue]
        began = time.monotonic()
        with pytest.raises(SessionLostError):
            client.predict("b", api_name="/echo")
        assert time.monotonic() - began < 5
        with pytest.raises(SessionLostError):
            first.result(timeout=5)


# The log


def test_the_log_has_a_line_per_request_and_says_what_is_waited_for(
    space: ScriptedSpace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "hubsmith")
    space.plan("/config", Answer({"detail": "busy"}, 503), times=1)
    space.plan("/config", Fault.RESET, times=1)
    with Client(f"{space.url}/?key={SECRET}", **OWN, retries=EAGER) as client:
        assert _predict(client) == "x"
    lines = [record.getMessage() for record in caplog.records if record.name == "hubsmith"]
    text = "\n".join(lines)
    assert SECRET not in text
    assert "?" not in text
    levels = {record.getMessage(): record.levelno for record in caplog.records}
    config = [line for line in lines if line.startswith(f"GET {space.url}/config: ")]
    assert [line.split(": ")[1].split()[0] for line in config] == ["503", "ReadError", "200"]
    assert [line[-1] for line in config] == ["1", "2", "3"]
    assert all(levels[line] == logging.DEBUG for line in config)
    waits = [line for line in lines if line.startswith("Waiting ")]
    assert len(waits) == 2
    assert "(503)" in waits[0]
    assert all(levels[line] == logging.INFO for line in waits)
    assert any(line.startswith(f"POST {space.url}{JOIN}: 200 after ") for line in lines)
