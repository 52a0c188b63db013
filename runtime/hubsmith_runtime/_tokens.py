"""The caller's Hub token: where it is looked for, and in which order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ._errors import AuthenticationError

_TRUE = ("1", "ON", "YES", "TRUE")


def choose_token(token: str | bool | None, where: str) -> str | None:
    """Return the token to use: a given one, the saved one (`None` or `True`) or none (`False`).

    Args:
        token: What the caller asked for.
        where: What needs it, for messages.

    Raises:
        AuthenticationError: when `True` demands a token and none is saved.
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
    try:
        return _clean(_token_file(environment).read_text(encoding="utf-8")) or None
    except (OSError, ValueError, RuntimeError):
        return None


def _token_file(environment: Mapping[str, str]) -> Path:
    if path := environment.get("HF_TOKEN_PATH"):
        return _expanded(path)
    if home := environment.get("HF_HOME"):
        return _expanded(home) / "token"
    cache = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return _expanded(cache) / "huggingface" / "token"


def _expanded(path: str) -> Path:
    return Path(os.path.expandvars(path)).expanduser()


def _clean(text: str) -> str:
    return text.replace("\r", "").replace("\n", "").strip()
