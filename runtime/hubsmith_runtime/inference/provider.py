"""One inference provider, compiled from its table: where it is, and how each task is done there.

The generator makes these values of `specs/providers/`, with a function for everything that a table
composes. `docs/providers.md` explains what a table says.
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
    """How a job that was taken is asked after until it is over."""

    location: Callable[[Target, object], str]  # From the answer that took it.
    result: Callable[[Target, object], str] | None = None  # Where it has another location.
    status: str
    position: str = ""  # In the queue.
    error: tuple[str, ...] = ()
    done: tuple[str, ...]
    failed: tuple[str, ...] = ()  # Every other status means that it goes on.
    interval: float = 0.5  # Seconds between two questions.
    limit: float = 3600.0  # Seconds until it is given up, whatever the caller's timeout.


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How one task is done. Without `is_media`, `media` and `value` the answer is the result."""

    path: str | Callable[[str], str]  # Of the model's quoted id.
    body: Callable[[Target, Payload], object]  # Its members, or a file that is all of it.
    is_form: bool = False  # Multipart instead of JSON.
    needs_inputs: bool = True
    needs_url: bool = False  # Only a model server that the caller names by its URL does it.
    takes_urls: bool = False  # A file that was given as a URL is sent as one.
    url: str = ""  # Where it is another than the provider's.
    routed_query: str = ""  # What the router needs behind every address.
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    poll: Poll | None = None
    is_media: bool = False  # The answer's content is the image, audio or video itself.
    media: tuple[str, ...] = ()  # Where an answer has it: a URL, a data URL, or base64.
    value: Callable[[object], object] | None = None  # Of the answer, with what was fetched.


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One inference provider."""

    name: str
    url: str = ""  # Where its own keys are sent; empty where it has none.
    is_routed: bool = True
    router_path: str | None = None  # Where it is another than its name.
    is_mapped: bool = True  # The Hub maps its own model ids to the provider's.
    needs_key: bool = True
    key_header: str = "authorization"
    key_scheme: str = "Bearer"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    tasks: Mapping[str, Operation]

    def operation(self, task: str) -> Operation:
        """Return how a task is done; refuse one that is not, naming those that are."""
        if task not in self.tasks:
            raise ValidationError(
                f"{self.name} does not do {task}: it does {', '.join(sorted(self.tasks))}. "
                "Choose another provider."
            )
        return self.tasks[task]


@dataclass(frozen=True, kw_only=True)  # Without slots, for what is worked out once.
class Target:
    """Where a call goes, and as whom."""

    provider: Provider
    task: str  # The Hub's name, `conversational` for chat.
    hub_model: str = ""  # The model's id at the Hub; empty for a URL or the provider's own id.
    model: str = ""  # The id at the provider. For a URL it is what the body names, if anything.
    mapping: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)  # Of the Hub.
    url: str | None = field(default=None, repr=False)  # Of a model server; with `hf-inference`.
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
        if not isinstance(path, str):  # Ids hold slashes, and a colon before a version.
            path = path(quote(self.model, "/:@+,~"))
        if self.url is not None:
            return openai_route(self.url, path) if self.provider.name == OPENAI else self.url
        return self.address(path)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """What is sent besides the body: the key, and what the provider wants."""
        headers = {**self.provider.headers, **self.operation.headers}
        if self.is_routed or self.url is not None or not self.key:
            return {**headers, **self.callee.bearer}
        value = f"{self.provider.key_scheme} {self.key}".lstrip()
        return {**headers, self.provider.key_header: value}

    @property
    def root(self) -> str:
        """The provider's own address, or the one it has at the router; the URL of a server."""
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
        """Where the weights are that change a base model, for a model that is such."""
        path = as_text(self.mapping.get("adapterWeightsPath")) if self.hub_model else ""
        repository = f"{self.hub}/{self.hub_model}"
        file = f"{repository}/resolve/main/{path}"
        return {"repository": repository, "file": file} if path else None

    def wanted_schema(self, parameters: Mapping[str, Any]) -> Body | None:
        """Return OpenAI's description of the JSON that a provider must answer with."""
        wanted = as_object(parameters.get("response_format"))
        described = as_object(wanted.get("json_schema"))
        is_wanted = wanted.get("type") == "json_schema"
        return described if is_wanted and described.get("schema") is not None else None
