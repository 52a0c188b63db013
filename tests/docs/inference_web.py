"""The servers that the inference pages name, all played by one on loopback.

It is the Hub, its router, the providers, an Inference Endpoint, a model server of one's own and a
picture on the web: whoever is asked answers as the real one does.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.page import ROOT
from tests.docs.world import World
from tests.support.internet import Internet, instead_of_the_internet, picture
from tests.support.recorder import Answer, Seen

CHAT = "meta-llama/Llama-3.1-8B-Instruct"

# By model: what it is made for, and the providers that run it, in the order of the user's choice.
MODELS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    CHAT: (
        "text-generation",
        {
            "groq": ("llama-3.1-8b-instant", "conversational"),
            "together": ("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "conversational"),
        },
    ),
    "black-forest-labs/FLUX.1-schnell": (
        "text-to-image",
        {
            "fal-ai": ("fal-ai/flux/schnell", "text-to-image"),
            "replicate": ("black-forest-labs/flux-schnell", "text-to-image"),
        },
    ),
    "Wan-AI/Wan2.2-T2V": ("text-to-video", {"fal-ai": ("fal-ai/wan", "text-to-video")}),
    "openai/whisper-large-v3": (
        "automatic-speech-recognition",
        {"fal-ai": ("fal-ai/whisper", "automatic-speech-recognition")},
    ),
    "BAAI/bge-m3": (
        "sentence-similarity",
        {"hf-inference": ("BAAI/bge-m3", "sentence-similarity")},
    ),
}

# Models of hf-inference by task, with what its servers answer.
PICTURE_BOX = {"xmin": 4, "ymin": 8, "xmax": 96, "ymax": 80}
ANSWERS: dict[str, tuple[str, Any]] = {
    "text-classification": ("lab/mood", [[{"label": "POSITIVE", "score": 0.98}]]),
    "fill-mask": (
        "google-bert/bert-base-uncased",
        [{"score": 0.4, "token": 3000, "token_str": "paris", "sequence": "paris is in france."}],
    ),
    "zero-shot-classification": (
        "facebook/bart-large-mnli",
        {"sequence": "", "labels": ["refund", "legal"], "scores": [0.94, 0.06]},
    ),
    "summarization": ("facebook/bart-large-cnn", [{"summary_text": "A tower in Paris."}]),
    "image-classification": (
        "google/vit-base-patch16-224",
        [{"label": "tabby cat", "score": 0.91}, {"label": "tiger cat", "score": 0.05}],
    ),
    "object-detection": (
        "facebook/detr-resnet-50",
        [{"label": "cat", "score": 0.99, "box": PICTURE_BOX}],
    ),
    "image-segmentation": (
        "nvidia/segformer",
        [{"label": "cat", "score": 0.97, "mask": ""}],
    ),
    "audio-classification": ("lab/sounds", [{"label": "rain", "score": 0.8}]),
    "text-to-image": ("stabilityai/stable-diffusion-3.5-large", None),
    "text-to-speech": ("hexgrad/Kokoro-82M", None),
}
SAYS = "The capital of France is Paris."


class InferenceWeb(Internet):
    """Every host of the inference pages."""

    def __init__(self) -> None:
        super().__init__()
        self._polls = 0
        for task, (name, _) in ANSWERS.items():
            self.hub.tasks[task] = {"widgetModels": [name]}
            self._add(name, task, {"hf-inference": (name, task)})
        for name, (task, providers) in MODELS.items():
            self._add(name, task, providers)

    def _add(self, name: str, task: str, providers: dict[str, tuple[str, str]]) -> None:
        mapping = {
            provider: {"status": "live", "providerId": own, "task": served}
            for provider, (own, served) in providers.items()
        }
        self.hub.add_model(name, mapping, tag=task, tags=["feature-extraction"])

    def answer_of_host(self, host: str, seen: Seen) -> Answer:
        if host == "cdn.example.org":
            kind = "audio/flac" if seen.path.endswith(".flac") else "image/png"
            return 200, {"content-type": kind}, picture("orange")
        if host == "media.example.org":
            is_video = seen.path.endswith(".mp4")
            return 200, {"content-type": "video/mp4" if is_video else "image/png"}, (
                b"....ftypisom" if is_video else picture()
            )  # fmt: skip
        return self._model_server(seen, host)

    def _model_server(self, seen: Seen, host: str) -> Answer:
        path = seen.path
        if path.endswith("/chat/completions"):
            return self._chat(seen, host)
        if path.endswith("/v1/embeddings"):
            return (
                200,
                {},
                {"data": [{"embedding": one} for one in _embedded(seen.json()["input"])]},
            )
        if path.endswith("/v1/models"):
            return 200, {}, {"object": "list", "data": [{"id": "tiny-llama", "object": "model"}]}
        if path.endswith("/health"):
            return 200, {}, b""
        if path.endswith("/info"):
            return 200, {}, {"model_id": "tiny-llama", "max_input_tokens": 4095}
        if "/requests/" in path or path.startswith("/queue"):
            return self._job(seen)
        if "fal-ai/whisper" in path:
            return 200, {}, {"text": "hello there"}
        if "fal-ai/flux" in path:
            return 200, {}, {"images": [{"url": "https://media.example.org/cat.png"}]}
        if "fal-ai/wan" in path:
            self._polls = 0
            url = "https://queue.fal.run/fal-ai/wan/requests/1"
            return 200, {}, {"status": "IN_QUEUE", "queue_position": 2, "response_url": url}
        if path.endswith("/predictions"):
            url = "https://media.example.org/cat.png"
            return 201, {}, {"status": "succeeded", "output": [url]}
        if "/pipeline/" in path:
            return 200, {}, _embedded(seen.json()["inputs"])
        return self._task(seen)

    def _job(self, seen: Seen) -> Answer:
        if not seen.path.endswith("/status"):
            return 200, {}, {"video": {"url": "https://media.example.org/wave.mp4"}}
        self._polls += 1
        if self._polls == 1:
            return 200, {}, {"status": "IN_QUEUE", "queue_position": 1}
        return 200, {}, {"status": "IN_PROGRESS" if self._polls == 2 else "COMPLETED"}

    def _task(self, seen: Seen) -> Answer:
        model = seen.path.removeprefix("/hf-inference/models/")
        if seen.headers.get("accept") == "image/png":
            return 200, {"content-type": "image/png"}, picture()
        for task, (name, answer) in ANSWERS.items():
            if name == model and task == "text-to-speech":
                return 200, {"content-type": "audio/flac"}, b"fLaC speech"
            if name == model and task == "image-segmentation":
                mask = base64.b64encode(picture("white")).decode()
                return 200, {}, [{**answer[0], "mask": mask}]
            if name == model:
                return 200, {"x-compute-time": "0.021", "x-request-id": "req-1"}, answer
        given = seen.json() if seen.headers.get("content-type") == "application/json" else {}
        is_local = seen.headers["host"] == "127.0.0.1"
        if is_local and isinstance(given.get("inputs"), str):
            if given.get("stream"):
                return _events(_tokens())
            if given.get("parameters", {}).get("details"):
                details = {"finish_reason": "length", "generated_tokens": 2, "tokens": []}
                return 200, {}, [{"generated_text": " the city of light", "details": details}]
            return 200, {}, [{"generated_text": " the city of light"}]
        return 200, {}, [{"label": "POSITIVE", "score": 0.98}]

    def _chat(self, seen: Seen, host: str) -> Answer:
        asked = seen.json()
        shared = {"id": "chat-1", "created": 1, "model": asked["model"]}
        kind = {"x-request-id": "req-1", "x-served-by": host}
        message, reason = _said(asked)
        if asked.get("stream"):
            return 200, {"content-type": "text/event-stream", **kind}, _streamed(
                shared, message, reason
            )  # fmt: skip
        choice = {"index": 0, "finish_reason": reason, "message": message}
        usage = {"prompt_tokens": 14, "completion_tokens": 8, "total_tokens": 22}
        return 200, kind, {**shared, "choices": [choice], "usage": usage}


def _said(asked: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the message that a model answers with, and why it ends there."""
    last = asked["messages"][-1]
    if asked.get("tools") and last["role"] != "tool":
        function = {"name": "temperature", "arguments": '{"city": "Paris"}'}
        call = {"id": "call-1", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    content = SAYS
    if last["role"] == "tool":
        content = f"It is {last['content']} degrees in Paris."
    elif asked.get("response_format"):
        content = json.dumps({"name": "Paris", "people": 2100000})
    elif isinstance(last["content"], list):
        content = "A cat."
    return {"role": "assistant", "content": content}, "stop"


def _streamed(shared: dict[str, Any], message: dict[str, Any], reason: str) -> bytes:
    if calls := message.get("tool_calls"):
        function = calls[0]["function"]
        head = {**calls[0], "index": 0, "function": {"name": function["name"], "arguments": ""}}
        parts = [
            {"index": 0, "function": {"arguments": part}} for part in ('{"city": ', '"Paris"}')
        ]
        deltas = [{"role": "assistant", "tool_calls": [part]} for part in (head, *parts)]
    else:
        words = message["content"].split(" ")
        texts = [words[0], *(f" {word}" for word in words[1:])]
        deltas = [{"role": "assistant", "content": text} for text in texts]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": reason})
    events = [json.dumps({**shared, "choices": [choice]}) for choice in choices]
    return "".join(f"data: {event}\n\n" for event in (*events, "[DONE]")).encode()


def _tokens() -> list[dict[str, Any]]:
    words = [" the", " city", " of", " light"]
    tokens: list[dict[str, Any]] = [
        {"index": n, "token": {"id": n, "text": word, "logprob": -0.5, "special": False}}
        for n, word in enumerate(words)
    ]
    tokens[-1]["generated_text"] = "".join(words)
    return tokens


def _events(payloads: list[dict[str, Any]]) -> Answer:
    body = "".join(f"data: {json.dumps(payload)}\n\n" for payload in payloads).encode()
    return 200, {"content-type": "text/event-stream"}, body


def _embedded(inputs: Any) -> Any:
    if isinstance(inputs, dict):
        return [0.92, 0.08]
    return [[0.25, 0.5, 0.75, 1.0] for _ in inputs] if isinstance(inputs, list) else [0.25, 0.5]


@pytest.fixture
def inference_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Every host that the inference pages name, for a user whose token is saved."""
    log_in(monkeypatch)
    (folder / "cat.png").write_bytes(picture())
    (folder / "speech.flac").write_bytes(b"fLaC speech")
    with instead_of_the_internet(monkeypatch, InferenceWeb()):
        yield World(folder=folder)


@pytest.fixture
def errors_world(
    folder: Path, monkeypatch: pytest.MonkeyPatch, start_gradio: Callable[..., str]
) -> Iterator[World]:
    """The same with trouble, and the demo app as a Space."""
    log_in(monkeypatch)
    url = start_gradio(ROOT / "demo" / "app.py")
    web = InferenceWeb()
    chat = "/v1/chat/completions"
    begun = _streamed({"id": "1", "created": 1, "model": "m"}, {"content": SAYS}, "stop")
    troubles: dict[str, Answer] = {
        "the provider is busy": (429, {"retry-after": "60"}, {"error": "Too many requests"}),
        "the server refuses": (
            400,
            {"x-request-id": "req-7"},
            {"error": "max_tokens is too large"},
        ),
        "the stream breaks": (200, {"content-type": "text/event-stream"}, begun[:300]),
        "the model loads": (503, {}, {"error": "Model is loading", "estimated_time": 90}),
    }
    steps = {name: functools.partial(web.plan, chat, trouble) for name, trouble in troubles.items()}
    with instead_of_the_internet(monkeypatch, web, spared="127.0.0.1"):
        yield World(folder=folder, spelling={"http://127.0.0.1:7860": url}, steps=steps)


def log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_ENDPOINT", "HUBSMITH_ROUTER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_saved")
