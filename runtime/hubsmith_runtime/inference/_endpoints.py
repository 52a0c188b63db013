"""Model servers that are called by their URL: their addresses, and what they say about themselves."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from .._errors import HubsmithError, InferenceTimeoutError, ResultError, SpaceConnectionError
from .._http import Exchange, HttpRequest
from .._retries import Retries
from ._failures import Callee, sent
from ._lookups import Cache

_log = logging.getLogger("hubsmith")
_NO_NAME = "dummy"  # What huggingface_hub sends; servers with a single model take any name.
_CHAT = "/chat/completions"
_SECONDS = 5.0  # A server that does not list its models soon is not waited for.

_names: Cache[str] = Cache()


def is_url(model: str | None) -> bool:
    """Whether a model is given as the URL of a server."""
    return model is not None and model[:8].lower().startswith(("http://", "https://"))


def beside(url: str, path: str) -> str:
    """Return an address at the root of a model server.

    Args:
        url: The server's, or that of its chat route; its query stays.
        path: Such as `/health`.
    """
    parts = urlsplit(url)
    root = parts.path.rstrip("/").removesuffix(_CHAT).removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, root + path, parts.query, ""))


def served_model(
    url: str, headers: Mapping[str, str], key: str | None, deadline: float
) -> Exchange[str]:
    """Return the name of a server's only model; `dummy` where it has several or does not tell.

    vLLM, litellm and others refuse any other name. Answers are remembered.

    Args:
        url: The server's address, as for a chat.
        headers: Those of the chat.
        key: The key of the chat.
        deadline: When the call must be over, of `time.monotonic`.
    """
    who = hashlib.sha256(key.encode()).hexdigest() if key else ""
    if (known := _names.get((url, who))) is not None:
        return known
    sent_headers = {"authorization": f"Bearer {key}", **headers} if key else headers
    # Some servers have their chat beside their models, without /v1.
    has_version = not urlsplit(url).path.rstrip("/").endswith(_CHAT) or "/v1/" in url
    address = beside(url, "/v1/models" if has_version else "/models")
    seconds = max(0.0, min(_SECONDS, deadline - time.monotonic()))
    try:
        answer = yield HttpRequest(
            "GET", address, {"headers": sent_headers, "timeout": seconds or 0.001}
        )
    except HubsmithError:
        return _NO_NAME  # The chat itself will say what is wrong.
    if answer.status in (401, 403) or answer.status >= 500:
        return _NO_NAME
    names = _model_names(answer.json()) if answer.status == 200 else []
    if len(names) > 1:
        _log.warning(
            "%s has several models (%s): pass model= to name one.", address, ", ".join(names[:5])
        )
    return _names.put((url, who), names[0] if len(names) == 1 else _NO_NAME)


def _model_names(answer: object) -> list[str]:
    listed = cast("dict[str, Any]", answer).get("data") if isinstance(answer, dict) else None
    entries = cast("list[Any]", listed) if isinstance(listed, list) else []
    names = [
        cast("dict[str, Any]", entry).get("id") for entry in entries if isinstance(entry, dict)
    ]
    return [name for name in names if isinstance(name, str) and name]


def endpoint_info(
    request: HttpRequest, callee: Callee, retries: Retries, deadline: float
) -> Exchange[dict[str, Any]]:
    """Return what a server says about itself at `/info`."""
    answer = yield from sent(request, callee, retries=retries, deadline=deadline)
    about: object = answer.json()
    if not isinstance(about, dict):
        raise ResultError(f"{callee}: /info answered something else than a JSON object.")
    return cast("dict[str, Any]", about)


def health(request: HttpRequest, deadline: float) -> Exchange[bool]:
    """Return whether a server says at `/health` that it is well; not so where there is none."""
    left = max(deadline - time.monotonic(), 0.001)
    try:
        answer = yield replace(request, options={**request.options, "timeout": left})
    except InferenceTimeoutError:
        raise
    except SpaceConnectionError:
        return False
    return answer.status == 200
