"""Every provider's documented answer becomes the typed result of the client's method."""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import json
from collections.abc import Mapping
from typing import Any

import httpx
import hubsmith
import pytest
from hubsmith import tasks
from hubsmith_runtime.effects import Sleep
from hubsmith_runtime.inference import polling

from tests.inference.provider_cases import MESSAGES

PIL = pytest.importorskip("PIL.Image")
numpy = pytest.importorskip("numpy")

CDN = "https://cdn.example.org/out"


def picture() -> bytes:
    """Give a PNG of 3 x 2 pixels."""
    output = io.BytesIO()
    PIL.new("RGB", (3, 2), "navy").save(output, format="PNG")
    return output.getvalue()


PNG = picture()
B64 = base64.b64encode(PNG).decode()

CHAT = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "own/model",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "hello"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}  # fmt: skip
COMPLETION = {
    "choices": [{"text": "there was", "finish_reason": "stop"}],
    "usage": {"completion_tokens": 2},
}
EMBEDDINGS = {"data": [{"embedding": [0.5, 1.0]}]}
SPOKEN = {"text": "hi", "segments": [{"text": "hi", "start": 0.0, "end": 1.0}]}
REPLICATE = "POST https://api.replicate.com/v1/models/own/model/predictions"


class FakeWire:
    """Answers the client's requests, without a network and without waiting."""

    def __init__(self) -> None:
        self.routes: dict[str, Any] = {}
        self.entry: dict[str, Any] = {}
        self.lines: list[str] = []
        self.waits: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "huggingface.co":
            return httpx.Response(
                200, json={"id": "org/model", "inferenceProviderMapping": self.entry}
            )
        line = f"{request.method} {request.url}"
        self.lines.append(line)
        found = self.routes[line]
        if isinstance(found, list):
            found = found.pop(0)
        if isinstance(found, bytes):
            return httpx.Response(200, content=found)
        return httpx.Response(
            200, content=json.dumps(found), headers={"content-type": "application/json"}
        )


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> FakeWire:
    made = FakeWire()
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    for kind in ("Client", "AsyncClient"):
        client = functools.partial(getattr(httpx, kind), transport=httpx.MockTransport(made.answer))
        monkeypatch.setattr(httpx, kind, client)

    def sleep(seconds: float, *_: object) -> Sleep:
        made.waits.append(seconds)
        return Sleep(0)

    monkeypatch.setattr(polling, "Sleep", sleep)
    return made


def is_picture(result: Any) -> bool:
    return isinstance(result, PIL.Image) and result.size == (3, 2)


def is_chat(result: Any) -> bool:
    return (
        isinstance(result, tasks.ChatCompletionOutput)
        and result.choices[0].message.content == "hello"
    )


def is_text(result: Any) -> bool:
    return result == "there was"


def is_array(result: Any) -> bool:
    return result.dtype == numpy.float32 and result.tolist() == [[0.5, 1.0]]


def is_media(result: Any) -> bool:
    return result == b"MEDIA"


def is_transcript(result: Any) -> bool:
    return isinstance(result, tasks.AutomaticSpeechRecognitionOutput) and result.text == "hi"


def is_mask(result: Any) -> bool:
    return result[0].label == "mask" and is_picture(result[0].mask)


