"""A server of OpenAI's API on loopback, as strict about models and forms as the real ones are."""

from __future__ import annotations

import base64
import email.message
import email.parser
import email.policy
from typing import Any

from tests.waits.scripted_http import Answer, Asked, stream
from tests.waits.scripted_inference import DONE, ScriptedInference, chunk, completion

MODELS = ("words", "vectors", "pictures", "ears", "voice")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
SOUND = b"fLaC" + bytes(range(64))


class OpenAIServer(ScriptedInference):
    """Has models by name, and the routes of OpenAI's API below `/v1` and nothing else."""

    def __init__(self, *models: str) -> None:
        super().__init__()
        self.models = models or MODELS
        self.bodies: list[dict[str, Any]] = []  # Of its answers, as parsed.

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/v1/models":
            listed = [{"id": name, "object": "model"} for name in self.models]
            return Answer({"object": "list", "data": listed})
        if asked.path.startswith("/v1/"):
            is_form = asked.headers.get("content-type", "").startswith("multipart/")
            body = form_of(asked) if is_form else asked.json()
            if body.get("model") not in self.models:
                words = f"The model `{body.get('model')}` does not exist."
                return Answer({"error": {"message": words}}, 404)
            self.bodies.append(body)
            if answer := self.made(asked.path.removeprefix("/v1/"), body):
                return answer
        return Answer({"detail": "Not Found"}, 404)

    def made(self, route: str, body: dict[str, Any]) -> Answer | None:
        match route:
            case "chat/completions" if body.get("stream"):
                return stream(chunk("Pa"), chunk("ris", "stop"), DONE)
            case "chat/completions":
                return Answer({**completion(), "model": body["model"]})
            case "completions" if body.get("stream"):
                return stream(*(text_chunk(*one) for one in (("Pa", None), ("ris", "stop"))), DONE)
            case "completions":
                return Answer(text_chunk("Paris", "stop"))
            case "embeddings":
                texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
                vectors = [
                    {"object": "embedding", "index": at, "embedding": [at, 0.5]}
                    for at, _ in enumerate(texts)
                ]
                usage = {"prompt_tokens": 1, "total_tokens": 1}
                return Answer(
                    {"object": "list", "model": body["model"], "data": vectors, "usage": usage}
                )
            case "images/generations":
                picture = base64.b64encode(PIXEL).decode()
                return Answer({"created": 1, "data": [{"b64_json": picture}]})
            case "audio/transcriptions":
                return Answer({"text": f"{len(body['file'])} bytes"})
            case "audio/speech":
                return Answer(SOUND, headers={"content-type": "audio/flac"})
        return None


def text_chunk(text: str, finish: str | None) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": None}
    return {
        "id": "c", "object": "text_completion", "created": 1, "model": "words", "choices": [choice],
    }  # fmt: skip


def form_of(asked: Asked) -> dict[str, Any]:
    """Return the fields of a form; files as bytes."""
    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + asked.body)
    fields: dict[str, Any] = {}
    for part in form.iter_parts():
        assert isinstance(part, email.message.EmailMessage)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        fields[name] = content if part.get_filename() else content.decode()
    return fields
