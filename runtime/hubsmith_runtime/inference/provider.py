"""One inference provider, compiled from its table: its address, and how it runs each task.

The generator creates these values from `specs/providers/`, with a function for everything that a
table composes. `docs/providers.md` explains the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import quote

from ..errors import ValidationError
from ..http import shown
from ..reading import as_object, as_text
from .failures import Callee
from .payload import Payload
from .servers import OPENAI, openai_route

Body: TypeAlias = dict[str, object]
"""The members of a request's body. Those that are `None` are not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """How a job is polled until it has ended."""

    location: Callable[[Target, object], str]  # From the answer that accepted it.
    result: Callable[[Target, object], str] | None = None  # If it has another location.
    status: str
    position: str = ""  # In the queue.
    error: tuple[str, ...] = ()
    done: tuple[str, ...]
    failed: tuple[str, ...] = ()  # Any other status means that it is running.
    interval: float = 0.5  # Seconds between two polls.
    limit: float = 3600.0  # Seconds until polling ends, whatever the caller's timeout.


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How one task is run. Without `is_media`, `media` and `value`, the answer is the result."""

    path: str | Callable[[str], str]  # A function takes the model's quoted id.
    body: Callable[[Target, Payload], object]  # Returns its members, or a file that is the body.
    is_form: bool = False  # Multipart instead of JSON.
    needs_inputs: bool = True
    needs_url: bool = False  # Only a model server named by its URL supports it.
    takes_urls: bool = False  # A file that was given as a URL is sent as one.
    url: str = ""  # If it differs from the provider's.
    routed_query: str = ""  # What the router needs after every address.
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    poll: Poll | None = None
    is_media: bool = False  # The answer's content is the image, audio or video itself.
    media: tuple[str, ...] = ()  # Its path in an answer: a URL, a data URL, or base64.
    value: Callable[[object], object] | None = None  # From the answer and the downloaded media.


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One inference provider."""

    name: str
    url: str = ""  # Where its own keys are sent; empty if it has none.
    is_routed: bool = True
    router_path: str | None = None  # If it differs from its name.
    is_mapped: bool = True  # The Hub maps its own model ids to the provider's.
    needs_key: bool = True
    key_header: str = "authorization"
    key_scheme: str = "Bearer"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    tasks: Mapping[str, Operation]

    def operation(self, task: str) -> Operation:
        """Return how a task is run; raise for an unsupported one, naming those that are."""
        if task not in self.tasks:
            raise ValidationError(
                f"{self.name} does not support {task}: it supports "
                f"{', '.join(sorted(self.tasks))}. Choose another provider."
            )
        return self.tasks[task]


@dataclass(frozen=True, kw_only=True)  # No slots, for cached_property.
class Target:
    """Where a call is sent, and with which key."""

    provider: Provider
    task: str  # The Hub's name, `conversational` for chat.
    hub_model: str = ""  # The model's id on the Hub; empty for a URL or the provider's own id.
    model: str = ""  # The id at the provider; for a URL, the name in the body, if there is one.
    mapping: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)  # The Hub's.
    url: str | None = field(default=None, repr=False)  # Of a model server.
    key: str | None = field(default=None, repr=False)
    is_routed: bool = True  # Through the Hub's router, with a Hub token.
    router: str = "https://router.huggingface.co"
    hub: str = "https://huggingface.co"

    def __str__(self) -> str:
        return f"{self.callee}: {self.task}"

    @cached_property
    def callee(self) -> Callee:
        if self.url is not None:
            return Callee(model=shown(self.url), key=self.key)
        model = self.hub_model or self.model
        return Callee(provider=self.provider.name, model=model, key=self.key)

    @cached_property
    def operation(self) -> Operation:
        return self.provider.operation(self.task)

    @cached_property
    def endpoint(self) -> str:
        path = self.operation.path
        if not isinstance(path, str):  # Ids contain slashes, and a colon before a version.
            path = path(quote(self.model, "/:@+,~"))
        if self.url is not None:
            return openai_route(self.url, path) if self.provider.name == OPENAI else self.url
        return self.address(path)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers of the request: the key, and what the provider requires."""
        headers = {**self.provider.headers, **self.operation.headers}
        if self.is_routed or self.url is not None or not self.key:
            return {**headers, **self.callee.bearer}
        value = f"{self.provider.key_scheme} {self.key}".lstrip()
        return {**headers, self.provider.key_header: value}

    @property
    def root(self) -> str:
        """The provider's address, its own or at the router; for a server, its URL."""
        if self.url is not None:
            return self.url
        if not self.is_routed:
            return (self.operation.url or self.provider.url).rstrip("/")
        path = self.provider.router_path
        return self.router.rstrip("/") + (f"/{self.provider.name}" if path is None else path)

    def address(self, path: str) -> str:
        query, url = self.operation.routed_query if self.is_routed else "", self.root + path
        return url if query in url else f"{url}{'&' if '?' in url else '?'}{query}"

    @property
    def adapter(self) -> dict[str, str] | None:
        """The repository and the weights of an adapter; `None` if the model is not an adapter."""
        path = as_text(self.mapping.get("adapterWeightsPath")) if self.hub_model else ""
        repository = f"{self.hub}/{self.hub_model}"
        file = f"{repository}/resolve/main/{path}"
        return {"repository": repository, "file": file} if path else None

    def wanted_schema(self, parameters: Mapping[str, Any]) -> Body | None:
        """Return OpenAI's description of the JSON that the provider must answer with, if any."""
        wanted = as_object(parameters.get("response_format"))
        described = as_object(wanted.get("json_schema"))
        is_wanted = wanted.get("type") == "json_schema"
        return described if is_wanted and described.get("schema") is not None else None
