"""The hosts that the guide about inference names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.internet import Internet, instead_of_the_internet, picture
from tests.support.recorder import Answer, Seen

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


class GuideInternet(Internet):
    """The Hub, its router, two providers, an Inference Endpoint and a picture on the web."""

    def __init__(self) -> None:
        super().__init__()
        for task, model in RECOMMENDED.items():
            self.hub.tasks[task] = {"widgetModels": [model], "models": [{"id": model}]}
        for name, (task, providers) in MODELS.items():
            served = "conversational" if task == "text-generation" else task
            mapping = {
                provider: {"status": "live", "providerId": model, "task": served}
                for provider, model in (providers or {"hf-inference": name}).items()
            }
            self.hub.add_model(name, mapping, tag=task)

    def answer_of_host(self, host: str, seen: Seen) -> Answer:
        if host == "router.huggingface.co":
            return self._router(seen)
        if host == "api.replicate.com":
            return 201, {}, {"status": "succeeded", "output": ["https://replicate.delivery/a.png"]}
        if host == "api.together.xyz":
            return self._chat(seen)
        if host.endswith(".endpoints.huggingface.cloud") or host == "replicate.delivery":
            return 200, {"content-type": "image/png"}, picture(size=(4, 2))
        if host == "upload.wikimedia.org":
            return 200, {"content-type": "image/jpeg"}, b"\xff\xd8 a dog"
        return super().answer_of_host(host, seen)

    def _router(self, seen: Seen) -> Answer:
        if seen.path == "/v1/chat/completions":
            return self._chat(seen)
        path = seen.path.removeprefix("/hf-inference/models/")
        task = MODELS[path.partition("/pipeline/")[0]][0]
        if task == "text-to-image":
            return 200, {"content-type": "image/png"}, picture(size=(4, 2))
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
def local_internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[GuideInternet]:
    """Let every httpx client talk to the local server, whatever host it asks for."""
    internet = GuideInternet()
    with instead_of_the_internet(monkeypatch, internet):
        yield internet
