"""`BaseInference`: the options that both clients share, and their calls as effects."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote

from ..effects import Effects, Run
from ..errors import ArgumentError, ConnectionFailedError, ResultError, ValidationError
from ..http import Body, HttpRequest, shown
from ..limit import CALLS, Limit
from ..reading import as_object
from ..retries import Retries
from .failures import Callee, open_checked, send_checked, send_once
from .hub import AUTO, CHAT, HF_INFERENCE, Cache, Hub, router_url
from .options import CallOptions, retries_of, seconds_of, text_of
from .raw import RawResponse, posted
from .servers import OPENAI, chosen_of, is_url, served_model, server_route

if TYPE_CHECKING:
    from ..files import FileInput
    from .payload import Payload, TaskResponse
    from .polling import OnProgress
    from .provider import Provider, Target
    from .routing import Routing
    from .task import TaskRequest

R = TypeVar("R")
Client = TypeVar("Client", bound="BaseInference")
Headers: TypeAlias = Mapping[str, str] | None

SILENCE = 600.0
"""Seconds to wait for the next byte of an answer, unless the caller sets a shorter limit."""

_BILL_TO = "X-HF-Bill-To"
_PIPELINES = ("feature-extraction", "sentence-similarity")  # Models of these may support both.


class _Steps:
    """Functions that only calls of tasks need. They are slow to import: the first call does it."""

    def __init__(self) -> None:
        from .payload import files_in
        from .request import call, prepare
        from .result import decode, payload_of

        self.files_in, self.payload_of = files_in, payload_of
        self.prepare, self.call, self.decode = prepare, call, decode


_steps = functools.cache(_Steps)  # Import statements would slow each call down, too.


class BaseInference:
    """The base class of both clients; see `InferenceBase` for the arguments."""

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
        retries: Retries | None = None,
        max_retries: int | None = None,
        on_progress: OnProgress | None = None,
        max_concurrency: int | None = CALLS,
    ) -> None:
        self.model = text_of("model", model, "base_url", base_url)
        self._is_server = base_url is not None  # Every call goes there, whatever its model.
        self.provider = provider
        self.token = text_of("token", token, "api_key", api_key)
        self.timeout = seconds_of(timeout)
        self.headers = dict(headers or {})
        self.cookies = dict(cookies or {})
        self._retries = retries_of(retries, max_retries)
        self._on_progress = on_progress
        self._max_concurrency = Limit(max_concurrency).most
        self._hub = Hub(self._retries)
        self._served: Cache[str] = Cache()
        self._latest: tuple[object, Any] = ((), None)  # The target of the latest call of a URL.
        self._is_raw = False
        self._drivers: list[Any] = []  # At most one; the raw form of a client shares it.
        if base_url is not None and not is_url(base_url):
            raise ArgumentError(
                "base_url: must be an http or https URL, such as http://127.0.0.1:8080/v1."
            )
        if is_url(self.model) and provider not in (None, AUTO, HF_INFERENCE):
            raise ArgumentError(
                f"provider: {provider} cannot be combined with a URL: pass one of them."
            )
        if inspect.iscoroutinefunction(on_progress):
            raise ArgumentError("on_progress: must be a plain function, not a coroutine function.")
        if bill_to is not None:
            self._bill(bill_to)

    def _bill(self, bill_to: str) -> None:
        for name in [name for name in self.headers if name.lower() == _BILL_TO.lower()]:
            if (old := self.headers.pop(name)) != bill_to:
                warnings.warn(f"bill_to={bill_to!r} replaces the header {old!r}.", stacklevel=3)
        self.headers[_BILL_TO] = bill_to
        if self._routing().has_own_key:
            warnings.warn("bill_to has no effect: the key's provider bills the call.", stacklevel=3)

    @staticmethod
    def _find_provider(name: str) -> Provider:
        """Return a provider's table. Generated clients override this."""
        raise ValidationError(f"provider: there is no {name!r}.")

    def __repr__(self) -> str:
        model = shown(self.model) if self.model else self.model
        name = "base_url" if self._is_server else "model"
        options = f"{name}={model!r}, provider={self.provider!r}, timeout={self.timeout}"
        return f"{type(self).__name__}({options})"

    def __getstate__(self) -> dict[str, Any]:
        # Without secrets and connections: an unpickled client connects again. The user, password
        # and query of a URL may be a key.
        billed = {k: v for k, v in self.headers.items() if k == _BILL_TO}
        own = {"token": None, "headers": billed, "cookies": {}, "_hub": Hub(self._retries)}
        own |= {"_served": Cache[str](), "_latest": ((), None), "_drivers": []}
        return {**vars(self), **own, "model": shown(self.model) if self.model else None}

    def _limit(self) -> Limit:
        return Limit(self._max_concurrency, type(self).__name__)

    def _raw_form(self: Client) -> Client:
        raw = type(self).__new__(type(self))
        vars(raw).update(vars(self), _is_raw=True)
        return raw

    def _routing(self) -> Routing:
        from .routing import Routing

        return Routing(self.provider, self.token, self._find_provider, self._hub, self._is_server)

    def _seconds(self, timeout: float | None) -> float | None:
        return self.timeout if timeout is None else seconds_of(timeout)

    def _own_headers(self, extra: Headers) -> dict[str, str]:
        """Return the caller's headers; those of the call replace those of the client."""
        if not (extra or self.headers or self.cookies):
            return {}
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"cookie": cookies} if cookies else {}
        own = {name.lower(): value for name, value in self.headers.items()}
        return {**headers, **own, **{name.lower(): value for name, value in (extra or {}).items()}}

    # Calls of tasks

    def _call(self, request: TaskRequest[Any], options: CallOptions) -> Effects[TaskResponse]:
        target, payload, headers = yield from self._resolve(request, options)
        call = _steps().call
        return (yield from call(target, payload, headers, self._retries, self._on_progress))

    def _result(self, request: TaskRequest[R], response: TaskResponse) -> R:
        decode = _steps().decode
        if not self._is_raw:
            return decode(request, response)
        decoding = functools.partial(decode, request, response)
        raw: Any = RawResponse(response.response, decoding)
        return raw

    def _open(
        self, request: TaskRequest[Any], options: CallOptions
    ) -> Effects[tuple[Body, Callee]]:
        target, payload, headers = yield from self._resolve(request, options, is_stream=True)
        prepared = _steps().prepare(target, payload, headers)
        opened = open_checked(prepared, target.callee, self._retries, self._on_progress)
        return (yield from opened), target.callee

    def _or_raw(self, stream: R, body: Body) -> R:
        raw: Any = RawResponse(body, lambda: stream)
        return raw if self._is_raw else stream

    def _resolve(
        self, request: TaskRequest[Any], options: CallOptions, *, is_stream: bool = False
    ) -> Effects[tuple[Target, Payload, dict[str, str]]]:
        """Return the target of a call, its payload, and the caller's headers."""
        steps, task = _steps(), request.__task__
        headers, is_chat = self._own_headers(options.extra_headers), task.name == CHAT
        chosen, name = self._chosen(task.method, options.model, is_chat=is_chat)
        build = functools.partial(steps.payload_of, request, options.extra_body, is_stream)
        messages = getattr(request, str(task.inputs)) if is_chat else ()
        images = steps.files_in([one.content for one in messages])
        for image in images:
            if image.url is None or image.answer is not None:  # Others cannot fetch a Space's file.
                yield from image.load()
        payload: Payload = (yield Run(build)) if images else build()
        name = name or str(payload.extra.get("model") or "")
        target = yield from self._target(task.name, chosen, name)
        if target.url is not None and target.provider.name == OPENAI and not target.model:
            found = yield from served_model(target.url, headers, target.callee, self._served)
            target = replace(target, model=found)
        return target, payload, headers

    def _chosen(self, what: str, model: str | None, *, is_chat: bool = False) -> tuple[Any, str]:
        return chosen_of(self.model, model, what, is_server=self._is_server, is_chat=is_chat)

    def _target(self, task: str, model: str | None, served: str) -> Effects[Target]:
        asked = (task, model, served, self.provider, self.token)
        if self._latest[0] == asked:
            return self._latest[1]
        target = yield from self._routing().target(task, model, served)
        if target.url is not None and self.token is not None:  # Else it may change.
            self._latest = asked, target
        return target

    # Requests other than calls of tasks

    def _post(
        self, json: Any, data: FileInput | None, model: str | None, task: str | None, extra: Headers
    ) -> Effects[RawResponse[Any]]:
        if (json is None) == (data is None):
            raise ArgumentError("post: pass either json= or data=.")
        if (chosen := self._unnamed("post", model)) is None and task is None:
            raise ArgumentError("post: pass model=, a model id or a URL, or task=.")
        if chosen is None:
            chosen = yield from self._hub.recommended(task or "", self._routing().hub_token())
        request, callee = self._request("post", chosen, "", task, extra)
        content, kind = yield from posted(json, data)
        headers = {**kind, **request.headers}
        request = replace(request, method="POST", content=content, headers=headers)
        response = yield from send_checked(request, callee, self._retries)
        raw: RawResponse[Any] = RawResponse(response, lambda: raw.json())
        return raw

    def _endpoint_info(self, model: str | None) -> Effects[dict[str, Any]]:
        url = self._unnamed("get_endpoint_info", model)
        request, callee = self._request("get_endpoint_info", url, "/info")
        answer = yield from send_checked(request, callee, self._retries)
        if about := as_object(answer.json()):
            return about
        raise ResultError(f"{callee}: /info did not answer with a JSON object.")

    def _health(self, model: str | None) -> Effects[bool]:
        url = self._unnamed("health_check", model)
        request, callee = self._request("health_check", url if is_url(url) else None, "/health")
        try:
            answer = yield from send_once(request, callee)
        except ConnectionFailedError:
            return False
        return answer.status == 200

    def _unnamed(self, what: str, model: str | None) -> str | None:
        chosen, name = self._chosen(what, model)
        if name:
            raise ArgumentError(
                f"{what}: model: the server of base_url= takes no model here, got {name}. Omit it."
            )
        return chosen

    def _request(
        self,
        what: str,
        model: str | None,
        path: str,
        task: str | None = None,
        extra: Headers = None,
    ) -> tuple[HttpRequest, Callee]:
        """Return a request to a model that is called without a task, and its callee."""
        if self.provider not in (None, AUTO, HF_INFERENCE):
            raise ValidationError(
                f"{what}: {self.provider} has no such route. Use hf-inference, or a server's URL."
            )
        routing = self._routing()
        if model is not None and is_url(model):
            callee = Callee(model=shown(model), key=routing.url_key(model))
            url = server_route(model, path) if path else model
        elif model is not None and ".." not in model.split("/"):
            callee = Callee(provider=HF_INFERENCE, model=model, key=routing.router_token(what))
            path = f"/pipeline/{task}" if task in _PIPELINES else path
            url = f"{router_url()}/{HF_INFERENCE}/models/{quote(model)}{path}"
        else:
            raise ValidationError(f"{what}: model: pass the URL of a server, or a model id.")
        headers = {**callee.bearer, **self._own_headers(extra)}
        return HttpRequest(method="GET", url=url, headers=headers), callee
