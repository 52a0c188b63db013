"""What of a client is pickled: where it goes and how, and nothing that may be a key."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hubsmith import AsyncInferenceClient, InferenceApi, InferenceClient

SECRET = "of-nobody-else"
URL = f"https://user:{SECRET}@models.example.org:8443/v1?key={SECRET}&api-version=2#{SECRET}"


@pytest.mark.parametrize("kind", [InferenceClient, AsyncInferenceClient])
@pytest.mark.parametrize("name", ["model", "base_url"])
def test_a_url_is_pickled_as_messages_show_it(kind: Any, name: str) -> None:
    client = kind(**{name: URL}, token=SECRET, timeout=7)
    pickled = pickle.dumps(client)
    assert SECRET.encode() not in pickled
    copied = pickle.loads(pickled)
    assert (copied.model, copied.timeout) == ("https://models.example.org:8443/v1", 7)
    assert client.model == URL


@pytest.mark.parametrize("model", [None, "org/model", "org/model:fastest"])
def test_a_model_of_the_hub_is_pickled_as_it_is(model: str | None) -> None:
    assert pickle.loads(pickle.dumps(InferenceClient(model, provider="groq"))).model == model


def test_the_client_of_old_keeps_its_url_to_itself() -> None:
    api = InferenceApi(URL, token=SECRET)
    pickled = pickle.dumps(api)
    assert SECRET.encode() not in pickled
    assert SECRET not in repr(api)
    assert (api.repo_id, pickle.loads(pickled).repo_id) == (
        URL,
        "https://models.example.org:8443/v1",
    )
