"""`transformers serve`: it refuses every key that it does not know, and never says [DONE]."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hubsmith import HubsmithError, InferenceClient

MESSAGES = [{"role": "user", "content": "Say this is a test"}]


@pytest.fixture
def client(transformers_url: str) -> Iterator[InferenceClient]:
    with InferenceClient(base_url=transformers_url, timeout=120) as client:
        yield client


@pytest.fixture
def model() -> str:
    return os.environ["HUBSMITH_TINY_LLAMA"]


def test_chat(client: InferenceClient, model: str) -> None:
    output = client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=4)
    assert output.choices[0].message.role == "assistant"


def test_a_stream_without_an_end_mark(client: InferenceClient, model: str) -> None:
    stream = client.chat.completions.create(
        model=model, messages=MESSAGES, max_tokens=4, stream=True
    )
    chunks = list(stream)
    assert chunks[-1].choices[0].finish_reason is not None


def test_an_unknown_key_is_refused_in_the_servers_words(
    client: InferenceClient, model: str
) -> None:
    with pytest.raises(HubsmithError, match="Unexpected"):
        client.chat.completions.create(
            model=model, messages=MESSAGES, max_tokens=4, extra_body={"no_such_key": 1}
        )
