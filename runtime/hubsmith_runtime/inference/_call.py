"""A call of one task at one provider: what is sent, and what comes back as a `Reply`."""

from __future__ import annotations

import fnmatch
import functools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import quote, urlsplit

from .._errors import ValidationError
from .._http import Exchange, HttpRequest, shown
from .._retries import Retries
from ._asking import Asking
from ._body import encode_body
from ._content import Content
from ._failures import Callee
from ._keys import is_hub_token
from ._payload import Payload, Reply
from ._poll import OnProgress as OnProgress
from ._poll import finished
from ._provider import Operation, Provider
from ._reply import read_reply
from ._template import fill_text

_HUB = "https://huggingface.co"
_ROUTER = "https://router.huggingface.co"
_IMAGES = ("text-to-image", "image-to-image", "image-text-to-image")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a call goes, and as whom.

    Attributes:
        provider: The provider's table.
        task: The Hub's name of the task, `conversational` for chat.
        hub_model: The model's id at the Hub; empty where it is a URL or the provider's own id.
        model: The model's id at the provider. For a URL it is what the body names, if anything.
        mapping: The Hub's entry that maps one to the other.
        url: A model server's address as the caller gave it; only with `hf-inference`.
        key: The token or the provider's key; `None` for none.
        is_routed: Whether the request goes through the Hub's router, with a Hub token.
        router: The router's address.
        hub: The Hub's address.
    """

    provider: Provider
    task: str
    hub_model: str = ""
    model: str = ""
    mapping: Mapping[str, Any] = field(default_factory=dict[str, Any])
    url: str | None = None
    key: str | None = field(default=None, repr=False)
    is_routed: bool = True
    router: str = _ROUTER
    hub: str = _HUB

    @property
    def callee(self) -> Callee:
        """Who is asked, for messages."""
        if self.url is not None:
            return Callee(model=shown(self.url), key=self.key)
        model = self.hub_model or self.model
        return Callee(provider=self.provider.name, model=model, key=self.key)

    def __str__(self) -> str:
        return f"{self.callee}: {self.task}"


def supports(provider: Provider, task: str) -> bool:
    """Whether a provider does a task."""
    return task in provider.tasks


def check_task(provider: Provider, task: str) -> None:
    """Refuse a task that a provider does not do.

    Raises:
        ValidationError: naming what it does.
    """
    if not supports(provider, task):
        raise ValidationError(
            f"{provider.name} does not do {task}: it does {', '.join(sorted(provider.tasks))}. "
            "Choose another provider."
        )


def prepare(target: Target, payload: Payload, headers: Mapping[str, str]) -> HttpRequest:
    """Describe the request of a call; the caller's `headers` win over all others.

    A file that was given as a URL must have been fetched where the provider needs its content;
    `call` does that itself.

    Raises:
        ValidationError: when the provider cannot be called like this.
    """
    operation = _operation(target)
    scope = {
        "model": target.model or None,
        "version": target.model.partition(":")[2] or None,
        "adapter": _adapter(target),
    }
    # Only the Hub's own servers know another form of JSON schemas than OpenAI's.
    is_plain = target.url is not None
    content, kind = encode_body(operation, payload, scope, target, is_plain=is_plain)
    known = _headers(target, operation)
    if kind is not None:
        known["content-type"] = kind
    known.update((name.lower(), value) for name, value in headers.items())
    if operation.form == "multipart" and kind is not None:
        known["content-type"] = kind  # It names the boundary.
    return HttpRequest("POST", _url(target, operation), {"headers": known, "content": content})


def call(
    target: Target,
    payload: Payload,
    headers: Mapping[str, str],
    *,
    retries: Retries,
    timeout: float | None,
    on_progress: OnProgress | None = None,
) -> Exchange[Reply]:
    """Call, wait until the job is done where it is one, and fetch the media.

    Args:
        target: Who is called.
        payload: What is asked.
        headers: The caller's own headers.
        retries: Which failures are tried again.
        timeout: Seconds for all of it; `None` for no limit.
        on_progress: Called while a job is not done, with an `InferenceProgress`.

    Raises:
        ValidationError: when the provider cannot be called like this; nothing was sent.
        InferenceError: when the provider answers with an error, or the job fails.
        InferenceTimeoutError: when it is not done in time.
        ResultError: when the answer lacks what it must have.
    """
    operation = _operation(target)
    began = time.monotonic()
    deadline = began + timeout if timeout is not None else float("inf")
    for content in _files(payload.inputs):
        if not _takes_urls(operation):
            yield from content.fetch(timeout)
    request, callee = prepare(target, payload, headers), target.callee
    told = cast("Mapping[str, str]", request.options.get("headers", {}))
    asking = Asking(
        root=_root(target, operation),
        query=operation.routed_query if target.is_routed else "",
        headers={name: value for name, value in told.items() if name != "content-type"},
        hosts=operation.poll.hosts if operation.poll is not None else (),
        callee=callee,
        retries=retries,
        began=began,
        deadline=deadline,
    )
    response = yield from asking.send(request)
    if operation.poll is not None and target.url is None:
        response = yield from finished(operation.poll, response, asking, on_progress)
    return (yield from read_reply(operation.result, response, asking, f"{callee}: {target.task}"))


def _operation(target: Target) -> Operation:
    check_task(target.provider, target.task)
    operation = target.provider.tasks[target.task]
    if operation.needs_url and target.url is None:
        raise ValidationError(
            f"{target}: {target.provider.name} does not do this itself. Pass the URL of a model "
            "server that does as model=, or choose another provider."
        )
    model = target.model.lower()
    for variant in operation.variants:
        if all(fnmatch.fnmatchcase(model, pattern) for pattern in variant.models):
            return replace(
                operation,
                route=variant.route or operation.route,
                body=variant.body or operation.body,
            )
    return operation


def _adapter(target: Target) -> dict[str, str] | None:
    """Return where the weights are that change a provider's base model, for a model that is such."""
    path = target.mapping.get("adapterWeightsPath")
    if not isinstance(path, str) or not target.hub_model:
        return None
    repository = f"{target.hub}/{target.hub_model}"
    return {"repository": repository, "file": f"{repository}/resolve/main/{path}"}


