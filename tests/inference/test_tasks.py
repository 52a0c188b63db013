"""Every task at a model's URL: what is sent, and what becomes of the answers that servers give."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy
import PIL.Image
import pydantic
import pytest
from hubsmith import AsyncInferenceClient, InferenceClient, MissingDependencyError, tasks

from tests.support.recorder import Answer, Recorder, Seen

AUDIO, IMAGE, VIDEO = b"fLaC audio", b"\x89PNG\r\n\x1a\nimage", b"\x1aE\xdf\xa3video"
LABELS = [{"label": "a", "score": 0.75}]
ANSWER = {"answer": "x", "score": 0.5, "start": 1, "end": 2}
BOX = {"box": {"xmin": 1, "xmax": 2, "ymin": 3, "ymax": 4}, "label": "cat", "score": 0.5}
TOKEN = {"score": 0.5, "sequence": "ab", "token": 1, "token_str": "b"}
TABLE_ANSWER = {"answer": "x", "cells": ["x"], "coordinates": [[0, 1]], "aggregator": "NONE"}
PERSON = {"entity_group": "PER", "score": 0.5, "word": "Bo", "start": 0, "end": 2}


def picture() -> bytes:
    output = io.BytesIO()
    PIL.Image.new("L", (2, 3)).save(output, format="PNG")
    return output.getvalue()


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


PICTURE = picture()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call: its arguments, what is sent, what comes back, and the result as plain JSON."""

    method: str
    arguments: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    body: Any
    reply: Any
    result: Any
    kind: str = "application/json"


def case(
    method: str, *arguments: Any, body: Any, reply: Any, result: Any = ..., **options: Any
) -> Case:
    is_media = isinstance(reply, bytes)
    return Case(
        method=method,
        arguments=arguments,
        options=options,
        body=body,
        reply=reply,
        result=reply if result is ... else result,
        kind="image/png" if is_media else "application/json",
    )


def sent(inputs: Any, **parameters: Any) -> dict[str, Any]:
    return {"inputs": inputs, "parameters": parameters}


