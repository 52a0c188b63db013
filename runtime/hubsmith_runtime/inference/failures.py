"""What the error answers of inference servers mean, and which of them are retried."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from ..effects import Close, DeadlineExceeded, Effects, Open, Read, Send
from ..errors import ConnectionFailedError, HubsmithError, InferenceTimeoutError
from ..http import Body, HttpRequest, Response, plain_words, read_retry_after
from ..reading import as_list, as_number, as_object
from ..retries import Again, Retries, repeated
from . import errors
from .errors import InferenceError

LOADING_SECONDS = 600.0
"""Seconds to wait for a loading model in total, unless the caller's timeout is shorter."""

_LENGTH, _DEPTH = 1000, 4
_LARGEST_ERROR = 1 << 20
_REFUSED = (429, 503)  # The request was not started.
_PASSING = (*_REFUSED, 500, 502)  # Not 504: a repeated call would be as slow, and cost as much.
_SHORTEST, _USUAL, _LONGEST = 0.1, 1.0, 10.0  # Seconds between two checks of a loading model.
_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "x-amzn-trace-id", "cf-ray")
_WORD_KEYS = (
    "error", "error_description", "message", "detail", "details", "reason", "msg", "title",
    "errors", "warnings",
)  # fmt: skip

_MEANINGS: Mapping[int | None, tuple[type[InferenceError], str]] = {
    **dict.fromkeys((400, 413, 415, 422), (errors.BadRequestError, "")),
    401: (errors.InferenceAuthenticationError, " Check the token or key."),
    402: (errors.PaymentRequiredError, " See the billing of the account."),
    403: (errors.InferenceAuthenticationError, " The token or key may not use this model."),
    404: (errors.ModelNotFoundError, " Check the model's name, or the URL."),
    429: (errors.RateLimitError, ""),
    504: (InferenceError, " Longer outputs are safer with stream=True."),
}

# The types of error that text-generation-inference and related servers name.
_KINDS: Mapping[str, type[InferenceError]] = {
    "generation": errors.GenerationError,
    "incomplete_generation": errors.IncompleteGenerationError,
    "overloaded": errors.OverloadedError,
    "validation": errors.TextGenerationValidationError,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceProgress:
    """The progress of a provider's job, or of a model that is being loaded for the call."""

    status: str  # The provider's own status, such as `IN_QUEUE`, or `loading`.
    seconds: float  # Since the call began.
    position: int | None = None  # In the queue, if the provider reports it.


OnProgress: TypeAlias = Callable[[InferenceProgress], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """What is called, for messages: a provider and a model, or a URL without its query."""

    provider: str = ""
    model: str = ""
    key: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.provider, self.model) if part) or "inference"

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"} if self.key else {}


def failure(response: Response, callee: Callee) -> InferenceError:
    body = response.json()
    words = server_words(body, response.masked) or plain_words(response)[:_LENGTH]
    words = words or "no reason given"
    error = _error(response.status, words, body, response.headers, callee)
    if response.status == 503 and (members := as_object(body)):
        usual = _USUAL if "loading" in words.lower() else None
        estimate = as_number(members.get("estimated_time"))
        error.estimated_time = usual if estimate is None else estimate
    return error


def stream_failure(
    event: object,
    callee: Callee,
    headers: Mapping[str, str],
    masked: Callable[[str], str] = str,
) -> InferenceError:
    return _error(None, server_words(event, masked) or "an error", event, headers, callee)


def server_words(body: object, masked: Callable[[str], str] = str) -> str:
    """Return the server's message from an error's JSON of any shape; empty if it has none."""
    return " ".join(masked(_words(body, _DEPTH)).split())[:_LENGTH]


def send_checked(
    request: HttpRequest,
    callee: Callee,
    retries: Retries,
    on_progress: OnProgress | None = None,
    *,
    runs_job: bool = False,
) -> Effects[Response]:
    """Send a request until it succeeds or fails permanently, and return the whole answer.

    It waits while a model is loading, and reports that; other temporary failures are retried as
    `retries` says: with `runs_job`, only if the server cannot have accepted the job. A
    `DeadlineExceeded` that it raises says what was late.
    """
    return _until_ready(Send(request), callee, retries, on_progress, runs_job)


def open_checked(
    request: HttpRequest, callee: Callee, retries: Retries, on_progress: OnProgress | None = None
) -> Effects[Body]:
    """Do the same as `send_checked`, but leave the content of a successful answer unread."""
    return _until_ready(Open(request), callee, retries, on_progress)


