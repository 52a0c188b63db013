"""A model server, the Hub and its router in one, of whose answers a test may replace any."""

from __future__ import annotations

from typing import Any

from tests.waits.scripted_http import Answer, Asked, ScriptedServer, stream

DONE = b"data: [DONE]\n\n"


def chunk(word: str, finish: str | None = None) -> dict[str, Any]:
    """Return one event of a streamed chat."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": finish}
    return {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny",
        "system_fingerprint": "", "choices": [choice],
    }  # fmt: skip


def completion(text: str = "Paris.") -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "c", "object": "chat.completion", "created": 1, "model": "tiny", "system_fingerprint": "",
        "usage": {"completion_tokens": 2, "prompt_tokens": 3, "total_tokens": 5},
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
    }  # fmt: skip


class ScriptedInference(ScriptedServer):
    """Chats, lists one model, and makes pictures as fal-ai and replicate do: at once, or as jobs.

    As the Hub it knows every model, under its own name at both, and every Space: they run here,
    asleep, below their names.
    """

    def answer(self, asked: Asked) -> Answer:
        match asked.path.strip("/").split("/"):
            case ["api", "tasks"]:
                return Answer({"text-classification": {"widgetModels": ["org/recommended"]}})
            case ["api", "models", *name]:
                entry = {"providerId": "/".join(name), "task": "text-to-image", "status": "live"}
                mapping = {"replicate": entry, "fal-ai": entry}
                return Answer({"id": "/".join(name), "inferenceProviderMapping": mapping})
            case ["api", "spaces", _, name, "host"]:
                return Answer({"host": f"{self.url}/{name}"})
            case [_, "config"]:
                return Answer(b"<h1>Sleeping</h1>", 503, {"content-type": "text/html"})
            case ["v1", "models"]:
                return Answer({"object": "list", "data": [{"id": "tiny", "object": "model"}]})
            case [*_, "chat", "completions"] if asked.json().get("stream"):
                return stream(chunk("Pa"), chunk("ris", "stop"), DONE)
            case [*_, "chat", "completions"]:
                return Answer(completion())
            case ["fal-ai", *name]:
                return Answer({"images": [{"url": f"{self.url}/media/{'/'.join(name)}"}]})
            case ["replicate", "v1", "models", *name, "predictions"]:
                job = f"{self.url}/replicate/v1/jobs/{'/'.join(name)}"
                return Answer({"status": "starting", "urls": {"get": job}})
            case ["replicate", "v1", "jobs", *name]:
                media = f"{self.url}/media/{'/'.join(name)}"
                return Answer({"status": "succeeded", "output": [media]})
            case ["media", *_]:
                return Answer(b"GIF89a", headers={"content-type": "image/gif"})
            case ["info"]:
                return Answer({"model_id": "tiny"})
            case ["health"]:
                return Answer({"status": "ok"})
            case _:
                return super().answer(asked)
