"""Model servers that are called by URL: their routes, and the names of their models."""

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
_NO_NAME = "dummy"  # As huggingface_hub sends; servers with a single model accept any name.
_CHAT = "/chat/completions"
_VERSION = re.compile(r"/v\d\w*(/|$)")  # Such as `/api/v3` and `/v1beta/openai`.
_SILENCE = 5.0  # How long to wait for a server to list its models.
_LARGEST_LIST = 1 << 20


def is_url(model: str | None) -> bool:
    return model is not None and model[:8].lower().startswith(("http://", "https://"))


def server_route(url: str, path: str) -> str:
    """Return the URL of a server's route, such as `/health`, given the URL of any other route."""
    parts = urlsplit(url)
    root = parts.path.rstrip("/").removesuffix(_CHAT).removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, root + path, parts.query, ""))


def chosen_of(
    own: str | None, model: str | None, what: str, *, is_server: bool, is_chat: bool
) -> tuple[str | None, str]:
    """Return a call's model or URL and, for a URL, the model's name on that server, if given.

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
        f"{what}: model: the client is for {shown(own)}, and the call for {model}. Create the "
        "client with base_url= to name a model there, or without a URL to call one on the Hub."
    )


def is_openai(url: str) -> bool:
    """Whether the path of a URL is one of OpenAI's HTTP API."""
    return urlsplit(url).path.rstrip("/").endswith(("/v1", _CHAT))


def openai_route(url: str, path: str) -> str:
    """Return the URL of one of OpenAI's routes, such as `/v1/models`, given that of any other.

    A server may have its routes without the `/v1`, or under another version.
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
    """Return the name of a server's only model; `dummy` if it has several or does not list them.

    vLLM, litellm and others reject any other name. `known` is a cache of the names.
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
        return _NO_NAME  # The call itself will report the problem.
    if answer.status in (401, 403) or answer.status >= 500:
        return _NO_NAME
    listed = as_list(as_object(answer.json()).get("data")) if answer.status == 200 else []
    names = [name for entry in listed if (name := as_text(as_object(entry).get("id")))]
    if len(names) > 1:
        several = ", ".join(names[:5])
        _log.warning("%s has several models (%s): pass model= to name one.", shown(url), several)
    return known.put(url, callee.key, names[0] if len(names) == 1 else _NO_NAME)