CASES = [
    case("audio_classification", AUDIO, body=AUDIO, reply=LABELS),
    case("audio_classification", AUDIO, top_k=2, body=sent(text_of(AUDIO), top_k=2), reply=LABELS),
    case("audio_to_audio", AUDIO, body=AUDIO,
         reply=[{"label": "voice", "content-type": "audio/flac", "blob": text_of(b"AUD")}]),
    case("automatic_speech_recognition", AUDIO, body=AUDIO, reply={"text": "hi"}),
    case("automatic_speech_recognition", AUDIO, return_timestamps=True,
         body=sent(text_of(AUDIO), return_timestamps=True),
         reply={"text": "hi", "chunks": [{"text": "hi", "timestamp": [0.5, None]}]}),
    case("text_to_speech", "hi", do_sample=True, top_k=3, body=sent("hi", do_sample=True, top_k=3),
         reply=AUDIO),
    case("text_to_audio", "rain", body=sent("rain"), reply=AUDIO),
    case("image_classification", IMAGE, body=IMAGE, reply=LABELS),
    case("image_segmentation", IMAGE, threshold=0.5, body=sent(text_of(IMAGE), threshold=0.5),
         reply=[{"label": "cat", "mask": text_of(PICTURE), "score": None}],
         result=[{"label": "cat", "mask": (2, 3), "score": None}]),
    case("image_to_image", IMAGE, "a cat", strength=0.5,
         body=sent(text_of(IMAGE), prompt="a cat", strength=0.5), reply=PICTURE, result=(2, 3)),
    case("image_to_text", IMAGE, body=IMAGE, reply=[{"generated_text": "a cat"}],
         result={"generated_text": "a cat"}),
    case("image_to_text", IMAGE, body=IMAGE, reply={"generated_text": "a cat"}),
    case("object_detection", IMAGE, body=IMAGE, reply=[BOX]),
    case("text_to_image", "a cat", width=64, extra_body={"lora": "b"},
         body=sent("a cat", width=64, lora="b"), reply=PICTURE, result=(2, 3)),
    case("depth_estimation", IMAGE, body=IMAGE,
         reply={"depth": text_of(PICTURE), "predicted_depth": [[0.5]]},
         result={"depth": (2, 3), "predicted_depth": [[0.5]]}),
    case("image_text_to_image", IMAGE, prompt="a cat", seed=0,
         body=sent(text_of(IMAGE), prompt="a cat", seed=0), reply=PICTURE, result=(2, 3)),
    case("image_text_to_image", prompt="a cat", body={"parameters": {"prompt": "a cat"}},
         reply=PICTURE, result=(2, 3)),
    case("image_text_to_video", IMAGE, prompt="a cat",
         body=sent(text_of(IMAGE), prompt="a cat"), reply=VIDEO),
    case("image_to_video", IMAGE, prompt="it runs", num_frames=8,
         body=sent(text_of(IMAGE), prompt="it runs", num_frames=8), reply=VIDEO),
    case("text_to_video", "a cat", num_frames=8, body=sent("a cat", num_frames=8), reply=VIDEO),
    case("video_classification", VIDEO, body=VIDEO, reply=LABELS),
    case("zero_shot_image_classification", IMAGE, ["a", "b"],
         body=sent(text_of(IMAGE), candidate_labels=["a", "b"]), reply=LABELS),
    case("zero_shot_object_detection", IMAGE, ["cat"],
         body=sent(text_of(IMAGE), candidate_labels=["cat"]), reply=[BOX]),
    case("document_question_answering", IMAGE, "who?",
         body=sent({"image": text_of(IMAGE), "question": "who?"}), reply=[ANSWER]),
    case("document_question_answering", IMAGE, "who?",
         body=sent({"image": text_of(IMAGE), "question": "who?"}),
         reply=[{"answer": "x", "score": None, "start": None, "end": None}]),
    case("visual_question_answering", IMAGE, "who?", body=..., reply=[{"answer": "x", "score": 0.5}]),
    case("feature_extraction", "a", normalize=True, body={"inputs": "a", "normalize": True},
         reply=[[0.5, 1.0]]),
    case("fill_mask", "a [MASK]", top_k=1, body=sent("a [MASK]", top_k=1), reply=[TOKEN]),
    case("fill_mask", "[MASK] [MASK]", body=sent("[MASK] [MASK]"), reply=[[TOKEN], [TOKEN]],
         result=[TOKEN, TOKEN]),
    case("question_answering", "who?", "Bo", body=sent({"question": "who?", "context": "Bo"}),
         reply=ANSWER),
    case("question_answering", "who?", "Bo", top_k=2, reply=[ANSWER, ANSWER],
         body=sent({"question": "who?", "context": "Bo"}, top_k=2)),
    case("question_answering", "who?", "Bo", top_k=1, reply=ANSWER, result=[ANSWER],
         body=sent({"question": "who?", "context": "Bo"}, top_k=1)),
    case("sentence_similarity", "a", ["b", "c"], reply=[0.5, 0.25],
         body=sent({"source_sentence": "a", "sentences": ["b", "c"]})),
    case("summarization", "long", body=sent("long"), reply=[{"summary_text": "short"}],
         result={"summary_text": "short"}),
    case("table_question_answering", {"a": ["x"]}, "which?", sequential=True, reply=TABLE_ANSWER,
         body=sent({"table": {"a": ["x"]}, "query": "which?"}, sequential=True)),
    case("table_question_answering", {"a": ["x"]}, "which?", reply=[TABLE_ANSWER],
         body=sent({"table": {"a": ["x"]}, "query": "which?"}), result=TABLE_ANSWER),
    case("tabular_classification", {"a": [1]}, body=sent({"data": {"a": [1]}}), reply=["yes", 1, 0.5]),
    case("tabular_regression", {"a": [1]}, body=sent({"data": {"a": [1]}}), reply=[0.5]),
    case("text_classification", "a", body=sent("a"), reply=[LABELS], result=LABELS),
    case("text_classification", "a", body=sent("a"), reply=LABELS),
    case("text_generation", "a", max_new_tokens=2, body=sent("a", max_new_tokens=2) | {"stream": ...},
         reply=[{"generated_text": "b"}], result="b"),
    case("text_generation", "a", details=True, body=..., result=...,
         reply={"generated_text": "b", "details": {"finish_reason": "new", "generated_tokens": 1, "tokens": []}}),
    case("token_classification", "Bo", aggregation_strategy="simple", reply=[PERSON],
         body=sent("Bo", aggregation_strategy="simple")),
    case("translation", "a", src_lang="en", tgt_lang="fr", reply=[{"translation_text": "b"}],
         body=sent("a", src_lang="en", tgt_lang="fr"), result={"translation_text": "b"}),
    case("zero_shot_classification", "a", ["b", "c"], reply=LABELS,
         body=sent("a", candidate_labels=["b", "c"], multi_label=False)),
    case("zero_shot_classification", "a", ["b", "c"], result=[{"label": "b", "score": 0.75}],
         reply={"sequence": "a", "labels": ["b"], "scores": [0.75]}, body=...),
    case("chat_completion", [{"role": "user", "content": "Hi"}], reasoning_effort="low", body=...,
         reply={"choices": [{"index": 0, "message": {"role": "assistant", "content": "Ho"}}]}),
]  # fmt: skip