def send_once(request: HttpRequest, callee: Callee) -> Effects[Response]:
    """Send a request, and return the answer whatever its status."""
    try:
        return (yield Send(request))
    except DeadlineExceeded:
        raise DeadlineExceeded(f"{callee}: no answer in time.") from None


def _until_ready(
    effect: Send | Open,
    callee: Callee,
    retries: Retries,
    on_progress: OnProgress | None,
    runs_job: bool = False,
) -> Effects[Any]:
    began, waited, earlier = time.monotonic(), 0.0, ""
    is_free = retries.after_accepted or not runs_job  # To send it again.

    def step() -> Effects[Response | Body]:
        answer: Response | Body = yield effect
        if 200 <= answer.status < 300:
            return answer
        response = (yield from _read_error(answer)) if isinstance(answer, Body) else answer
        raise failure(response, callee)

    def classify(error: HubsmithError) -> Again | None:
        nonlocal waited, earlier
        earlier = f" An earlier attempt failed: {error}"
        match error:
            case ConnectionFailedError():
                return Again() if error.may_pass and (is_free or not error.was_sent) else None
            case InferenceTimeoutError():
                raise InferenceTimeoutError(f"{callee}: {error}") from None
            case InferenceError(estimated_time=float(estimate)):
                after = max(min(max(estimate, _SHORTEST), _LONGEST), error.retry_after or 0.0)
                waited, earlier = waited + after, " The model is still loading."
                seconds = time.monotonic() - began
                if max(waited, seconds + after) <= LOADING_SECONDS:
                    progress = InferenceProgress(status="loading", seconds=seconds)
                    return Again(after, partial(on_progress or id, progress))
                late = f"{callee}: the model is still loading after {LOADING_SECONDS:g} s."
                raise InferenceTimeoutError(f"{late} Try again later.")
            case InferenceError() if error.status in (_PASSING if is_free else _REFUSED):
                return Again(after=error.retry_after or 0.0)
            case _:
                return None

    try:
        return (yield from repeated(step, retries, classify, callee))
    except DeadlineExceeded:
        raise DeadlineExceeded(f"{callee}: no answer in time.{earlier}") from None


def _read_error(body: Body) -> Effects[Response]:
    size = 0
    try:
        while size < _LARGEST_ERROR and (piece := (yield Read(body))) is not None:
            size += len(piece)
            body.keep(piece)
    except Exception:
        yield Close(body)
        raise
    yield Close(body)
    return body.kept()


def _error(
    status: int | None, words: str, body: object, headers: Mapping[str, str], callee: Callee
) -> InferenceError:
    kind = as_object(body).get("error_type")
    error_class, advice = _MEANINGS.get(status, (InferenceError, ""))
    if isinstance(kind, str) and status not in (401, 403, 404):
        unknown = errors.UnknownError if error_class is InferenceError else error_class
        # text-embeddings-inference writes `Validation`.
        error_class = _KINDS.get(kind.lower(), unknown)
    request_id = next((headers[name] for name in _ID_HEADERS if headers.get(name)), None)
    what = f"HTTP {status}" if status is not None else "the stream ended with an error"
    end = "" if words.endswith((".", "!", "?")) else "."
    reference = f" (request id {request_id})" if request_id else ""
    return error_class(
        f"{callee}: {what}: {words}{end}{advice}{reference}",
        provider=callee.provider,
        model=callee.model,
        status=status,
        request_id=request_id,
        server_message=words,
        retry_after=read_retry_after(headers.get("retry-after"), time.time()),
    )


def _words(body: object, depth: int) -> str:
    """Find the messages under the keys that servers use, also in nested lists and objects."""
    if isinstance(body, str) or not depth:
        return body if isinstance(body, str) else ""
    found = [_words(item, depth - 1) for item in as_list(body)]
    if found:
        return "; ".join(dict.fromkeys(filter(None, found)))
    entries = as_object(body)
    found = [_words(entries[key], depth - 1) for key in _WORD_KEYS if entries.get(key)]
    place = as_list(entries.get("loc"))  # FastAPI names the location of the problem in the body.
    if place and found:
        found[0] = f"{'.'.join(map(str, place))}: {found[0]}"
    return ": ".join(dict.fromkeys(filter(None, found)))