FAL_JOB = {
    "status": "IN_QUEUE",
    "request_id": "1",
    "response_url": "https://queue.fal.run/own/requests/1",
}
FAL_DONE = {
    "POST https://queue.fal.run/own/model": FAL_JOB,
    "GET https://queue.fal.run/own/requests/1/status": [
        {"status": "IN_PROGRESS"},
        {"status": "COMPLETED"},
    ],
}
WAVESPEED = {
    "POST https://api.wavespeed.ai/api/v3/own/model":
        {"data": {"status": "created", "urls": {"get": "https://api.wavespeed.ai/api/v3/r/1"}}},
    "GET https://api.wavespeed.ai/api/v3/r/1": [
        {"data": {"status": "processing"}}, {"data": {"status": "completed", "outputs": [CDN]}}],
}  # fmt: skip
VIDEOS = {
    "POST https://api.together.xyz/v2/videos": {"id": "1", "status": "queued"},
    "GET https://api.together.xyz/v2/videos/1":
        [{"status": "in_progress"}, {"status": "completed", "outputs": {"video_url": CDN}}],
}  # fmt: skip
CHATS = {
    "baseten": "https://inference.baseten.co/v1/chat/completions",
    "cerebras": "https://api.cerebras.ai/v1/chat/completions",
    "clarifai": "https://api.clarifai.com/v2/ext/openai/v1/chat/completions",
    "cohere": "https://api.cohere.com/compatibility/v1/chat/completions",
    "deepinfra": "https://api.deepinfra.com/v1/openai/chat/completions",
    "featherless-ai": "https://api.featherless.ai/v1/chat/completions",
    "fireworks-ai": "https://api.fireworks.ai/inference/v1/chat/completions",
    "groq": "https://api.groq.com/openai/v1/chat/completions",
    "hyperbolic": "https://api.hyperbolic.xyz/v1/chat/completions",
    "nebius": "https://api.studio.nebius.ai/v1/chat/completions",
    "novita": "https://api.novita.ai/v3/openai/chat/completions",
    "nscale": "https://inference.api.nscale.com/v1/chat/completions",
    "nvidia": "https://integrate.api.nvidia.com/v1/chat/completions",
    "openai": "https://api.openai.com/v1/chat/completions",
    "ovhcloud": "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1/chat/completions",
    "publicai": "https://api.publicai.co/v1/chat/completions",
    "sambanova": "https://api.sambanova.ai/v1/chat/completions",
    "scaleway": "https://api.scaleway.ai/v1/chat/completions",
    "together": "https://api.together.xyz/v1/chat/completions",
    "zai-org": "https://api.z.ai/api/paas/v4/chat/completions",
}
AT_CDN = {f"GET {CDN}": b"MEDIA"}
PICTURE_AT_CDN = {f"GET {CDN}": PNG}

