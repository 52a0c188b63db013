"""Model servers that are called by their URL: their addresses, and what they call their model."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from ..effects import Effects
from ..errors import ArgumentError, HubsmithError
from ..http import HttpRequest, shown
from ..reading import as_list, as_object, as_text
from .failures import Callee, send_once
from .hub import Cache

OPENAI = "openai-compatible"
"""The table of servers that speak OpenAI's HTTP API."""

_log = logging.getLogger("hubsmith")
_NO_NAME = "dummy"  # What huggingface_hub sends; servers with a single model take any name.
_CHAT = "/chat/completions"
_VERSION = re.compile(r"/v\d\w*(/|$)")  # Such as `/api/v3` and `/v1beta/openai`.
_SILENCE = 5.0  # A server that does not list its models soon is not waited for.
_LARGEST_LIST = 1 << 20


def is_url(model: str | None) -> bool:
    return model is not None and model[:8].lower().startswith(("http://", "https://"))


def server_route(url: str, path: str) -> str:
    """Return the address of a route, such as `/health`, of the server at a URL of any other."""
    parts = urlsplit(url)
    root = parts.path.rstrip("/").removesuffix(_CHAT).removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, root + path, parts.query, ""))


def chosen_of(
    own: str | None, model: str | None, what: str, *, is_server: bool, is_chat: bool
) -> tuple[str | None, str]:
    """Return a call's model or URL and, for a URL, what its server calls the model, if that is said.

    `own` is the model of the client, or the URL of its only server (`is_server`).
    """
    if not model or not own or not is_url(own):
        return model or own, ""
    if not is_url(model):
        if is_chat or is_server:
            return own, model
    elif not is_server:
        return model, ""
    else:
        raise ArgumentError(
            f"{what}: model: with base_url={shown(own)} it is the name of a model there, not a "
            "URL. Use a client without base_url= for other servers."
        )
    raise ArgumentError(
        f"{what}: model: the client is for {shown(own)}, and the call for {model}. Make the client with "
        "base_url= to name a model of that server, or without a URL to call one of the Hub."
    )


def is_openai(url: str) -> bool:
    """Whether a URL says that its server speaks OpenAI's HTTP API."""
    return urlsplit(url).path.rstrip("/").endswith(("/v1", _CHAT))


def openai_route(url: str, path: str) -> str:
    """Return the address of a route of OpenAI's, such as `/v1/models`, given that of any other.

    A server may have its chat, and then all else, without the `/v1`, or under another version.
    """
    parts = urlsplit(url)
    base = parts.path.rstrip("/")
    root = base.removesuffix(_CHAT)
    root += "" if root != base or _VERSION.search(base) else "/v1"
    return urlunsplit(
        (parts.scheme, parts.netloc, root + path.removeprefix("/v1"), parts.query, "")
    )


def served_model(
    url: str, headers: Mapping[str, str], callee: Callee, known: Cache[str]
) -> Effects[str]:
    """Return the name of a server's only model; `dummy` where it has several or does not tell.

    vLLM, litellm and others refuse any other name. `known` holds what was found out before.
    """
    if (name := known.get(url, callee.key)) is not None:
        return name
    request = HttpRequest(
        method="GET",
        url=openai_route(url, "/v1/models"),
        headers={**callee.bearer, **headers},
        silence=_SILENCE,
        largest=_LARGEST_LIST,
    )
    try:
        answer = yield from send_once(request, callee)
    except HubsmithError:
        return _NO_NAME  # The call itself will say what is wrong.
    if answer.status in (401, 403) or answer.status >= 500:
        return _NO_NAME
    listed = as_list(as_object(answer.json()).get("data")) if answer.status == 200 else []
    names = [name for entry in listed if (name := as_text(as_object(entry).get("id")))]
    if len(names) > 1:
        several = ", ".join(names[:5])
        _log.warning("%s has several models (%s): pass model= to name one.", shown(url), several)
    return known.put(url, callee.key, names[0] if len(names) == 1 else _NO_NAME)
