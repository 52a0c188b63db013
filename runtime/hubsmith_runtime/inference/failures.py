"""What the error answers of inference servers mean, and which of them are tried again."""

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
"""How long a model that loads is waited for in all, where the caller's timeout is not shorter."""

_LENGTH, _DEPTH = 1000, 4
_LARGEST_ERROR = 1 << 20
_REFUSED = (429, 503)  # Whatever was asked was not begun.
_PASSING = (*_REFUSED, 500, 502)  # Not 504: what took too long once would again, at full cost.
_SHORTEST, _USUAL, _LONGEST = 0.1, 1.0, 10.0  # Seconds between two looks at a model that loads.
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

# The kinds of error that text-generation-inference and its relatives name.
_KINDS: Mapping[str, type[InferenceError]] = {
    "generation": errors.GenerationError,
    "incomplete_generation": errors.IncompleteGenerationError,
    "overloaded": errors.OverloadedError,
    "validation": errors.TextGenerationValidationError,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceProgress:
    """How far a job is that a provider has taken, or a model that is loaded for the call."""

    status: str  # The provider's own word, such as `IN_QUEUE`, or `loading`.
    seconds: float  # Since the call began.
    position: int | None = None  # In the queue, where the provider tells it.


OnProgress: TypeAlias = Callable[[InferenceProgress], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """Who is called, for messages: a provider and a model of the Hub, or a URL without its query."""

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
    """Return the server's own words from an error's JSON, whatever its shape; empty without any."""
    return " ".join(masked(_words(body, _DEPTH)).split())[:_LENGTH]


def send_checked(
    request: HttpRequest,
    callee: Callee,
    retries: Retries,
    on_progress: OnProgress | None = None,
    *,
    runs_job: bool = False,
) -> Effects[Response]:
    """Send a request until it succeeds or fails for good, and return the whole answer.

    A model that loads is waited for, and reported; other passing failures are tried again as
    `retries` says: one that `runs_job` where the server cannot have taken the job. The
    `DeadlineExceeded` that leaves it says what was waited for.
    """
    return _until_ready(Send(request), callee, retries, on_progress, runs_job)


def open_checked(
    request: HttpRequest, callee: Callee, retries: Retries, on_progress: OnProgress | None = None
) -> Effects[Body]:
    """Do the same as `send_checked`, but leave the content of the good answer unread."""
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
    is_free = retries.after_accepted or not runs_job  # To ask for the same once more.

    def step() -> Effects[Response | Body]:
        answer: Response | Body = yield effect
        if 200 <= answer.status < 300:
            return answer
        response = (yield from _read_error(answer)) if isinstance(answer, Body) else answer
        raise failure(response, callee)

    def classify(error: HubsmithError) -> Again | None:
        nonlocal waited, earlier
        earlier = f" An earlier try failed: {error}"
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
        error_class = _KINDS.get(
            kind.lower(), unknown
        )  # `Validation`, at text-embeddings-inference.
    request_id = next((headers[name] for name in _ID_HEADERS if headers.get(name)), None)
    what = f"HTTP {status}" if status is not None else "the stream broke off"
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
    """Find the words: of the keys that servers use, in lists and objects within these, too."""
    if isinstance(body, str) or not depth:
        return body if isinstance(body, str) else ""
    found = [_words(item, depth - 1) for item in as_list(body)]
    if found:
        return "; ".join(dict.fromkeys(filter(None, found)))
    entries = as_object(body)
    found = [_words(entries[key], depth - 1) for key in _WORD_KEYS if entries.get(key)]
    place = as_list(entries.get("loc"))  # FastAPI names the place of what is wrong in the body.
    if place and found:
        found[0] = f"{'.'.join(map(str, place))}: {found[0]}"
    return ": ".join(dict.fromkeys(filter(None, found)))