CALLS: list[tuple[str, str, tuple[Any, ...], Mapping[str, Any], Any]] = [
    *((provider, "chat_completion", (MESSAGES,), {f"POST {url}": CHAT}, is_chat)
      for provider, url in CHATS.items()),
    *((provider, "text_generation", ("once",), {f"POST {url}": COMPLETION}, is_text)
      for provider, url in (
          ("deepinfra", "https://api.deepinfra.com/v1/openai/completions"),
          ("featherless-ai", "https://api.featherless.ai/v1/completions"),
          ("nebius", "https://api.studio.nebius.ai/v1/completions"),
          ("novita", "https://api.novita.ai/v3/openai/completions"),
          ("together", "https://api.together.xyz/v1/completions"))),
    ("hyperbolic", "text_generation", ("once",),
     {"POST https://api.hyperbolic.xyz/v1/chat/completions":
         {"choices": [{"message": {"content": "there was"}, "finish_reason": "stop"}]}}, is_text),
    *((provider, "feature_extraction", ("a",), {f"POST {url}": EMBEDDINGS}, is_array)
      for provider, url in (
          ("deepinfra", "https://api.deepinfra.com/v1/openai/embeddings"),
          ("nebius", "https://api.studio.nebius.ai/v1/embeddings"),
          ("sambanova", "https://api.sambanova.ai/v1/embeddings"),
          ("scaleway", "https://api.scaleway.ai/v1/embeddings"),
          ("together", "https://api.together.xyz/v1/embeddings"))),
    ("deepinfra", "text_to_speech", ("hi",),
     {"POST https://api.deepinfra.com/v1/openai/audio/speech": b"MEDIA"}, is_media),
    ("together", "text_to_speech", ("hi",),
     {"POST https://api.together.xyz/v1/audio/speech": b"MEDIA"}, is_media),
    ("fal-ai", "text_to_speech", ("hi",),
     {"POST https://fal.run/own/model": {"audio": {"url": CDN}}, **AT_CDN}, is_media),
    ("replicate", "text_to_speech", ("hi",), {REPLICATE: {"output": CDN}, **AT_CDN}, is_media),
    ("deepinfra", "automatic_speech_recognition", (b"AUD",),
     {"POST https://api.deepinfra.com/v1/openai/audio/transcriptions": SPOKEN}, is_transcript),
    ("together", "automatic_speech_recognition", (b"AUD",),
     {"POST https://api.together.xyz/v1/audio/transcriptions": SPOKEN}, is_transcript),
    ("fal-ai", "automatic_speech_recognition", (b"AUD",),
     {"POST https://fal.run/own/model": {"text": "hi", "chunks": []}}, is_transcript),
    ("replicate", "automatic_speech_recognition", (b"AUD",),
     {REPLICATE: {"output": {"transcription": "hi"}}}, is_transcript),
    ("fal-ai", "text_to_image", ("a cat",),
     {"POST https://fal.run/own/model": {"images": [{"url": CDN}]}, **PICTURE_AT_CDN}, is_picture),
    ("replicate", "text_to_image", ("a cat",), {REPLICATE: {"output": [CDN]}, **PICTURE_AT_CDN}, is_picture),
    ("nscale", "text_to_image", ("a cat",),
     {"POST https://inference.api.nscale.com/v1/images/generations": {"data": [{"b64_json": B64}]}},
     is_picture),
    ("together", "text_to_image", ("a cat",),
     {"POST https://api.together.xyz/v1/images/generations": {"data": [{"b64_json": B64}]}}, is_picture),
    ("nebius", "text_to_image", ("a cat",),
     {"POST https://api.studio.nebius.ai/v1/images/generations": {"data": [{"b64_json": B64}]}}, is_picture),
    ("hyperbolic", "text_to_image", ("a cat",),
     {"POST https://api.hyperbolic.xyz/v1/images/generations": {"images": [{"image": B64}]}}, is_picture),
    ("zai-org", "text_to_image", ("a cat",),
     {"POST https://api.z.ai/api/paas/v4/async/images/generations": {"id": "1", "task_status": "PROCESSING"},
      "GET https://api.z.ai/api/paas/v4/async-result/1":
          [{"task_status": "PROCESSING"}, {"task_status": "SUCCESS", "image_result": [{"url": CDN}]}],
      **PICTURE_AT_CDN}, is_picture),
    ("black-forest-labs", "text_to_image", ("a cat",),
     {"POST https://api.us1.bfl.ai/v1/own/model": {"polling_url": "https://api.eu.bfl.ai/v1/get?id=1"},
      "GET https://api.eu.bfl.ai/v1/get?id=1":
          [{"status": "Pending"}, {"status": "Ready", "result": {"sample": CDN}}],
      **PICTURE_AT_CDN}, is_picture),
    ("wavespeed", "text_to_image", ("a cat",), {**WAVESPEED, **PICTURE_AT_CDN}, is_picture),
    ("wavespeed", "image_to_image", (PNG,), {**WAVESPEED, **PICTURE_AT_CDN}, is_picture),
    ("wavespeed", "text_to_video", ("a cat",), {**WAVESPEED, **AT_CDN}, is_media),
    ("wavespeed", "image_to_video", (PNG,), {**WAVESPEED, **AT_CDN}, is_media),
    ("fal-ai", "image_to_image", (PNG,),
     {**FAL_DONE, "GET https://queue.fal.run/own/requests/1": {"images": [{"url": CDN}]},
      **PICTURE_AT_CDN}, is_picture),
    ("fal-ai", "text_to_video", ("a cat",),
     {**FAL_DONE, "GET https://queue.fal.run/own/requests/1": {"video": {"url": CDN}}, **AT_CDN}, is_media),
    ("fal-ai", "image_to_video", (PNG,),
     {**FAL_DONE, "GET https://queue.fal.run/own/requests/1": {"video": {"url": CDN}}, **AT_CDN}, is_media),
    ("fal-ai", "image_segmentation", (PNG,),
     {**FAL_DONE, "GET https://queue.fal.run/own/requests/1":
         {"image": {"url": f"data:image/png;base64,{B64}"}}}, is_mask),
    ("replicate", "image_to_image", (PNG,),
     {REPLICATE: {"status": "processing", "output": None,
                  "urls": {"get": "https://api.replicate.com/v1/predictions/1"}},
      "GET https://api.replicate.com/v1/predictions/1": [{"status": "succeeded", "output": [CDN]}],
      **PICTURE_AT_CDN}, is_picture),
    ("replicate", "text_to_video", ("a cat",), {REPLICATE: {"output": CDN}, **AT_CDN}, is_media),
    ("together", "image_to_image", (PNG,),
     {"POST https://api.together.xyz/v1/images/generations": {"data": [{"b64_json": B64}]}}, is_picture),
    ("together", "text_to_video", ("a cat",), {**VIDEOS, **AT_CDN}, is_media),
    ("together", "image_to_video", (PNG,), {**VIDEOS, **AT_CDN}, is_media),
    ("novita", "text_to_video", ("a cat",),
     {"POST https://api.novita.ai/v3/hf/own/model": {"video": {"video_url": CDN}}, **AT_CDN}, is_media),
]  # fmt: skip