def _root(target: Target, operation: Operation) -> str:
    provider = target.provider
    if target.is_routed:
        path = f"/{provider.name}" if provider.router_path is None else provider.router_path
        return target.router.rstrip("/") + path
    return (operation.url or provider.url).rstrip("/")


def _url(target: Target, operation: Operation) -> str:
    if target.url is not None:
        return _chat_url(target.url) if target.task == "conversational" else target.url
    if "{model}" in operation.route and not target.model:
        raise ValidationError(f"{target}: model is needed.")
    if ".." in target.model.split("/"):
        raise ValidationError(f"{target}: {target.model!r} is no model's id.")
    # Ids hold slashes, and a colon before a version.
    model = quote(target.model, safe="/:@+,~")
    url = _root(target, operation) + fill_text(operation.route, {"model": model})
    return f"{url}?{operation.routed_query}" if target.is_routed and operation.routed_query else url


@functools.lru_cache(maxsize=128)
def _chat_url(url: str) -> str:
    """Return the address of chats at a server of which any part may be given."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if path.endswith("/chat/completions"):
        return url
    path += "/chat/completions" if path.endswith("/v1") else "/v1/chat/completions"
    return parts._replace(path=path).geturl()


def _headers(target: Target, operation: Operation) -> dict[str, str]:
    provider, key = target.provider, target.key
    headers = {**provider.headers, **operation.headers}
    if target.task in _IMAGES:
        headers["accept"] = "image/png"
    if target.url is None:
        _check_key(target)
    if key is None:
        return headers
    if target.is_routed or target.url is not None:
        headers["authorization"] = f"Bearer {key}"
    else:
        headers[provider.key_header] = f"{provider.key_scheme} {key}".lstrip()
    return headers


def _check_key(target: Target) -> None:
    """Refuse a key that would go where it must not, or that is missing."""
    provider, key = target.provider, target.key
    if target.is_routed and not provider.is_routed:
        raise ValidationError(
            f"{target}: {provider.name} cannot be reached through the Hub with a Hub token. Pass "
            f"a key of {provider.name} as api_key=, or choose another provider."
        )
    if not target.is_routed and key is not None and is_hub_token(key):
        raise ValidationError(
            f"{target}: a token of the Hub must not be sent to {provider.name} itself."
        )
    if not target.is_routed and not provider.url:
        raise ValidationError(f"{target}: {provider.name} takes tokens of the Hub only.")
    if key is None and provider.needs_key:
        raise ValidationError(
            f"{target}: a key is needed. Pass token= or api_key=, set HF_TOKEN, or run "
            "`hf auth login`."
        )


def _takes_urls(operation: Operation) -> bool:
    return operation.form == "json" and ":url=" in str(operation.body)


def _files(value: object) -> Iterator[Content]:
    if isinstance(value, Content):
        yield value
    elif isinstance(value, dict):
        yield from _files(list(cast("dict[str, object]", value).values()))
    elif isinstance(value, list):
        for member in cast("list[object]", value):
            yield from _files(member)