class ModelServer(Recorder):
    """Answers every request with one answer."""

    given: Answer = (200, {}, b"")

    def answer(self, seen: Seen) -> Answer:
        return self.given


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    with server.running():
        yield server


@pytest.fixture(scope="module")
def client(server: ModelServer) -> Iterator[InferenceClient]:
    with InferenceClient(server.url, token="") as client:
        yield client


def plain(result: Any) -> Any:
    """A result as plain JSON; an image as its size."""
    match result:
        case pydantic.BaseModel():
            return {
                type(result).model_fields[name].alias or name
                if name in type(result).model_fields
                else name: plain(result[name])
                for name in result.model_fields_set
            }
        case dict():
            return {key: plain(value) for key, value in result.items()}
        case list():
            return [plain(item) for item in result]
        case PIL.Image.Image():
            return result.size
        case numpy.ndarray():
            assert result.dtype == numpy.float32
            return result.tolist()
        case bytes() if result == b"AUD":
            return text_of(result)
        case _:
            return result


def check(one: Case, server: ModelServer, result: Any) -> None:
    seen = server.seen[-1]
    if isinstance(one.body, bytes):
        assert seen.body == one.body
        assert "content-type" in seen.headers, "the content tells its type"
    elif one.body is not ...:
        body = seen.json()
        expected = dict(one.body)
        if expected.pop("stream", None) is ...:
            assert not body.pop("stream", False)
        assert body == expected
    assert plain(result) == one.result


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.method)
def test_a_task(one: Case, server: ModelServer, client: InferenceClient) -> None:
    server.given = (200, {"content-type": one.kind}, one.reply)
    check(one, server, getattr(client, one.method)(*one.arguments, **one.options))


def test_every_task_awaited(server: ModelServer) -> None:
    async def call_all() -> None:
        async with AsyncInferenceClient(server.url, token="") as client:
            for one in CASES:
                server.given = (200, {"content-type": one.kind}, one.reply)
                method = getattr(client, one.method)
                check(one, server, await method(*one.arguments, **one.options))

    asyncio.run(call_all())


def test_without_pillow_and_numpy_only_the_calls_that_return_them_fail(
    server: ModelServer, client: InferenceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("PIL", "PIL.Image", "numpy"):
        monkeypatch.setitem(sys.modules, module, None)  # Importing it fails.
    failed: dict[str, str] = {}
    for one in CASES:
        server.given = (200, {"content-type": one.kind}, one.reply)
        try:
            getattr(client, one.method)(*one.arguments, **one.options)
        except MissingDependencyError as error:
            failed[one.method] = str(error)
    assert set(failed) == {
        "depth_estimation", "feature_extraction", "image_segmentation", "image_text_to_image",
        "image_to_image", "text_to_image",
    }  # fmt: skip
    assert "`pip install pillow`" in failed["text_to_image"]
    assert "`pip install numpy`" in failed["feature_extraction"]
    server.given = (200, {"content-type": "image/png"}, PICTURE)
    assert client.with_raw_response.text_to_image("a cat").content == PICTURE


def test_every_task_is_called_here() -> None:
    requests = [getattr(tasks, name) for name in tasks.__all__ if name.endswith("Request")]
    assert {one.__task__.method for one in requests} == {one.method for one in CASES}


def test_pieces_of_text_are_streamed(server: ModelServer, client: InferenceClient) -> None:
    token = {"id": 1, "text": "b", "logprob": None, "special": False}
    event = {"index": 1, "token": token, "generated_text": None}
    lines = f"data:{json.dumps(event)}\n\ndata:[DONE]\n\n".encode()
    server.given = (200, {"content-type": "text/event-stream"}, lines)
    with client.text_generation("a", stream=True) as texts:
        assert list(texts) == ["b"]
    with client.text_generation("a", stream=True, details=True) as pieces:
        assert [piece.token.id for piece in pieces] == [1]