def fill(wire: FakeWire, provider: str, method: str, routes: Mapping[str, Any]) -> str:
    """Make the wire ready for a call, and return the model to call."""
    task = {"chat_completion": "conversational"}.get(method, method.replace("_", "-"))
    wire.entry = {provider: {"providerId": "own/model", "status": "live", "task": task}}
    wire.routes = json.loads(json.dumps(routes, default=lambda content: {"bytes": content.hex()}))
    for line, found in wire.routes.items():
        if isinstance(found, dict) and set(found) == {"bytes"}:
            wire.routes[line] = bytes.fromhex(found["bytes"])
    own = {"black-forest-labs", "clarifai", "hyperbolic", "nebius", "nvidia", "openai", "sambanova"}
    return "own/model" if provider in own else "org/model"


CASES = [pytest.param(*call, id=f"{call[0]}-{call[1]}") for call in CALLS]


@pytest.mark.parametrize(("provider", "method", "arguments", "routes", "is_right"), CASES)
def test_an_answer_becomes_the_typed_result(
    wire: FakeWire,
    provider: str,
    method: str,
    arguments: tuple[Any, ...],
    routes: Mapping[str, Any],
    is_right: Any,
) -> None:
    model = fill(wire, provider, method, routes)
    with hubsmith.InferenceClient(provider=provider, api_key="key-1") as client:
        result = getattr(client, method)(*arguments, model=model)

    assert is_right(result), result
    assert set(wire.lines) == set(routes)
    assert len(wire.waits) == sum(
        len(found) for found in routes.values() if isinstance(found, list)
    )


@pytest.mark.parametrize(
    ("provider", "method", "arguments", "routes", "is_right"),
    [case for case in CASES if any(isinstance(found, list) for found in case.values[3].values())],
)
def test_the_asynchronous_client_polls_alike(
    wire: FakeWire,
    provider: str,
    method: str,
    arguments: tuple[Any, ...],
    routes: Mapping[str, Any],
    is_right: Any,
) -> None:
    model = fill(wire, provider, method, routes)

    async def ask() -> Any:
        async with hubsmith.AsyncInferenceClient(provider=provider, api_key="key-1") as client:
            return await getattr(client, method)(*arguments, model=model)

    result = asyncio.run(ask())

    assert is_right(result), result
    assert set(wire.lines) == set(routes)


def test_every_task_of_every_provider_is_shown_here() -> None:
    """But for the Hub's own servers, whose answers are the canonical form already, and for servers

    with a URL, which `test_base_url.py` calls.
    """
    from tests.inference.exchange import providers

    shown = {
        (provider, {"chat_completion": "conversational"}.get(method, method.replace("_", "-")))
        for provider, method, *_ in CALLS
    }
    known = {(name, task) for name, table in providers().items() for task in table.tasks}

    others = ("auto", "hf-inference", "openai-compatible")
    assert {pair for pair in known if pair[0] not in others} == shown


def test_details_of_a_completion_are_typed(wire: FakeWire) -> None:
    routes = {"POST https://api.together.xyz/v1/completions": COMPLETION}
    model = fill(wire, "together", "text_generation", routes)
    with hubsmith.InferenceClient(provider="together", api_key="key-1") as client:
        result = client.text_generation("once", model=model, details=True)

    assert isinstance(result, tasks.TextGenerationOutput)
    assert result.generated_text == "there was"
    assert result.details is not None
    assert result.details.finish_reason == "stop"


@pytest.mark.parametrize("is_async", [False, True])
def test_a_job_that_outlasts_the_timeout_is_told_with_its_status(
    wire: FakeWire, is_async: bool
) -> None:
    busy = {**WAVESPEED, "GET https://api.wavespeed.ai/api/v3/r/1": {"data": {"status": "queued"}}}
    model = fill(wire, "wavespeed", "text_to_image", busy)
    options: dict[str, Any] = {"provider": "wavespeed", "api_key": "key-1", "timeout": 0.3}

    async def ask() -> None:
        async with hubsmith.AsyncInferenceClient(**options) as client:
            await client.text_to_image("a cat", model=model)

    words = (
        r"wavespeed: org/model: the job did not finish in time: queued after 0\.\d s\. Try a longer"
    )
    with pytest.raises(hubsmith.InferenceTimeoutError, match=words):
        if is_async:
            asyncio.run(ask())
        else:
            with hubsmith.InferenceClient(**options) as client:
                client.text_to_image("a cat", model=model)
