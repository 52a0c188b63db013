"""Calls of tests: the compiled provider tables, and effects that are performed without a network."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from hubsmith_codegen.ir.providers.table import Table
from hubsmith_codegen.normalise.providers.load import load_providers
from hubsmith_codegen.render.providers.module import render_providers
from hubsmith_runtime import HubsmithError, Retries
from hubsmith_runtime.effects import (
    Close,
    DeadlineExceeded,
    Effect,
    Effects,
    Open,
    Read,
    Run,
    Send,
    Sleep,
)
from hubsmith_runtime.http import Body, HttpRequest, Response
from hubsmith_runtime.inference.payload import Payload, TaskResponse
from hubsmith_runtime.inference.provider import Provider
from hubsmith_runtime.inference.request import Target, call

T = TypeVar("T")

TABLES = Path(__file__).resolve().parents[2] / "specs" / "providers"
NO_RETRIES = Retries(attempts=1)


@functools.cache
def tables() -> Mapping[str, Table]:
    """Give every table as it was read, by the provider's name."""
    return {table.provider.name: table for table in load_providers(TABLES)}


def compiled(folder: Path) -> Mapping[str, Provider]:
    """Give the providers of a folder of tables as the generator compiles them, by name."""
    found: dict[str, Provider] = {}
    for path, source in render_providers(load_providers(folder)).items():
        names: dict[str, Any] = {"__name__": f"compiled_{path.stem}"}
        exec(compile(source, str(path), "exec"), names)
        if "PROVIDER" in names:
            found[names["PROVIDER"].name] = names["PROVIDER"]
    return found


@functools.cache
def providers() -> Mapping[str, Provider]:
    """Give every provider, by name."""
    return compiled(TABLES)


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

    An answer that is an error is raised where the request was made. Time does not pass, unless
    `clock` is a list of one number: then waiting moves it, and what would last longer than
    `timeout` ends as under a driver.
    """

    routes: Mapping[str, Response | HubsmithError | list[Response | HubsmithError]]
    asked: list[HttpRequest] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    clock: list[float] | None = None
    timeout: float | None = None

    def __post_init__(self) -> None:
        self._left = {
            line: list(answers) if isinstance(answers, list) else [answers] * 1000
            for line, answers in self.routes.items()
        }
        self._began = self.clock[0] if self.clock else 0.0

    @property
    def lines(self) -> list[str]:
        """The requests so far, as `METHOD URL`."""
        return [f"{request.method} {request.url}" for request in self.asked]

    def run(self, call: Effects[T]) -> T:
        """Carry out a call to its end."""
        try:
            effect = next(call)
            while True:
                try:
                    value = self.perform(effect)
                except (HubsmithError, DeadlineExceeded) as error:
                    effect = call.throw(error)
                else:
                    effect = call.send(value)
        except StopIteration as end:
            return end.value

    def perform(self, effect: Effect) -> Any:
        """Do what a call asks for."""
        match effect:
            case Send(request=request):
                return self._answer(request)
            case Open(request=request):
                given = self._answer(request)
                sent = httpx.Request(request.method, request.url)
                options = {"headers": given.headers, "content": given.body, "request": sent}
                return Body(request, httpx.Response(given.status, **options))
            case Read(body=body):
                body.pieces = body.pieces or body.response.iter_bytes()
                return next(body.pieces, None)
            case Close():
                return None
            case Sleep(seconds=seconds):
                return self._sleep(seconds)
            case Run(function=function):
                return function()
            case _:
                raise AssertionError(f"not expected here: {effect}")

    def _answer(self, request: HttpRequest) -> Response:
        self.asked.append(request)
        given = self._left[f"{request.method} {request.url}"].pop(0)
        if isinstance(given, HubsmithError):
            raise given
        return given

    def _sleep(self, seconds: float) -> None:
        if self.clock is not None:
            passed = self.clock[0] - self._began
            if self.timeout is not None and passed + seconds > self.timeout:
                raise DeadlineExceeded
            self.clock[0] += seconds
        self.slept.append(seconds)


def target(provider: str, task: str, **options: Any) -> Target:
    """Make a target with a provider's own key, unless another is given."""
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
    on_progress: Callable[[Any], object] | None = None,
    retries: Retries = NO_RETRIES,
    **options: Any,
) -> tuple[TaskResponse, Server]:
    """Call a provider that gives this answer; give the response and what was asked."""
    server = Server(routes)
    asked = call(
        target(provider, task, **options),
        payload(task, inputs, **(parameters or {})),
        {},
        retries=retries,
        on_progress=on_progress,
    )
    return server.run(asked), server


def body_of(request: HttpRequest) -> Any:
    """Parse the JSON that a request carries."""
    return json.loads(request.content or b"")


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Give a request's headers."""
    return dict(request.headers)
