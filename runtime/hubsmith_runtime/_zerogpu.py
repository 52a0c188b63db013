"""ZeroGPU: on whose account a call counts, and what its refusals say."""

from __future__ import annotations

import re
import sys
from typing import Any, Protocol, cast

from ._errors import AppError, ZeroGPUDurationError, ZeroGPUQuotaError, ZeroGPUTimeoutError

_HEADER = "x-ip-token"
_SECONDS = r"(\d+(?:\.\d+)?)\s*s"
_REQUESTED = re.compile(rf"{_SECONDS} requested|\({_SECONDS}\)", re.IGNORECASE)
_LEFT = re.compile(r"vs\.?\s*(-?\d+(?:\.\d+)?)\s*s left", re.IGNORECASE)
_AGAIN = re.compile(r"again in (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)", re.IGNORECASE)
_QUOTA = re.compile(r"exceeded your [\w ]*GPU quota", re.IGNORECASE)
_DURATION = re.compile(r"ZeroGPU illegal duration|GPU duration .*larger than", re.IGNORECASE)


class HasHeaders(Protocol):
    """A request as FastAPI, Starlette and Gradio hand it to a function."""

    @property
    def headers(self) -> Any:
        """Its headers, by name."""
        ...


def ip_token_headers(request: HasHeaders | None) -> dict[str, str]:
    """Return the header that makes a ZeroGPU Space count a call on your visitor's quota.

    Args:
        request: The visitor's request, from FastAPI, Starlette or Gradio.

    Returns:
        Headers for `Space(..., headers=...)`; empty where the request has no such token.
    """
    headers = getattr(request, "headers", None)
    if headers is None:
        return {}
    pairs = cast("dict[object, object]", dict(headers))
    found = (value for name, value in pairs.items() if str(name).lower() == _HEADER)
    value = next(found, None)
    return {_HEADER: str(value)} if value else {}


def visitor_headers() -> dict[str, str]:
    """Return the same for the Gradio event that this code runs in, if it runs in one."""
    context = getattr(sys.modules.get("gradio.context"), "LocalContext", None)
    variable = getattr(context, "request", None)
    return ip_token_headers(variable.get(None)) if variable is not None else {}


def zerogpu_error(words: str, title: str) -> tuple[type[AppError], str]:
    """Return the kind of error that a Space's words mean, and advice for the caller."""
    # A queue timeout without a token bears the quota's title, so its text is looked at first.
    if "no gpu was available" in words.lower():
        return ZeroGPUTimeoutError, " Try again later."
    if title == "ZeroGPU quota exceeded" or _QUOTA.search(words):
        return ZeroGPUQuotaError, " Wait, or pass the token of an account with quota."
    if _DURATION.search(f"{title}\n{words}"):
        return ZeroGPUDurationError, " The Space's author can ask for less with @spaces.GPU."
    return AppError, ""


def read_numbers(error: AppError, words: str) -> None:
    """Note the seconds that the words of a ZeroGPU error name."""
    if isinstance(error, (ZeroGPUQuotaError, ZeroGPUDurationError)) and (
        found := _REQUESTED.search(words)
    ):
        error.requested_seconds = float(found[1] or found[2])
    if isinstance(error, ZeroGPUQuotaError):
        if found := _LEFT.search(words):
            error.left_seconds = float(found[1])
        if found := _AGAIN.search(words):
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            error.retry_after = float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
