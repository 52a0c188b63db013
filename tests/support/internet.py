"""The hosts that a guide names, all played by one server on loopback.

Clients under test send their requests to the real addresses; below httpx, each connection goes to
the local server instead, which tells the hosts apart by the `Host` header.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.support.fake_hub import Answer, Recorder, Seen

CHAT = "meta-llama/Meta-Llama-3-8B-Instruct"
SENTENCE = "the goal of life is life."

# By model: its task, and the providers that run it, in the order of the user's preference.
MODELS: dict[str, tuple[str, dict[str, str]]] = {
    "black-forest-labs/FLUX.1-schnell": ("text-to-image", {"replicate": "bfl/flux-schnell"}),
    CHAT: ("text-generation", {"together": "together/llama-3-8b"}),
    "prompthero/openjourney-v4": ("text-to-image", {"hf-inference": "prompthero/openjourney-v4"}),
    "recommended/image": ("text-to-image", {}),
    "recommended/text": ("text-generation", {}),
    "recommended/dog": ("image-classification", {}),
    "bert-base-uncased": ("fill-mask", {}),
    "paraphrase-xlm-r-multilingual-v1": ("feature-extraction", {}),
    "typeform/distilbert-base-uncased-mnli": ("zero-shot-classification", {}),
    "stabilityai/stable-diffusion-2-1": ("text-to-image", {}),
}
RECOMMENDED = {
    "text-to-image": "recommended/image",
    "text-generation": "recommended/text",
    "image-classification": "recommended/dog",
}


def picture() -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (4, 2), "red").save(buffer, format="PNG")
    return buffer.getvalue()


class Internet(Recorder):
    """The Hub, its router, two providers, an Inference Endpoint and a picture on the web."""

    def answer(self, seen: Seen) -> Answer:
        host = seen.headers["host"]
        if host == "huggingface.co":
            return self._hub(seen)
        if host == "router.huggingface.co":
            return self._router(seen)
        if host == "api.replicate.com":
            return 201, {}, {"status": "succeeded", "output": ["https://replicate.delivery/a.png"]}
        if host == "api.together.xyz":
            return self._chat(seen)
        if host.endswith(".endpoints.huggingface.cloud") or host == "replicate.delivery":
            return 200, {"content-type": "image/png"}, picture()
        if host == "upload.wikimedia.org":
            return 200, {"content-type": "image/jpeg"}, b"\xff\xd8 a dog"
        return 404, {}, {"error": f"no such host: {host}"}

    def to(self, host: str) -> list[Seen]:
        """Return what was sent to a host."""
        return [seen for seen in self.seen if seen.headers["host"] == host]

    def _hub(self, seen: Seen) -> Answer:
        path = unquote(seen.path)
        if path == "/api/tasks":
            return 200, {}, {
                task: {"widgetModels": [model], "models": [{"id": model}]}
                for task, model in RECOMMENDED.items()
            }  # fmt: skip
        known = MODELS.get(path.removeprefix("/api/models/"))
        if known is None:
            return 404, {}, {"error": "Repository not found"}
        task, providers = known
        wanted = "conversational" if task == "text-generation" else task
        mapping = {
            name: {"status": "live", "providerId": model, "task": wanted}
            for name, model in (providers or {"hf-inference": path}).items()
        }
        model = path.removeprefix("/api/models/")
        return 200, {}, {
            "id": model,
            "pipeline_tag": task,
            "tags": [],
            "inferenceProviderMapping": mapping,
        }  # fmt: skip

    def _router(self, seen: Seen) -> Answer:
        if seen.path == "/v1/chat/completions":
            return self._chat(seen)
        path = seen.path.removeprefix("/hf-inference/models/")
        task = MODELS[path.partition("/pipeline/")[0]][0]
        if task == "text-to-image":
            return 200, {"content-type": "image/png"}, picture()
        if task == "image-classification":
            return 200, {}, [{"label": "Blenheim spaniel", "score": 0.9779096841812134}]
        if task == "feature-extraction":
            return 200, {}, [[0.5, 0.25]]
        if task == "fill-mask":
            word = {"score": 0.109, "token": 2166, "token_str": "life", "sequence": SENTENCE}
            return 200, {}, [word]
        if task == "zero-shot-classification":
            asked = seen.json()
            labels = asked["parameters"]["candidate_labels"]
            scores = [0.93, 0.05, 0.02]
            return 200, {}, {"sequence": asked["inputs"], "labels": labels, "scores": scores}
        return self._text(seen)

    def _chat(self, seen: Seen) -> Answer:
        asked = seen.json()
        words = ["1", " 2", " 3"]
        shared = {"id": "a", "created": 1, "model": asked["model"]}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "The capital of France is Paris."}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            usage = {"prompt_tokens": 17, "completion_tokens": 8, "total_tokens": 25}
            return 200, {}, {**shared, "choices": [choice], "usage": usage}
        events = [
            {**shared, "choices": [{"index": 0, "delta": {"role": "assistant", "content": word}}]}
            for word in words
        ]
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        return _events([*events, {**shared, "choices": [end]}], "[DONE]")

    def _text(self, seen: Seen) -> Answer:
        words = [" a", " platform"]
        if not seen.json().get("stream"):
            return 200, {}, [{"generated_text": "".join(words)}]
        tokens = [
            {"index": n, "token": {"id": n, "text": word, "logprob": -1.0, "special": False}}
            for n, word in enumerate(words)
        ]
        tokens[-1]["generated_text"] = "".join(words)
        return _events(tokens)


def _events(payloads: list[dict[str, Any]], *marks: str) -> Answer:
    texts = [*(json.dumps(payload) for payload in payloads), *marks]
    body = "".join(f"data: {text}\n\n" for text in texts).encode()
    return 200, {"content-type": "text/event-stream"}, body


@contextmanager
def local_internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Let every httpx client talk to the local server, whatever host it asks for."""
    internet = Internet()
    with instead_of_the_internet(monkeypatch, internet):
        yield internet


@contextmanager
def instead_of_the_internet(
    monkeypatch: pytest.MonkeyPatch, server: Recorder, *, spared: str = ""
) -> Iterator[None]:
    """Let every httpx client talk to a local server, which tells hosts apart by their header.

    Requests to the host that is `spared` go there.
    """
    port = server.server_address[1]

    def redirected(request: httpx.Request) -> None:
        if request.url.host == spared:
            return
        request.headers["host"] = request.url.host
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)

    sync, asynchronous = httpx.HTTPTransport, httpx.AsyncHTTPTransport
    handle, ahandle = sync.handle_request, asynchronous.handle_async_request

    def handle_request(self: Any, request: httpx.Request) -> httpx.Response:
        redirected(request)
        return handle(self, request)

    async def handle_async_request(self: Any, request: httpx.Request) -> httpx.Response:
        redirected(request)
        return await ahandle(self, request)

    monkeypatch.setattr(sync, "handle_request", handle_request)
    monkeypatch.setattr(asynchronous, "handle_async_request", handle_async_request)
    with server.running():
        yield
