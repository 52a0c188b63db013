"""What a model repeats of a secret is hidden before a message is shortened: no half of it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydantic
import pytest
from hubsmith import InferenceClient, ResultError, merge_chunks

from tests.waits.scripted_http import Answer, Loopback, stream
from tests.waits.scripted_inference import DONE, ScriptedInference, chunk, completion

SECRET = "hf_half-of-this-is-still-half-a-secret"
MESSAGES = [{"role": "user", "content": "hi"}]
CHAT = "/v1/chat/completions"
# The secret begins before the place where a message is cut, and ends behind it.
PLACES = range(40, 76, 5)


class Town(pydantic.BaseModel):
    name: str


@pytest.fixture
def server(tokenless: pytest.MonkeyPatch) -> Iterator[ScriptedInference]:
    server = ScriptedInference()
    with Loopback().running() as loopback:
        loopback.start(server)
        yield server


def shown(error: pytest.ExceptionInfo[ResultError]) -> str:
    return f"{error.value} {error.value!r}"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["content", "refusal"])
def test_an_answer_that_does_not_parse(server: ScriptedInference, place: int, name: str) -> None:
    answer: dict[str, Any] = completion("no")
    answer["choices"][0]["message"][name] = f"{'x' * place}{SECRET}, I was sent"
    server.plan(CHAT, Answer(answer))
    with InferenceClient(server.url, token=SECRET) as client:
        with pytest.raises(ResultError, match="Town") as error:
            client.chat_completion(MESSAGES, response_format=Town)
    assert SECRET[:4] not in shown(error)
    assert "*" in shown(error)


@pytest.mark.parametrize("place", PLACES)
def test_a_stream_that_does_not_parse(server: ScriptedInference, place: int) -> None:
    parts = [chunk(f"{'x' * place}{SECRET[:9]}"), chunk(f"{SECRET[9:]}, I was sent", "stop"), DONE]
    server.plan(CHAT, stream(*parts))
    with InferenceClient(server.url, token=SECRET) as client:
        with client.chat_completion(MESSAGES, stream=True) as chunks:
            with pytest.raises(ResultError, match="Town") as error:
                merge_chunks(chunks, response_format=Town)
    assert SECRET[:4] not in shown(error)
    assert "*" in shown(error)
