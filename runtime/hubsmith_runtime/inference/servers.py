"""Model servers that are called by their URL: their addresses, and what they call their model."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from ..effects import Effects
from ..errors import HubsmithError
from ..http import HttpRequest, shown
from ..reading import as_list, as_object, as_text
from .failures import Callee, send_once
from .hub import Cache

_log = logging.getLogger("hubsmith")
_NO_NAME = "dummy"  # What huggingface_hub sends; servers with a single model take any name.
_CHAT = "/chat/completions"
_SILENCE = 5.0  # A server that does not list its models soon is not waited for.
_LARGEST_LIST = 1 << 20


def is_url(model: str | None) -> bool:
    return model is not None and model[:8].lower().startswith(("http://", "https://"))


def server_route(url: str, path: str) -> str:
    """Return the address of a route, such as `/health`, of the server at a URL of any other."""
    parts = urlsplit(url)
    root = parts.path.rstrip("/").removesuffix(_CHAT).removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, root + path, parts.query, ""))


def served_model(
    url: str, headers: Mapping[str, str], callee: Callee, known: Cache[str]
) -> Effects[str]:
    """Return the name of a server's only model; `dummy` where it has several or does not tell.

    vLLM, litellm and others refuse any other name. `known` holds what was found out before.
    """
    if (name := known.get(url, callee.key)) is not None:
        return name
    # Some servers have their chat beside their models, without /v1.
    has_version = not urlsplit(url).path.rstrip("/").endswith(_CHAT) or "/v1/" in url
    address = server_route(url, "/v1/models" if has_version else "/models")
    asked = {**callee.bearer, **headers}
    request = HttpRequest(
        method="GET", url=address, headers=asked, silence=_SILENCE, largest=_LARGEST_LIST
    )
    try:
        answer = yield from send_once(request, callee)
    except HubsmithError:
        return _NO_NAME  # The chat itself will say what is wrong.
    if answer.status in (401, 403) or answer.status >= 500:
        return _NO_NAME
    listed = as_list(as_object(answer.json()).get("data")) if answer.status == 200 else []
    names = [name for entry in listed if (name := as_text(as_object(entry).get("id")))]
    if len(names) > 1:
        several = ", ".join(names[:5])
        _log.warning("%s has several models (%s): pass model= to name one.", shown(url), several)
    return known.put(url, callee.key, names[0] if len(names) == 1 else _NO_NAME)
