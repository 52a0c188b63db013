"""Conversations of tests: the provider tables, and exchanges that are answered without a network."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hubsmith_codegen.providers import load_providers
from hubsmith_runtime import HubsmithError, Retries
from hubsmith_runtime._http import Exchange, HttpRequest, Response
from hubsmith_runtime.inference._call import Target, call
from hubsmith_runtime.inference._payload import Payload, Reply
from hubsmith_runtime.inference._provider import Provider

T = TypeVar("T")

TABLES = Path(__file__).resolve().parents[2] / "specs" / "providers"
NO_RETRIES = Retries(attempts=1)


@functools.cache
def providers() -> Mapping[str, Provider]:
    """Give every provider of the tables, by name."""
    return {table.provider.name: table.provider for table in load_providers(TABLES)}


def answer(
    content: Any = None, status: int = 200, *, kind: str | None = None, **headers: str
) -> Response:
    """Make an answer of JSON, or of bytes as they are."""
    is_bytes = isinstance(content, bytes)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = kind or ("application/octet-stream" if is_bytes else "application/json")
    return Response(
        status=status,
        headers={"content-type": kind, **named},
        body=content if is_bytes else json.dumps(content).encode(),
        url="",
    )


@dataclass
class Server:
    """Answers requests by method and URL, each list in turn, and keeps what it was asked.

    An answer that is an error is raised where the request was made.
    """

    routes: Mapping[str, Response | HubsmithError | list[Response | HubsmithError]]
    asked: list[HttpRequest] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The requests so far, as `METHOD URL`."""
        return [f"{request.method} {request.url}" for request in self.asked]

    def answer(self, exchange: Exchange[T]) -> T:
        """Hold a conversation to its end."""
        left = {
            line: list(answers) if isinstance(answers, list) else [answers] * 1000
            for line, answers in self.routes.items()
        }
        try:
            request = next(exchange)
            while True:
                self.asked.append(request)
                given = left[f"{request.method} {request.url}"].pop(0)
                if isinstance(given, HubsmithError):
                    request = exchange.throw(given)
                else:
                    request = exchange.send(given)
        except StopIteration as end:
            return end.value


def target(provider: str, task: str, **options: Any) -> Target:
    """Make a target with a provider's own key, unless told otherwise."""
    known: dict[str, Any] = {
        "hub_model": "org/model",
        "model": "own/model",
        "key": "key-1",
        "is_routed": False,
    }
    return Target(provider=providers()[provider], task=task, **{**known, **options})


def payload(task: str, inputs: Any, **parameters: Any) -> Payload:
    """Make a payload."""
    return Payload(task=task, inputs=inputs, parameters=parameters)


def run(
    routes: Mapping[str, Any],
    provider: str,
    task: str,
    inputs: Any = "a cat",
    *,
    parameters: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    on_progress: Callable[[Any], object] | None = None,
    retries: Retries = NO_RETRIES,
    **options: Any,
) -> tuple[Reply, Server]:
    """Call a provider that answers as told; give the reply and what was asked."""
    server = Server(routes)
    asked = call(
        target(provider, task, **options),
        payload(task, inputs, **(parameters or {})),
        {},
        retries=retries,
        timeout=timeout,
        on_progress=on_progress,
    )
    return server.answer(asked), server


def body_of(request: HttpRequest) -> Any:
    """Parse the JSON that a request carries."""
    return json.loads(request.options.get("content", b""))


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Give a request's headers."""
    return dict(request.options.get("headers", {}))
