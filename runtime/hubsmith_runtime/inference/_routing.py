"""Where a call goes and with which key: the choice of provider, model id, router or direct."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .._errors import AuthenticationError, ValidationError
from .._http import Exchange, origin_of, shown
from .._tokens import choose_token
from ._call import Target, check_task, supports
from ._endpoints import is_url
from ._keys import is_hub_token
from ._lookups import Entry, Hub
from ._provider import AUTO, Provider

_log = logging.getLogger("hubsmith")

HF_INFERENCE = "hf-inference"
CHAT = "conversational"

_ROUTER = "https://router.huggingface.co"
_ENDPOINTS = ".endpoints.huggingface.cloud"
_ADDRESS = re.compile(r"(localhost|[\w-]+(\.[\w-]+)+):\d+(/|$)")  # Of a server, but no URL.
_POLICIES = ("fastest", "cheapest", "preferred")

FindProvider = Callable[[str], Provider]
"""Returns a provider's table, or raises a `LookupError` or `ValidationError` for an unknown one."""


def router_url() -> str:
    """Return the router's address: that of `HUBSMITH_ROUTER`, or the usual one."""
    router = (os.environ.get("HUBSMITH_ROUTER") or _ROUTER).rstrip("/")
    origin_of(router)
    return router


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What a client was told about provider and key.

    Attributes:
        provider: A provider's name or `auto`; `None` for hf-inference where there is no model or
            it is a URL, else `auto`.
        token: The key that was passed; `None` for the saved token of the Hub, where it may be used.
        find: Returns a provider's table.
    """

    provider: str | None
    token: str | None = field(repr=False)
    find: FindProvider

    def hub_token(self) -> str | None:
        """Return the token for the Hub; a provider's own key is never shown to it."""
        is_own = self.has_own_key and self.provider != HF_INFERENCE
        return choose_token(None if is_own else self.token, "The Hub")

    def url_key(self, url: str, hub: str) -> str | None:
        """Return the key for a server that the caller named: a saved token only at the Hub's own."""
        if self.token is not None:
            return self.token.strip() or None
        parts = urlsplit(url)
        is_endpoint = parts.scheme == "https" and (parts.hostname or "").endswith(_ENDPOINTS)
        if is_endpoint or origin_of(url) in (origin_of(hub), origin_of(router_url())):
            return choose_token(None, shown(url))
        return None

    def target(self, task: str, model: str | None, hub: Hub, served: str = "") -> Exchange[Target]:
        """Choose where a call goes.

        Args:
            task: The Hub's name of the task.
            model: An id of the Hub, perhaps with a suffix, or the URL of a server.
            hub: Who is asked about the model.
            served: How the server of a URL calls the model, where that is known.

        Raises:
            ValidationError: when provider, model and task do not fit together.
            AuthenticationError: when the provider needs a key and there is none.
        """
        if model is not None and is_url(model):
            return self._direct(task, model, hub, served)
        if model is not None and _ADDRESS.match(model):
            raise ValidationError(
                f"model: {shown(model)} looks like the address of a server. Put http:// before it."
            )
        provider = self.provider
        if provider in (None, "auto") and model is not None:
            if task == CHAT:
                return (yield from self._chat(model, hub))
            return (yield from self._first(task, model, hub))
        name = HF_INFERENCE if provider in (None, "auto") else provider
        return (yield from self._named(name, task, model, hub))

    def _direct(self, task: str, url: str, hub: Hub, served: str) -> Target:
        if self.provider not in (None, "auto", HF_INFERENCE):
            raise ValidationError(
                f"{self.provider}: model: {shown(url)} is a URL, and its server would be sent the "
                "key of the provider. Use a client without provider= for it."
            )
        table = self._table(HF_INFERENCE)
        check_task(table, task)
        key = self.url_key(url, hub.url)
        return self._target(table, task, hub, model=served, url=url, key=key, is_routed=False)

    def _chat(self, model: str, hub: Hub) -> Exchange[Target]:
        """Leave the choice to the router, which knows what is fast, cheap and running now."""
        base, suffix = _split(model)
        if self.has_own_key and self._known(suffix) is not None:
            return (yield from self._named(suffix, CHAT, base, hub))
        key = self.hub_key("auto")
        if key is None:
            raise self._keyless("auto")
        return self._target(AUTO, CHAT, hub, hub_model=base, model=model, key=key)

    def _first(self, task: str, model: str, hub: Hub) -> Exchange[Target]:
        """Take the first of the model's providers that we know and that does the task."""
        base, suffix = _split(model)
        if self._known(suffix) is not None:
            return (yield from self._named(suffix, task, base, hub))
        key = self.hub_key("auto")
        entries = yield from hub.mapping(base)
        for entry in entries:
            name = str(entry["provider"])
            table = self._known(name)
            # Only the Hub's own servers may be asked without a token.
            if table is None or not supports(table, task) or (key is None and table.needs_key):
                continue
            if entry["task"] != task:
                if name != HF_INFERENCE:
                    continue
                try:
                    yield from hub.check_task(base, task)
                except ValidationError:
                    continue
            return self._mapped(table, task, base, entry, key, hub)
        if key is None and entries:
            raise self._keyless("auto")
        raise ValidationError(f"auto: model: {base}: {_unserved(task, entries)}")

    def _named(self, name: str, task: str, model: str | None, hub: Hub) -> Exchange[Target]:
        table = self._table(name)
        check_task(table, task)
        model = self._without_suffix(name, model) if model is not None else None
        if name == HF_INFERENCE:
            key = self.hub_key(name)
            if model is None:
                model = yield from hub.recommended(task)
            else:
                yield from hub.check_task(model, task)
            return self._target(table, task, hub, hub_model=model, model=model, key=key)
        if model is None:
            raise ValidationError(
                f"{name}: model: a value is required. Pass model=, the model's id at the Hub."
            )
        is_routed = not self.has_own_key
        key = choose_token(self.token, name)
        if key is None and table.needs_key:
            raise self._keyless(name)
        if not table.is_mapped:
            return self._target(table, task, hub, model=model, key=key, is_routed=is_routed)
        entries = yield from hub.mapping(model)
        entry = next((entry for entry in entries if entry["provider"] == name), None)
        if entry is None:
            raise ValidationError(f"{name}: model: {model}: {_unserved(task, entries)}")
        if entry["task"] != task:
            raise ValidationError(
                f"{name}: model: {model} is served for {entry['task']}, not for {task}."
            )
        return self._mapped(table, task, model, entry, key, hub)

    def _mapped(
        self, table: Provider, task: str, model: str, entry: Entry, key: str | None, hub: Hub
    ) -> Target:
        if entry.get("status") == "staging":
            _log.warning("%s is on trial at %s: it is meant for tests only.", model, table.name)
        elif entry.get("status") == "error":
            _log.warning("%s failed the Hub's last check at %s.", model, table.name)
        own = str(entry["providerId"])
        if table.name == HF_INFERENCE:
            own, entry = model, {}
        is_routed = not self.has_own_key
        return self._target(
            table,
            task,
            hub,
            hub_model=model,
            model=own,
            mapping=entry,
            key=key,
            is_routed=is_routed,
        )

    def _target(self, table: Provider, task: str, hub: Hub, **options: Any) -> Target:
        return Target(provider=table, task=task, hub=hub.url, router=router_url(), **options)

    @property
    def has_own_key(self) -> bool:
        """Whether the key that was passed is a provider's. A saved one is always the Hub's."""
        return bool(self.token and self.token.strip()) and not is_hub_token(f"{self.token}".strip())

    def hub_key(self, name: str) -> str | None:
        """Return the token for the router; a key of a provider that was not named is refused."""
        if self.has_own_key and self.provider != HF_INFERENCE:
            raise ValidationError(
                f"{name}: this key is no token of the Hub, which begins with hf_. Name the "
                "provider that it belongs to with provider=, or pass a token of the Hub."
            )
        return choose_token(self.token, name)

    def _keyless(self, name: str) -> AuthenticationError:
        what = "a token of the Hub" if name == "auto" else "its key, or a token of the Hub"
        return AuthenticationError(
            f"{name}: there is no key. Pass token= ({what}), set HF_TOKEN, or run `hf auth login`."
        )

    def _known(self, name: str) -> Provider | None:
        try:
            return self.find(name) if name not in ("", "auto") else None
        except (LookupError, ValidationError):
            return None

    def _table(self, name: str) -> Provider:
        try:
            return self.find(name)
        except LookupError:
            raise ValidationError(
                f"provider: there is none called {name!r}. Is it spelled as at the Hub?"
            ) from None

    def _without_suffix(self, name: str, model: str) -> str:
        base, suffix = _split(model)
        if suffix in ("", name, *_POLICIES):
            return base
        if self._known(suffix) is not None:
            raise ValidationError(f"{name}: model: {model} asks for another provider, {suffix}.")
        return model  # A colon in an id of the provider's own.


def _split(model: str) -> tuple[str, str]:
    base, _, suffix = model.partition(":")
    return base, suffix


def _unserved(task: str, entries: tuple[Entry, ...]) -> str:
    if not entries:
        return "no provider serves it. Run it on an Inference Endpoint, and pass its URL as model=."
    served = ", ".join(sorted({f"{e['provider']} ({e['task']})" for e in entries}))
    return f"not served for {task} there. It is served by {served}."
