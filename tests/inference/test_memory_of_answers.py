"""A large answer takes at most four times its size while it is read, and then what its result takes."""

from __future__ import annotations

import base64
import io
import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hubsmith import InferenceClient, ResultError

from tests.waits.scripted_http import Answer, Loopback
from tests.waits.scripted_inference import ScriptedInference, completion

pytestmark = pytest.mark.slow

SIZE = 8 << 20
TEXT = "word " * (SIZE // 5)


def in_parts(text: str) -> dict[str, Any]:
    """Give an answer of another form than the declared one."""
    answer: dict[str, Any] = completion("")
    answer["choices"][0]["message"]["content"] = [{"type": "text", "text": text}]
    return answer


def embeddings(digits: int) -> list[list[float]]:
    draw, rows = random.Random(1), SIZE // (256 * (digits + 4))
    return [[round(draw.uniform(-1, 1), digits) for _ in range(256)] for _ in range(rows)]


def chat(client: InferenceClient) -> Any:
    return client.chat_completion([{"role": "user", "content": "hi"}])


def generate(client: InferenceClient) -> Any:
    return client.text_generation("hi")


def embed(client: InferenceClient) -> Any:
    return client.feature_extraction("hi")


def embed_as_openai(client: InferenceClient) -> Any:
    return client.feature_extraction("hi", model="tiny")


def draw(client: InferenceClient) -> Any:
    return client.text_to_image("hi", model="tiny")


def picture() -> dict[str, Any]:
    """Give an answer with a picture as base64 text."""
    image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image.new("RGB", (2048, SIZE // 2048 // 4)).save(file, "BMP")
    content = base64.b64encode(file.getvalue() + b"0").decode()
    assert content.endswith("=")
    return {"data": [{"b64_json": content}]}


@pytest.fixture
def server(tokenless: pytest.MonkeyPatch) -> Iterator[ScriptedInference]:
    server = ScriptedInference()
    with Loopback().running() as loopback:
        loopback.start(server)
        yield server


@pytest.mark.parametrize(
    ("call", "answered"),
    [
        pytest.param(chat, lambda: completion(TEXT), id="chat"),
        pytest.param(chat, lambda: completion("wörd " * (SIZE // 6)), id="other letters"),
        pytest.param(chat, lambda: in_parts(TEXT), id="another form"),
        pytest.param(generate, lambda: [{"generated_text": TEXT}], id="text"),
        pytest.param(embed, lambda: embeddings(4), id="short numbers"),
        pytest.param(embed, lambda: embeddings(17), id="long numbers"),
        pytest.param(draw, picture, id="picture"),
        pytest.param(
            embed_as_openai,
            lambda: {"data": [{"embedding": one} for one in embeddings(9)]},
            id="openai",
        ),
    ],
)
def test_a_large_answer_takes_four_times_its_size_at_most(
    server: ScriptedInference, call: Callable[[InferenceClient], Any], answered: Callable[[], Any]
) -> None:
    content = json.dumps(answered(), ensure_ascii=False).encode()
    for path in ("/", "/v1/chat/completions", "/v1/embeddings", "/v1/images/generations"):
        server.plan(path, Answer({}), times=1)
        server.plan(path, Answer(content))
    with InferenceClient(base_url=server.url) as client:
        with pytest.raises(ResultError):  # What is made once is made by this call.
            call(client)
        tracemalloc.start()
        try:
            result = call(client)
            kept, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert result is not None
    assert peak < 4 * len(content), f"{peak / len(content):.1f} times"
    assert kept < 1.5 * len(content), f"{kept / len(content):.1f} times"
