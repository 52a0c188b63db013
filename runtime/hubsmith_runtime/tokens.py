"""The Hub's address and the caller's token: where each is looked up, and in which order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .errors import AuthenticationError
from .http import origin_of

_TRUE = ("1", "ON", "YES", "TRUE")


def hub_url(endpoint: str | None = None) -> str:
    """Return the address of the Hub: `endpoint`, `HF_ENDPOINT` or the default."""
    hub = (endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    origin_of(hub)
    return hub


def choose_token(token: str | bool | None, where: str) -> str | None:
    """Return the token to use: a given one, the saved one (`None` or `True`) or none (`False`).

    Raises:
        AuthenticationError: when `token` is `True` and none is saved. The message names `where`.
    """
    if isinstance(token, str):
        return token.strip() or None
    is_off = os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").upper() in _TRUE
    if token is False or (token is None and is_off):
        return None
    found = saved_token(os.environ)
    if token is True and found is None:
        raise AuthenticationError(
            f"{where}: token=True, but no token is saved. Set HF_TOKEN, or run `hf auth login`."
        )
    return found


def saved_token(environment: Mapping[str, str]) -> str | None:
    """Find a token in the environment, then in the file that `hf auth login` writes."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if found := _clean(environment.get(name, "")):
            return found
    cache = environment.get("XDG_CACHE_HOME") or "~/.cache"
    home = environment.get("HF_HOME") or f"{cache}/huggingface"
    path = os.path.expandvars(environment.get("HF_TOKEN_PATH") or f"{home}/token")
    try:
        return _clean(Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return None


def _clean(text: str) -> str | None:
    return text.replace("\r", "").replace("\n", "").strip() or None
