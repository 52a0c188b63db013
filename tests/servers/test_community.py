"""The classical wire format, as the Hub's own server package reads and writes it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from hubsmith import AsyncInferenceClient, HubsmithError, InferenceClient
from PIL import Image


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 2), "red").save(buffer, format="PNG")
    return buffer.getvalue()


Call = Callable[[Any, dict[str, Any]], Any]
"""Calls a method of a client, the address given as `model`."""

CALLS: dict[str, tuple[Call, Callable[[Any], bool]]] = {
    "feature-extraction": (
        lambda client, to: client.feature_extraction("hello", **to),
        lambda result: result.tolist() == [[5.0, 0.5]],
    ),
    "fill-mask": (
        lambda client, to: client.fill_mask("a [MASK] b", top_k=2, **to),
        lambda result: [one.token_str for one in result] == ["word0", "word1"],
    ),
    "image-classification": (
        lambda client, to: client.image_classification(picture(), **to),
        lambda result: result[0].label == "label 0" and result[0]["score"] == 0.5,
    ),
    "image-segmentation": (
        lambda client, to: client.image_segmentation(picture(), **to),
        lambda result: result[0].label == "cat" and result[0].mask.size == (4, 2),
    ),
    "image-to-image": (
        lambda client, to: client.image_to_image(picture(), **to),
        lambda result: result.size == (2, 4),
    ),
    "image-to-text": (
        lambda client, to: client.image_to_text(picture(), **to),
        lambda result: result.generated_text == "4 by 2",
    ),
    "object-detection": (
        lambda client, to: client.object_detection(picture(), **to),
        lambda result: result[0].box.xmax == 4 and result[0].score == 0.5,
    ),
    "question-answering": (
        lambda client, to: client.question_answering("who?", "it is Bob", **to),
        lambda result: result.answer == "Bob" and result.start == 6,
    ),
    "sentence-similarity": (
        lambda client, to: client.sentence_similarity("a", other_sentences=["a", "b"], **to),
        lambda result: result == [1.0, 0.0],
    ),
    "summarization": (
        lambda client, to: client.summarization("long text", **to),
        lambda result: result.summary_text == "long []",
    ),
    "table-question-answering": (
        lambda client, to: client.table_question_answering({"a": ["1"]}, "how many?", **to),
        lambda result: result.answer == "how many?" and result.cells == ["1"],
    ),
    "tabular-classification": (
        lambda client, to: client.tabular_classification({"a": ["1", "2"]}, **to),
        lambda result: [str(one) for one in result] == ["1", "1"],
    ),
    "tabular-regression": (
        lambda client, to: client.tabular_regression({"a": ["1", "2"]}, **to),
        lambda result: result == [0.5, 1.0],
    ),
    "text-classification": (
        lambda client, to: client.text_classification("I like it", **to),
        lambda result: [one.label for one in result] == ["label 0", "label 1"],
    ),
    "text-generation": (
        lambda client, to: client.text_generation("Once", return_full_text=True, **to),
        lambda result: result.startswith("Once"),
    ),
    "text-to-image": (
        lambda client, to: client.text_to_image("a cat", width=8, height=6, **to),
        lambda result: result.size == (8, 6),
    ),
    "token-classification": (
        lambda client, to: client.token_classification("Bob sings", **to),
        lambda result: result[0].entity_group == "PER" and result[0].word == "Bob",
    ),
    "zero-shot-classification": (
        lambda client, to: client.zero_shot_classification("text", ["b", "a"], **to),
        lambda result: [(one.label, one.score) for one in result] == [("a", 0.5), ("b", 1 / 3)],
    ),
    "zero-shot-image-classification": (
        lambda client, to: client.zero_shot_image_classification(
            picture(), candidate_labels=["a", "b"], **to
        ),
        lambda result: [one.label for one in result] == ["a", "b"],
    ),
}


@pytest.mark.parametrize("task", sorted(CALLS))
def test_a_task(task: str, community_url: str) -> None:
    call, is_right = CALLS[task]
    with InferenceClient() as client:
        result = call(client, {"model": f"{community_url}/{task}"})
    assert is_right(result), result


@pytest.mark.parametrize("task", sorted(CALLS))
def test_a_task_with_await(task: str, community_url: str) -> None:
    call, is_right = CALLS[task]

    async def run() -> Any:
        async with AsyncInferenceClient() as client:
            return await call(client, {"model": f"{community_url}/{task}"})

    result = asyncio.run(run())
    assert is_right(result), result


def test_an_image_with_parameters_is_sent_as_json(community_url: str) -> None:
    with InferenceClient(f"{community_url}/image-classification") as client:
        assert len(client.image_classification(picture(), top_k=2)) == 2


def test_the_servers_refusal_is_told_in_its_words(community_url: str) -> None:
    with (
        InferenceClient(f"{community_url}/summarization") as client,
        pytest.raises(HubsmithError, match="min_length cannot be larger than max_length"),
    ):
        client.post(json={"inputs": "text", "parameters": {"min_length": 9, "max_length": 3}})
