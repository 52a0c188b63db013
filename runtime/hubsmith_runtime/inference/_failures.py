"""What an inference server's error answers mean, and which of them are worth another try."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from .._answers import read_retry_after
from .._errors import (
    BadRequestError,
    GenerationError,
    HubsmithError,
    IncompleteGenerationError,
    InferenceAuthenticationError,
    InferenceError,
    InferenceTimeoutError,
    ModelNotFoundError,
    OverloadedError,
    RateLimitError,
    SpaceConnectionError,
    SpaceUnavailableError,
    TextGenerationError,
    TextGenerationValidationError,
    UnknownError,
)
from .._http import Exchange, HttpRequest, Options, Response
from .._retries import Retries

_LENGTH = 1000
_DEPTH = 4
_PASSING = (429, 500, 502, 503)  # Not 504: what took too long once would again, at full cost.
_SHORTEST, _USUAL, _LONGEST = 0.1, 1.0, 10.0  # Seconds between two looks at a model that loads.
_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "x-amzn-trace-id", "cf-ray")
_SAYING = (
    "error", "error_description", "message", "detail", "details", "reason", "msg", "title",
    "errors", "warnings",
)  # fmt: skip
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)

# The kinds of error that text-generation-inference and its relatives name.
_KINDS: Mapping[str, type[TextGenerationError]] = {
    "generation": GenerationError,
    "incomplete_generation": IncompleteGenerationError,
    "overloaded": OverloadedError,
    "validation": TextGenerationValidationError,
}

_ADVICE = {
    401: "Check the token or key.",
    402: "See the billing of the account.",
    403: "The token or key may not use this model.",
    404: "Check the model's name, or the URL.",
    504: "Longer outputs are safer with stream=True.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """Who is asked, for messages.

    Attributes:
        provider: The provider's name; empty for a URL.
        model: The Hub's id of the model, or a URL without its query.
        key: What must never be shown, even where the server repeats it.
    """

    provider: str = ""
    model: str = ""
    key: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.provider, self.model) if part) or "inference"


def failure(response: Response, callee: Callee) -> InferenceError:
    """Return the error that an answer with a failing status means."""
    body = response.json()
    words = read_words(body, callee) or _plain(response.body, callee)
    return _error(response.status, words, _kind(body), response.headers, callee)


def stream_failure(event: object, callee: Callee, headers: Mapping[str, str]) -> InferenceError:
    """Return the error that a stream's error event means."""
    words = read_words(event, callee) or "an error"
    return _error(None, words, _kind(event), headers, callee)


def read_words(body: object, callee: Callee) -> str:
    """Return the server's own words from an error's JSON, whatever its shape; empty without any."""
    text = " ".join(_said(body, _DEPTH).split())[:_LENGTH]
    return text.replace(callee.key, "***") if callee.key else text


def sent(
    request: HttpRequest,
    callee: Callee,
    *,
    retries: Retries,
    deadline: float = float("inf"),
) -> Exchange[Response]:
    """Send a request until it succeeds, fails for good, or `deadline` (of `time.monotonic`) comes.

    A model that loads is waited for; other passing failures are tried again as `retries` says.

    Raises:
        InferenceError: the server's answer is an error.
        InferenceTimeoutError: there was no good answer in time.
        SpaceConnectionError: the server could not be reached.
    """
    attempt = 0
    while True:
        remaining = deadline - time.monotonic()
        if remaining <= request.after:
            raise _late(callee, request.after)
        limited = min(request.options.get("timeout", remaining), remaining)
        options: Options = {**request.options, "timeout": limited}
        response = wait = None
        try:
            response = yield HttpRequest(request.method, request.url, options, request.after)
        except SpaceConnectionError as error:
            attempt += 1
            wait = retries.next_wait(attempt, error)
            if wait is None:
                raise
        except InferenceTimeoutError as error:
            raise InferenceTimeoutError(f"{callee}: {error}") from None
        if response is not None:
            if 200 <= response.status < 300:
                return response
            error = failure(response, callee)
            if (wait := _loading(response)) is None:
                attempt += 1
                wait = _again(attempt, error, retries)
            else:
                wait = max(wait, error.retry_after or 0.0)
            if wait is None:
                raise error
        request = replace(request, after=wait or 0.0)


