"""Requests to a Space and the Hub: how they are sent, and what the status of an answer means."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .. import errors
from ..effects import Effects, Send
from ..errors import HubsmithError, SpaceUnavailableError
from ..http import HttpRequest, Response, plain_words, read_retry_after
from ..reading import as_list, as_object, as_words
from ..retries import Again, Retries, repeated

T = TypeVar("T")

CALLER = {"x-gradio-user": "api"}
"""A header of every request."""

_JSON = {**CALLER, "content-type": "application/json"}
_STREAM = {**CALLER, "accept": "text/event-stream"}
_PASSING = (429, 502, 503, 504)
_WORDS = 300


def config(root: str) -> HttpRequest:
    return HttpRequest(method="GET", url=f"{root}/config", headers=CALLER)


def info(base: str, *, undocumented: bool = False) -> HttpRequest:
    query = "?all_endpoints=true" if undocumented else ""
    # A server that fails to create this document drops the connection, possibly only when the job
    # is being sent on it.
    headers = {**CALLER, "connection": "close"}
    return HttpRequest(method="GET", url=f"{base}/info{query}", headers=headers)


def post(url: str, body: Mapping[str, Any], headers: Mapping[str, str] = CALLER) -> HttpRequest:
    content = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
    return HttpRequest(method="POST", url=url, headers={**headers, **_JSON}, content=content)


def stream(url: str, silence: float) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers=_STREAM, silence=silence, largest=1 << 20)


def ask(
    request: HttpRequest, where: str, retries: Retries, *, runs_job: bool = False
) -> Effects[Response]:
    """Send a request until its answer is not a temporary failure, and return that answer."""
    step = functools.partial(answer_to, request, where)
    return retried(step, retries, where, runs_job=runs_job)


def retried(
    step: Callable[[], Effects[T]], retries: Retries, where: str, *, runs_job: bool = False
) -> Effects[T]:
    """Carry out a step with retries; one that runs a job, only if the job cannot have started."""
    may_repeat = functools.partial(classify, retries=retries, runs_job=runs_job)
    return repeated(step, retries, may_repeat, where)


def answer_to(request: HttpRequest, where: str) -> Effects[Response]:
    """Send a request once; an answer that is a temporary failure is raised as an error."""
    response: Response = yield Send(request)
    if response.status in _PASSING:
        check(response, where)
    return response


def classify(error: HubsmithError, *, retries: Retries, runs_job: bool = False) -> Again | None:
    """Return how to retry a failed step, or `None` if it must not be retried."""
    is_free = retries.after_accepted or not runs_job
    match error:
        case errors.QueueFullError():
            may_repeat = retries.queue_full
        case errors.SessionLostError():
            may_repeat = retries.after_accepted
        case SpaceUnavailableError(status=status):
            may_repeat = status in (429, 503) or (status in (502, 504) and is_free)
        case errors.ConnectionFailedError():
            may_repeat = error.may_pass and (is_free or not error.was_sent)
        case _:
            may_repeat = False
    return Again(after=getattr(error, "retry_after", None) or 0.0) if may_repeat else None


def check(
    response: Response,
    where: str,
    advice: str = "Pass token= or auth= of someone who may use the Space.",
) -> None:
    """Raise the error that an HTTP status stands for; `where` names the request."""
    status = response.status
    if 200 <= status < 300:
        return
    words = words_of(response)
    message = f"{where}: HTTP {status}: {words}"
    if status == 407:
        advice = "The proxy in HTTP_PROXY asks for a user and password; put them in its URL."
    if status in (401, 403, 407):
        raise errors.AuthenticationError(f"{message} {advice}")
    if status == 404:
        message = f"{message} The Space may have been restarted or moved."
        raise SpaceUnavailableError.of(message, status)
    if status == 413:
        raise errors.FileTooLargeError(message)
    # What the Space's own validators say about each parameter that they reject.
    said = map(as_object, as_list(as_object(response.json()).get("detail")))
    checks = [one for one in said if one.get("__type__") == "validate"]
    refused = [one for one in checks if one.get("is_valid") is not True]
    if refused:
        pairs = [
            [response.masked(as_words(one.get(key))) for key in ("parameter_name", "message")]
            for one in refused
        ]
        refusal = errors.SpaceValidationError(f"{where}: {'; '.join(map(': '.join, pairs))}")
        refusal.message = "; ".join(words for _, words in pairs)
        raise refusal
    if status not in _PASSING:
        raise HubsmithError(f"{message} The Space's logs may say more.")
    if status == 503 and "Queue is full" in words:
        error = errors.QueueFullError(f"{message} Try again later.")
    else:
        message = f"{message} The Space may be starting, paused or busy: try later."
        error = SpaceUnavailableError.of(message, status)
    error.retry_after = read_retry_after(response.headers.get("retry-after"), time.time())
    raise error


def words_of(response: Response) -> str:
    """Return the server's message, shortened and without markup."""
    if entries := as_object(response.json()):
        detail = entries.get("detail", entries.get("error", entries))
        text = response.masked(as_words(as_object(detail).get("error", detail)))
    else:
        text = plain_words(response)
    return sentence(" ".join(text.split())[:_WORDS] or "no reason given")


def sentence(words: str) -> str:
    """Add a full stop to a server's message, unless it is empty or has one."""
    return words if not words or words.endswith((".", "!", "?")) else f"{words}."
