"""What is sent again after a failure, counted by the server: calls of models are, taken jobs are not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hubsmith import AsyncInferenceClient, InferenceClient
from hubsmith_runtime import ConnectionFailedError, HubsmithError, Retries

from tests.waits.scripted_http import Answer, Fault, Loopback
from tests.waits.scripted_inference import ScriptedInference

MESSAGES = [{"role": "user", "content": "hi"}]
CHAT, JOB = "/v1/chat/completions", "/replicate/v1/models/org/paint/predictions"
PATIENT = Retries(attempts=3, base=0.0)


@pytest.fixture
def server(tokenless: pytest.MonkeyPatch) -> Iterator[ScriptedInference]:
    """Give the Hub, its router and a model server in one."""
    server = ScriptedInference()
    with Loopback().running() as loopback:
        loopback.start(server)
        tokenless.setenv("HF_ENDPOINT", server.url)
        tokenless.setenv("HUBSMITH_ROUTER", server.url)
        yield server


def painted(retries: Retries) -> bytes:
    """Make a picture at a provider that takes jobs."""
    with InferenceClient(provider="replicate", token="hf_1", retries=retries) as client:
        return client.with_raw_response.text_to_image("a cat", model="org/paint").content


@pytest.mark.parametrize("fault", [Fault.RESET, Answer(b"no", 500), Answer(b"no", 502)])
def test_a_call_whose_connection_broke_is_sent_again(server: ScriptedInference, fault: Any) -> None:
    server.plan(CHAT, fault, times=2)
    with InferenceClient(server.url, retries=PATIENT) as client:
        assert client.chat_completion(MESSAGES).choices[0].message.content == "Paris."
    assert server.asked[CHAT] == 3


def test_a_call_is_sent_once_where_that_is_asked_for(server: ScriptedInference) -> None:
    server.plan(CHAT, Fault.RESET)
    with InferenceClient(server.url, retries=Retries(attempts=1)) as client:
        with pytest.raises(ConnectionFailedError):
            client.chat_completion(MESSAGES)
    assert server.asked[CHAT] == 1


@pytest.mark.parametrize("fault", [Fault.RESET, Answer(b"no", 500), Answer(b"no", 502)])
def test_a_job_that_may_have_been_taken_is_not_sent_again(
    server: ScriptedInference, fault: Any
) -> None:
    server.plan(JOB, fault, times=1)
    with pytest.raises(HubsmithError):
        painted(PATIENT)
    assert server.asked[JOB] == 1


@pytest.mark.parametrize("fault", [Fault.RESET, Answer(b"no", 502)])
def test_a_job_that_may_have_been_taken_is_sent_again_where_that_is_allowed(
    server: ScriptedInference, fault: Any
) -> None:
    server.plan(JOB, fault, times=1)
    assert painted(Retries(base=0.0, after_accepted=True)) == b"GIF89a"
    assert server.asked[JOB] == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_job_that_was_refused_is_sent_again(server: ScriptedInference, status: int) -> None:
    server.plan(JOB, Answer({"error": "busy"}, status), times=2)
    assert painted(PATIENT) == b"GIF89a"
    assert server.asked[JOB] == 3


def test_a_question_about_a_job_is_asked_again_and_the_job_is_not(
    server: ScriptedInference,
) -> None:
    server.plan("/replicate/v1/jobs/org/paint", Fault.RESET, times=2)
    server.plan("/media/org/paint", Fault.RESET, times=1)
    assert painted(PATIENT) == b"GIF89a"
    assert (server.asked[JOB], server.asked["/replicate/v1/jobs/org/paint"]) == (1, 3)
    assert server.asked["/media/org/paint"] == 2


def test_asyncio_sends_a_job_once_too(server: ScriptedInference) -> None:
    server.plan(JOB, Fault.RESET, times=1)

    async def main() -> None:
        client = AsyncInferenceClient(provider="replicate", token="hf_1", retries=PATIENT)
        async with client:
            with pytest.raises(ConnectionFailedError):
                await client.text_to_image("a cat", model="org/paint")

    asyncio.run(main())
    assert server.asked[JOB] == 1