def _again(attempt: int, error: InferenceError, retries: Retries) -> float | None:
    """Return the seconds until another try after a failing answer; `None` for no other."""
    if error.status not in _PASSING:
        return None
    # `Retries` knows the passing failures by this class.
    passing = SpaceUnavailableError(str(error))
    passing.status = 503
    passing.retry_after = error.retry_after
    return retries.next_wait(attempt, passing)


def _loading(response: Response) -> float | None:
    """Return the seconds until the next look at a model that loads; `None` where none does."""
    body: object = response.json()
    if response.status != 503 or not isinstance(body, dict):
        return None
    entries = cast("dict[str, Any]", body)
    estimate = entries.get("estimated_time")
    if not isinstance(estimate, int | float):
        return _USUAL if "loading" in _said(entries, _DEPTH).lower() else None
    return min(max(float(estimate), _SHORTEST), _LONGEST)


def _late(callee: Callee, wait: float) -> HubsmithError:
    loading = " The model may still be loading, or the server is busy." if wait else ""
    return InferenceTimeoutError(f"{callee}: no answer in time.{loading} Try a longer timeout.")


def _error(
    status: int | None,
    words: str,
    kind: object,
    headers: Mapping[str, str],
    callee: Callee,
) -> InferenceError:
    request_id = next((headers[name] for name in _ID_HEADERS if headers.get(name)), None)
    what = f"HTTP {status}" if status is not None else "the stream broke off"
    said = words if words.endswith((".", "!", "?")) else f"{words}."
    advice = _ADVICE.get(status or 0)
    message = f"{callee}: {what}: {said}" + (f" {advice}" if advice else "")
    return _class_of(status, kind)(
        message + (f" (request id {request_id})" if request_id else ""),
        provider=callee.provider,
        model=callee.model,
        status=status,
        request_id=request_id,
        server_message=words,
        retry_after=read_retry_after(headers.get("retry-after"), time.time()),
    )


def _class_of(status: int | None, kind: object) -> type[InferenceError]:
    if isinstance(kind, str) and status not in (401, 403, 404):
        return _KINDS.get(kind, UnknownError)
    match status:
        case 400 | 413 | 415 | 422:
            return BadRequestError
        case 401 | 403:
            return InferenceAuthenticationError
        case 404:
            return ModelNotFoundError
        case 402 | 429:
            return RateLimitError
        case _:
            return InferenceError


def _kind(body: object) -> object:
    return cast("dict[str, Any]", body).get("error_type") if isinstance(body, dict) else None


def _said(body: object, depth: int) -> str:
    """Find the words: of the keys that servers use, in lists and objects within these, too."""
    if isinstance(body, str):
        return body
    if depth == 0 or not body:
        return ""
    if isinstance(body, list):
        parts = [_said(item, depth - 1) for item in cast("list[object]", body)]
        return "; ".join(dict.fromkeys(part for part in parts if part))
    if not isinstance(body, dict):
        return ""
    entries = cast("dict[str, Any]", body)
    found = [_said(entries[key], depth - 1) for key in _SAYING if entries.get(key)]
    place = entries.get("loc")  # FastAPI names the place of what is wrong in the body.
    if isinstance(place, list) and found:
        found[0] = f"{'.'.join(str(step) for step in cast('list[object]', place))}: {found[0]}"
    return ": ".join(dict.fromkeys(part for part in found if part))


def _plain(body: bytes, callee: Callee) -> str:
    text = " ".join(_MARKUP.sub(" ", body[:20000].decode(errors="replace")).split())[:_LENGTH]
    if callee.key:
        text = text.replace(callee.key, "***")
    return text or "no reason given"
