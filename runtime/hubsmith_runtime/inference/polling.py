"""Polls the jobs of providers until they have ended."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from ..effects import DeadlineExceeded, Effects, Run, Sleep
from ..errors import InferenceTimeoutError, ResultError
from ..http import Response, shown
from ..reading import as_count, as_object, as_words
from .errors import InferenceError
from .failures import InferenceProgress as InferenceProgress, OnProgress as OnProgress, server_words
from .provider import Poll, Target
from .response import MissingValueError, find


def wait_for_job(
    target: Target,
    poll: Poll,
    response: Response,
    ask: Callable[[str], Effects[Response]],
    began: float,
    on_progress: OnProgress | None,
) -> Effects[Response]:
    """Poll a job and return its last answer, given the `response` that accepted it."""
    taken, job, callee = response, as_object(response.json()), target.callee
    while True:
        answer = as_object(response.json())
        status, seconds = find(answer, poll.status), time.monotonic() - began
        if status is None and response is not taken:
            raise ResultError(f"{callee}: an answer does not contain the job's status.", answer)
        if status in poll.failed:
            words = server_words(find(answer, *poll.error) or answer, response.masked)
            raise InferenceError(
                f"{callee}: the job failed ({status}): {words or 'no reason given'}",
                provider=callee.provider,
                model=callee.model,
                server_message=words,
            )
        try:
            if status in poll.done:
                return (yield from ask(poll.result(target, job))) if poll.result else response
            location = poll.location(target, job)
        except MissingValueError:  # The server returned the result at once.
            return response
        stage, position = as_words(status) or "submitted", as_count(find(answer, poll.position))
        if on_progress is not None:
            progress = InferenceProgress(status=stage, seconds=seconds, position=position)
            yield Run(functools.partial(on_progress, progress), blocks=False)
        late = f"{callee}: the job did not finish in time: {stage} after"
        if seconds + poll.interval >= poll.limit:
            raise InferenceTimeoutError(f"{late} {seconds:.1f} s, the limit for any job.")
        try:
            yield Sleep(poll.interval, f"{callee}: the job is running")
            response = yield from ask(location)
        except DeadlineExceeded:
            raise DeadlineExceeded(f"{late} {time.monotonic() - began:.1f} s.") from None


def answered_url(target: Target, url: object, *hosts: str) -> str:
    """Return the URL that an answer names, if the provider's key may be sent there.

    The key is sent to the provider's own address, whatever host is named, or to one of `hosts` and
    their subdomains.
    """
    unexpected = ResultError(
        f"{target.callee}: the answer names an unexpected address: {shown(as_words(url))!r}."
    )
    try:
        own, parts = urlsplit(target.root), urlsplit(as_words(url))
        host, port, path = parts.hostname or "", parts.port, parts.path
    except ValueError:
        raise unexpected from None
    if (host, port) == (own.hostname, own.port) and path.startswith(f"{own.path}/"):
        path = path[len(own.path) :]
    if not path.startswith("/") or ".." in unquote(path).split("/"):
        raise unexpected
    path += f"?{parts.query}" if parts.query else ""
    is_known = any(f".{host}".endswith(f".{known}") for known in hosts)
    if is_known and parts.scheme == "https" and port is None:
        return f"https://{host}{path}"
    return target.address(path)
