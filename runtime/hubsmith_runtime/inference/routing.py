"""Where a call is sent and with which key: the choice of provider, model id, router or direct."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..effects import Effects
from ..errors import AuthenticationError, ValidationError
from ..http import origin_of, shown
from ..tokens import choose_token, hub_url
from .hub import AUTO, CHAT, HF_INFERENCE, Hub, is_hub_token, router_url
from .provider import Provider, Target
from .servers import OPENAI, is_openai, is_url

_log = logging.getLogger("hubsmith")

_ENDPOINTS = ".endpoints.huggingface.cloud"
_ADDRESS = re.compile(r"(localhost|[\w-]+(\.[\w-]+)+):\d+(/|$)")  # Of a server, but not a URL.
_POLICIES = ("", "fastest", "cheapest", "preferred")
_DOUBTS = {
    "staging": "%s is in staging at %s: it is meant for tests only.",
    "error": "%s failed the Hub's last check at %s.",
}


@dataclass(frozen=True, slots=True)
class Routing:
    """The caller's choice of provider and key."""

    provider: str | None  # `None`: hf-inference without a model or for a URL, else `auto`.
    token: str | None = field(repr=False)  # `None` for the saved token, if it may be used.
    find: Callable[[str], Provider] = field(repr=False)  # Raises for an unknown name.
    hub: Hub = field(repr=False)
    is_server: bool = False  # Whether the URL is that of a server with several models and tasks.

    @property
    def has_own_key(self) -> bool:
        """Whether the given key belongs to a provider. A saved one is always the Hub's."""
        key = (self.token or "").strip()
        return bool(key) and not is_hub_token(key)

    def hub_token(self) -> str | None:
        """Return the token for the Hub; a provider's own key is never sent to it."""
        is_own = self.has_own_key and self.provider != HF_INFERENCE
        return choose_token(None if is_own else self.token, "The Hub")

    def router_token(self, name: str) -> str | None:
        """Return the token for the router; the key of a provider that was not named is an error."""
        if self.has_own_key and self.provider != HF_INFERENCE:
            raise ValidationError(
                f"{name}: this key is not a Hub token, which begins with hf_. Name the provider "
                "that it belongs to with provider=, or pass a Hub token."
            )
        return choose_token(self.token, name)

    def url_key(self, url: str) -> str | None:
        """Return the key for a server's URL; the saved token is only for the Hub's own servers."""
        if self.token is not None:
            return self.token.strip() or None
        parts = urlsplit(url)
        is_endpoint = parts.scheme == "https" and (parts.hostname or "").endswith(_ENDPOINTS)
        is_own = is_endpoint or origin_of(url) in (origin_of(hub_url()), origin_of(router_url()))
        return choose_token(None, shown(url)) if is_own else None

    def target(self, task: str, model: str | None, served: str = "") -> Effects[Target]:
        """Choose where a call is sent.

        Args:
            task: The Hub's name of the task.
            model: A model id, possibly with a suffix, or the URL of a server.
            served: The name of the model on the server of a URL, if known.
        """
        if model is not None and is_url(model):
            return self._direct(task, model, served)
        if model is not None and _ADDRESS.match(model):
            raise ValidationError(
                f"model: {shown(model)} looks like the address of a server. Put http:// before it."
            )
        name, base = self._named(task, model)
        if name == AUTO and task != CHAT:
            return (yield from self._mapped(name, task, base, self.router_token(name)))
        table = self.find(name)
        table.operation(task)  # Raises if there is none.
        if name == HF_INFERENCE:
            key = self.router_token(name)
            if model is None:
                base = yield from self.hub.recommended(task, key)
            elif misfit := (yield from self.hub.misfit(base, task, key)):
                raise ValidationError(f"{name}: model: {misfit}. Choose another model.")
            return _target(table, task, hub_model=base, model=base, key=key)
        if model is None:
            raise ValidationError(f"{name}: model: a value is required, the model's id on the Hub.")
        key = self.router_token(name) if name == AUTO else choose_token(self.token, name)
        if key is None and table.needs_key:
            raise _keyless(name)
        if table.is_mapped:
            return (yield from self._mapped(name, task, base, key))
        own = model if name == AUTO else base
        return _target(table, task, model=own, key=key, is_routed=not self.has_own_key)

    def _direct(self, task: str, url: str, served: str) -> Target:
        if self.provider not in (None, AUTO, HF_INFERENCE):
            raise ValidationError(
                f"{self.provider}: model: {shown(url)} is a URL. Use a client without provider=."
            )
        has_routes = task == CHAT or (self.is_server and (bool(served) or is_openai(url)))
        table, key = self.find(OPENAI if has_routes else HF_INFERENCE), self.url_key(url)
        if has_routes and task not in table.tasks:
            raise ValidationError(
                f"{shown(url)}: {task}: base_url= names a server with OpenAI's API, which has "
                f"{', '.join(sorted(table.tasks))} only. If the server does this, too, pass the URL "
                "of its route as model= to a client without base_url=."
            )
        table.operation(task)  # Raises if there is none.
        return Target(provider=table, task=task, model=served, url=url, key=key, is_routed=False)

    def _named(self, task: str, model: str | None) -> tuple[str, str]:
        """Return the provider, and the model without a suffix that this client handles."""
        name = self.provider or AUTO
        if model is None:
            return HF_INFERENCE if name == AUTO else name, ""
        base, _, suffix = model.partition(":")
        is_provider = self._known(suffix) is not None
        if name == AUTO:
            # The router handles the suffix of a chat itself, but accepts no key of a provider.
            is_ours = is_provider and (task != CHAT or self.has_own_key)
            return suffix if is_ours else name, base
        if is_provider and suffix != name:
            raise ValidationError(f"{name}: model: {model} asks for another provider, {suffix}.")
        # Any other colon is part of the provider's own id.
        return name, base if is_provider or suffix in _POLICIES else model

    def _mapped(self, name: str, task: str, model: str, key: str | None) -> Effects[Target]:
        """Choose the named one of the model's providers; for `auto`, the first suitable one."""
        entries = yield from self.hub.mapping(model, self.hub_token())
        for entry in entries:
            table = self._known(entry["provider"])
            if table is None or name not in (AUTO, table.name) or task not in table.tasks:
                continue
            if key is None and table.needs_key:  # The Hub's own servers need none.
                continue
            is_hub, is_other = table.name == HF_INFERENCE, entry["task"] != task
            if is_other and (not is_hub or (yield from self.hub.misfit(model, task, key))):
                continue
            if doubt := _DOUBTS.get(str(entry.get("status"))):
                _log.warning(doubt, model, table.name)
            if is_hub:
                return _target(table, task, hub_model=model, model=model, key=key)
            options = {"mapping": entry, "key": key, "is_routed": not self.has_own_key}
            return _target(table, task, hub_model=model, model=entry["providerId"], **options)
        if key is None and entries:
            raise _keyless(name)
        served = ", ".join(sorted({f"{e['provider']} ({e['task']})" for e in entries}))
        raise ValidationError(
            f"{name}: model: {model}: not served for {task} there. It is served by {served}."
            if served
            else f"{name}: model: {model}: no provider serves it. Run it on an Inference Endpoint, "
            "and pass its URL as model=."
        )

    def _known(self, name: str) -> Provider | None:
        try:
            return self.find(name) if name not in ("", AUTO) else None
        except ValidationError:
            return None


def _target(table: Provider, task: str, **options: Any) -> Target:
    return Target(provider=table, task=task, hub=hub_url(), router=router_url(), **options)


def _keyless(name: str) -> AuthenticationError:
    what = "a Hub token" if name == AUTO else "its key, or a Hub token"
    return AuthenticationError(
        f"{name}: there is no key. Pass token= ({what}), set HF_TOKEN, or run `hf auth login`."
    )
