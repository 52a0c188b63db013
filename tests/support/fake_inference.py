"""The router of the Hub and a chat server, on loopback; both note what they are asked."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from hubsmith_runtime.effects import DeadlineExceeded, Effect, Effects, Run, Sleep
from hubsmith_runtime.http import Response

from tests.support.recorder import Answer, Recorder, Seen

T = TypeVar("T")

_LIMIT = 20.0  # Seconds that a trickle may last, whatever a test wants.

LABELS = [{"label": "POSITIVE", "score": 0.75}, {"label": "NEGATIVE", "score": 0.25}]


def chunks(*words: str, model: str = "tiny") -> bytes:
    """Return a streamed chat, with `[DONE]`, as bytes."""
    lines: list[str] = []
    for index, word in enumerate(words):
        last = index == len(words) - 1
        choice = {"index": 0, "delta": {"role": "assistant", "content": word}}
        event = {
            "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model,
            "system_fingerprint": "", "choices": [choice | {"finish_reason": "stop" if last else None}],
        }  # fmt: skip
        lines.append(f"data: {json.dumps(event)}\n\n")
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def completion(model: str, text: str = "Paris.") -> dict[str, Any]:
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": model,
        "system_fingerprint": "fp", "usage": {"completion_tokens": 2, "prompt_tokens": 3, "total_tokens": 5},
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}],
    }  # fmt: skip


class FakeRouter(Recorder):
    """Answers chats, text classification and `/info` as hf-inference and its partners do."""

    def answer(self, seen: Seen) -> Answer:
        if seen.path.endswith("/chat/completions"):
            body = seen.json()
            if body.get("stream"):
                kind = {"content-type": "text/event-stream", "x-request-id": "stream-1"}
                return 200, kind, chunks("Pa", "ris", ".", model=body["model"])
            return 200, {"x-request-id": "request-1"}, completion(body["model"])
        if seen.path.endswith("/info"):
            return 200, {}, {"model_id": seen.path}
        return 200, {"x-compute-time": "0.25", "x-request-id": "request-1"}, [LABELS]


class FakeChatServer(FakeRouter):
    """An OpenAI-shaped server; it refuses other models than those it has, as vLLM does."""

    def __init__(self, *models: str, is_strict: bool = True) -> None:
        super().__init__()
        self.models = models
        self.is_strict = is_strict

    def answer(self, seen: Seen) -> Answer:
        match seen.path:
            case "/health":
                return 200, {}, b""
            case "/v1/models":
                listed = [{"id": model, "object": "model"} for model in self.models]
                return 200, {}, {"object": "list", "data": listed}
            case "/v1/chat/completions" if self.is_strict:
                model = seen.json().get("model")
                if model not in self.models:
                    error = {"message": f"The model `{model}` does not exist.", "code": 404}
                    return 404, {}, {"error": error}
        return super().answer(seen)


class Script:
    """Carries out calls without a network, and without waiting: it only adds up the seconds.

    Args:
        answer: Gives the result of every effect but sleeping and running; raises what is an error.
        timeout: Seconds of sleep after which the time of the call is over.
    """

    def __init__(self, answer: Callable[[Effect], Any], timeout: float = float("inf")) -> None:
        self.effects: list[Effect] = []
        self.slept: list[float] = []
        self._answer = answer
        self._timeout = timeout

    def run(self, call: Effects[T]) -> T:
        value: Any = None
        failure: Exception | None = None
        try:
            while True:
                effect = call.send(value) if failure is None else call.throw(failure)
                self.effects.append(effect)
                value = failure = None
                try:
                    value = self._perform(effect)
                except Exception as error:
                    failure = error
        except StopIteration as end:
            return end.value

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case Sleep(seconds):
                if sum(self.slept) + seconds > self._timeout:
                    raise DeadlineExceeded
                self.slept.append(seconds)
                return None
            case Run(function):
                return function()
            case _:
                return self._answer(effect)


def answered(status: int, content: Any, **headers: str) -> Response:
    """Make an answer of JSON, or of bytes as they are."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=body, url="")


class Dripping:
    """A server whose answers come in single bytes, for ever, from one point on.

    Args:
        point: `silence`, or where the dripping begins: in the `head`, or in the `body`.
        status: Of the answers.
        only: A part of the path of the requests that are answered so; others get `usual`.
        usual: JSON.
    """

    def __init__(self, point: str, status: int = 200, *, only: str = "", usual: Any = None) -> None:
        self._point, self._status = point, status
        self._only, self._usual = only.encode(), json.dumps(usual).encode()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator[str]:
        self._listener.settimeout(0.05)
        self._start(self._accept)
        try:
            yield self.url
        finally:
            self._ended.set()
            for thread in self._threads:
                thread.join()
            self._listener.close()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._start(lambda connection=connection: self._serve(connection))

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0.05)
            received = b""
            while b"\r\n\r\n" not in received and not self._ended.is_set():
                with contextlib.suppress(TimeoutError):
                    received += connection.recv(65536)
            connection.settimeout(5)
            head = f"HTTP/1.1 {self._status} -\r\ncontent-type: application/json\r\n".encode()
            if self._only not in received.partition(b"\r\n")[0]:
                length = f"content-length: {len(self._usual)}\r\nconnection: close\r\n\r\n"
                connection.sendall(b"HTTP/1.1 200 -\r\n" + length.encode() + self._usual)
                return
            if self._point != "silence":
                connection.sendall(head + (b"\r\n" if self._point == "body" else b"x-head: "))
            while not self._ended.wait(0.05):
                if self._point != "silence":
                    connection.sendall(b" ")


@contextmanager
def trickle(
    *parts: bytes | float, kind: str = "text/event-stream", loading: Sequence[float] = ()
) -> Iterator[str]:
    """Give the URL of a server that sends an answer in parts; a number is a pause in seconds.

    Before that its model loads, and says each time how many seconds that will take.
    """
    left = list(loading)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def serve() -> None:
            until = time.monotonic() + _LIMIT
            while not ended.is_set() and time.monotonic() < until:
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    # The client may go before the end, as some tests want it to.
                    with contextlib.suppress(OSError):
                        _answer(connection, parts, kind, left, ended, until)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def _answer(
    connection: socket.socket,
    parts: Sequence[bytes | float],
    kind: str,
    loading: list[float],
    ended: threading.Event,
    until: float,
) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return
        received += part
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n"
    if received.startswith(b"GET"):
        head = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        parts = ()
    elif loading:
        body = json.dumps({"error": "loading", "estimated_time": loading.pop(0)}).encode()
        head = f"HTTP/1.1 503 -\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        parts = (body,)
    connection.sendall(head.encode())
    for part in parts:
        if isinstance(part, bytes):
            connection.sendall(part)
        elif ended.wait(min(part, max(0.0, until - time.monotonic()))):
            return
