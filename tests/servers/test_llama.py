"""llama.cpp's OpenAI-shaped server on a random model: what it says is nonsense, its form is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest
from hubsmith import AsyncInferenceClient, HubsmithError, InferenceClient, merge_chunks

MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "Say this is a test"}]
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather",
        "parameters": {
            "type": "object",
            "properties": {"days": {"type": "integer"}, "city": {"enum": ["Bern", "Rome"]}},
            "required": ["city", "days"],
        },
    },
}
CHOICE: dict[str, Any] = {"type": "function", "function": {"name": "weather"}}


class Answer(pydantic.BaseModel):
    yes: bool
    points: int


@pytest.fixture
def client(llama_url: str) -> Iterator[InferenceClient]:
    with InferenceClient(base_url=llama_url, timeout=120) as client:
        yield client


def test_chat(client: InferenceClient) -> None:
    output = client.chat.completions.create(model="tiny", messages=MESSAGES, max_tokens=8)
    assert output.choices[0].message.role == "assistant"
    assert output.choices[0].finish_reason in ("length", "stop")
    assert output.usage is not None
    assert output.usage.completion_tokens <= 8


def test_chat_without_a_model_name(client: InferenceClient) -> None:
    assert client.chat_completion(MESSAGES, max_tokens=2).choices


def test_a_stream_is_the_same_text(client: InferenceClient) -> None:
    whole = client.chat_completion(MESSAGES, max_tokens=12, seed=1, temperature=0)
    chunks = list(
        client.chat_completion(MESSAGES, max_tokens=12, seed=1, temperature=0, stream=True)
    )
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == whole.choices[0].message.content
    assert merge_chunks(chunks).content == said


def test_a_stream_that_is_left_early_frees_the_server(client: InferenceClient) -> None:
    with client.chat_completion(MESSAGES, max_tokens=200, stream=True) as stream:
        next(iter(stream))
    assert client.chat_completion(MESSAGES, max_tokens=2).choices


def test_a_tool_is_called_with_arguments_of_its_schema(client: InferenceClient) -> None:
    output = client.chat_completion(
        MESSAGES, tools=[WEATHER], tool_choice=CHOICE, max_tokens=200, temperature=0.2
    )
    calls = output.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.name == "weather"
    arguments = calls[0].function.arguments
    if output.choices[0].finish_reason != "length":
        assert json.loads(arguments)["city"] in ("Bern", "Rome")


def test_an_answer_that_follows_a_schema(client: InferenceClient) -> None:
    # This server has a form of its own for schemas; a dict goes to a URL as it is.
    wanted = {"type": "json_object", "schema": Answer.model_json_schema()}
    output = client.chat_completion(MESSAGES, response_format=wanted, max_tokens=300)
    content = output.choices[0].message.content
    assert content is not None
    assert isinstance(Answer.model_validate_json(content), Answer)


def test_embeddings_by_a_custom_request(llama_url: str) -> None:
    with InferenceClient() as client:
        answer = client.post(
            json={"input": "a", "model": "tiny"}, model=f"{llama_url}/v1/embeddings"
        )
    assert len(answer.json()["data"]) == 1


def test_too_long_a_prompt_is_told_in_the_servers_words(client: InferenceClient) -> None:
    long = [{"role": "user", "content": "word " * 2000}]
    with pytest.raises(HubsmithError, match="maximum context length"):
        client.chat_completion(long, max_tokens=8)


def test_many_streams_at_once(llama_url: str) -> None:
    async def one(client: AsyncInferenceClient, seed: int) -> str:
        stream = await client.chat.completions.create(
            messages=MESSAGES, stream=True, seed=seed, max_tokens=4
        )
        return "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])

    async def run() -> list[str]:
        async with AsyncInferenceClient(base_url=llama_url, timeout=120) as client:
            return await asyncio.gather(*(one(client, seed) for seed in range(4)))

    assert len(asyncio.run(run())) == 4
