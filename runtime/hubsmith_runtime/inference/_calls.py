"""`BaseInference`: what both clients share, without I/O."""

from __future__ import annotations

import abc
import copy
import json as jsons
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from .._errors import ArgumentError, HubsmithError, ValidationError
from .._http import Exchange, HttpRequest, Response, shown
from .._retries import Retries
from .._source import hub_url
from ._call import OnProgress, Target, call, prepare
from ._content import Content
from ._endpoints import beside, is_url, served_model
from ._failures import Callee, sent
from ._lookups import Hub
from ._payload import Payload, Reply
from ._provider import Provider
from ._routing import CHAT, HF_INFERENCE, Routing, router_url

if TYPE_CHECKING:
    from ._task import TaskRequest

T = TypeVar("T")
Me = TypeVar("Me", bound="BaseInference[Any]")

_COROUTINE = 0x80  # `inspect.CO_COROUTINE`, whose import takes longer than making a client.
_BILL_TO = "X-HF-Bill-To"
_PIPELINES = ("feature-extraction", "sentence-similarity")  # Models of these may do both.


class Lazy(Generic[T]):
    """A transport that is made when it is first needed, shared by a client and its raw form."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None
        self._closed = False
        self._lock = threading.Lock()

    def get(self) -> T:
        """Return the transport, made now or before."""
        if self._made is None or self._closed:
            with self._lock:
                if self._closed:
                    raise HubsmithError("The inference client is closed. Make a new one.")
                if self._made is None:
                    self._made = self._make()
        return self._made

    def take(self) -> T | None:
        """Refuse further use, and return what there is to close."""
        with self._lock:
            self._closed = True
            made, self._made = self._made, None
        return made


class BaseInference(abc.ABC, Generic[T]):
    """What both clients share; see `InferenceBase` for the arguments."""

    def __init__(
        self,
        model: str | None = None,
        *,
        provider: str | None = None,
        token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        bill_to: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        max_retries: int = 2,
        on_progress: OnProgress | None = None,
    ) -> None:
        if model is not None and base_url is not None:
            raise ArgumentError("base_url: another name for model; pass one of them.")
        if token is not None and api_key is not None:
            raise ArgumentError("api_key: another name for token; pass one of them.")
        token = token if token is not None else api_key
        if not _is_text(token):
            raise ArgumentError("token: it must be a string, or None for the saved token.")
        if not _is_count(max_retries):
            raise ValidationError(
                f"max_retries: must be a whole number from 0 on, got {max_retries!r}"
            )
        if getattr(getattr(on_progress, "__code__", None), "co_flags", 0) & _COROUTINE:
            raise ArgumentError("on_progress: it must be a plain function; nobody would await it.")
        self.model = model if base_url is None else base_url
        if not _is_text(self.model):
            raise ArgumentError("model: it must be a string: an id of the Hub or a URL.")
        self.provider = provider
        self.token = token
        self.timeout = _checked(timeout)
        self.cookies = None if cookies is None else dict(cookies)
        self.headers = dict(headers or {})
        self._retries = Retries(attempts=max_retries + 1)
        self._on_progress = on_progress
        self._is_raw = False
        self._lazy: Lazy[T] = Lazy(self._new_transport)
        routing = self._routing()
        if is_url(self.model) and provider not in (None, "auto", HF_INFERENCE):
            raise ArgumentError(
                f"provider: {provider} cannot be combined with a URL: the server at "
                f"{shown(self.model or '')} is called as it is. Pass one of them."
            )
        if bill_to is not None:
            self._bill(bill_to, routing.has_own_key)

    def _bill(self, bill_to: str, has_own_key: bool) -> None:
        given = {name for name in self.headers if name.lower() == _BILL_TO.lower()}
        for name in given:
            if (old := self.headers.pop(name)) != bill_to:
                warnings.warn(f"bill_to={bill_to!r} replaces the header {old!r}.", stacklevel=4)
        self.headers[_BILL_TO] = bill_to
        if has_own_key:
            warnings.warn(
                "bill_to has no effect: the key is the provider's own, so the provider bills it.",
                stacklevel=4,
            )

    @staticmethod
    def _find_provider(name: str) -> Provider:
        """Return a provider's table. Generated clients have theirs here."""
        raise LookupError(name)

    @abc.abstractmethod
    def _new_transport(self) -> T: ...

    def __repr__(self) -> str:
        model = shown(self.model) if self.model else self.model
        return (
            f"{type(self).__name__}(model={model!r}, provider={self.provider!r}, "
            f"timeout={self.timeout})"
        )

    def _raw_form(self: Me) -> Me:
        """Return this client with answers instead of results."""
        raw = copy.copy(self)
        raw._is_raw = True
        return raw

    # What a call needs

    def _routing(self) -> Routing:
        return Routing(provider=self.provider, token=self.token, find=self._find_provider)

    def _own_headers(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        """Return the caller's headers; those of the call replace those of the client."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={v}" for name, v in self.cookies.items())
        headers.update((name.lower(), value) for name, value in (extra or {}).items())
        return headers

    def _deadline(self, timeout: float | None) -> float:
        limit = self.timeout if timeout is None else _checked(timeout)
        return float("inf") if limit is None else time.monotonic() + limit

    def _hub(self, routing: Routing, deadline: float) -> Hub:
        return Hub(
            url=hub_url(), find_token=routing.hub_token, retries=self._retries, deadline=deadline
        )

    def _target(
        self,
        payload: Payload,
        model: str | None,
        headers: Mapping[str, str],
        deadline: float,
    ) -> Exchange[Target]:
        routing, name = self._routing(), ""
        chosen = model or self.model
        if payload.task == CHAT and is_url(self.model) and model and not is_url(model):
            chosen, name = self.model, model  # The server's address, and one of its models.
        hub = self._hub(routing, deadline)
        name = name or str(payload.extra.get("model") or "")
        target = yield from routing.target(payload.task, chosen, hub, name)
        if target.url is None or payload.task != CHAT or target.model:
            return target
        found = yield from served_model(target.url, headers, target.key, deadline)
        return replace(target, model=found)

    def _calling(
        self,
        request: TaskRequest[Any],
        model: str | None,
        timeout: float | None,
        extra_headers: Mapping[str, str] | None,
        extra_body: Mapping[str, Any] | None,
    ) -> Exchange[Reply]:
        # Here, so that importing a client does not import pydantic: making the request did.
        from ._result import payload_of

        deadline = self._deadline(timeout)
        payload = payload_of(request, extra_body)
        headers = self._own_headers(extra_headers)
        target = yield from self._target(payload, model, headers, deadline)
        return (
            yield from call(
                target,
                payload,
                headers,
                retries=self._retries,
                timeout=_left(deadline),
                on_progress=self._on_progress,
            )
        )

    def _opening(
        self,
        request: TaskRequest[Any],
        model: str | None,
        deadline: float,
        extra_headers: Mapping[str, str] | None,
        extra_body: Mapping[str, Any] | None,
    ) -> Exchange[tuple[HttpRequest, Callee]]:
        """Return the request that a stream begins with."""
        from ._result import payload_of

        payload = payload_of(request, extra_body, is_stream=True)
        headers = self._own_headers(extra_headers)
        target = yield from self._target(payload, model, headers, deadline)
        return prepare(target, payload, headers), target.callee

    def _sent(self, request: HttpRequest, callee: Callee, deadline: float) -> Exchange[Response]:
        return sent(request, callee, retries=self._retries, deadline=deadline)

    # Requests beside the tasks

    def _posting(
        self,
        json: Any,
        data: object,
        model: str | None,
        task: str | None,
        timeout: float | None,
        extra_headers: Mapping[str, str] | None,
    ) -> Exchange[Response]:
        if (json is None) == (data is None):
            raise ArgumentError("post: pass either json= or data=.")
        deadline, routing = self._deadline(timeout), self._routing()
        chosen = model or self.model
        if chosen is None:
            if task is None:
                raise ArgumentError("post: pass model=, an id of the Hub or a URL, or task=.")
            chosen = yield from self._hub(routing, deadline).recommended(task)
        url, callee = self._address(chosen, routing, "post", task)
        headers: dict[str, str] = {}
        if data is None:
            content = jsons.dumps(json).encode()
            headers["content-type"] = "application/json"
        else:
            file = Content.of(data)
            yield from file.fetch(_left(deadline) or float("inf"))
            content = file.read()
            if file.mime_type:
                headers["content-type"] = file.mime_type
        if callee.key:
            headers["authorization"] = f"Bearer {callee.key}"
        headers |= self._own_headers(extra_headers)
        request = HttpRequest("POST", url, {"headers": headers, "content": content})
        return (yield from self._sent(request, callee, deadline))

    def _asking(self, path: str, model: str | None, what: str) -> tuple[HttpRequest, Callee]:
        """Return the request to a model server's own route, such as `/health`."""
        chosen = model or self.model
        if chosen is None:
            raise ValidationError(f"{what}: model: pass the URL of the server.")
        url, callee = self._address(chosen, self._routing(), what, None)
        headers = {"authorization": f"Bearer {callee.key}"} if callee.key else {}
        headers |= self._own_headers(None)
        address = beside(url, path) if is_url(chosen) else url + path
        return HttpRequest("GET", address, {"headers": headers}), callee

    def _address(
        self, model: str, routing: Routing, what: str, task: str | None
    ) -> tuple[str, Callee]:
        """Return the address of a model that is called without a task, and who that is."""
        if self.provider not in (None, "auto", HF_INFERENCE):
            raise ValidationError(
                f"{what}: {self.provider} has no such route. It works with hf-inference, and with "
                "the URL of a server as model=."
            )
        if is_url(model):
            key = routing.url_key(model, hub_url())
            return model, Callee(model=shown(model), key=key)
        path = f"{router_url()}/{HF_INFERENCE}/models/{quote(model)}"
        if ".." in model.split("/"):
            raise ValidationError(f"{what}: model: {model!r} is no id of the Hub.")
        callee = Callee(provider=HF_INFERENCE, model=model, key=routing.hub_key(what))
        return (f"{path}/pipeline/{task}" if task in _PIPELINES else path), callee


# Callers without a type checker pass booleans, paths and text for numbers.


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _checked(timeout: float | None) -> float | None:
    is_number = isinstance(timeout, int | float)
    if timeout is not None and not (is_number and timeout > 0):
        raise ValidationError(f"timeout: must be more than 0 seconds, got {timeout!r}")
    return timeout


def _left(deadline: float) -> float | None:
    """Return the seconds that are left; `None` for no limit."""
    return None if deadline == float("inf") else max(deadline - time.monotonic(), 0.0)
