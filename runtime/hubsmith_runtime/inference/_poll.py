"""Jobs that a provider takes and that are asked after until they are over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from .._errors import InferenceError, InferenceTimeoutError
from .._http import Exchange, Response
from ._asking import Asking
from ._failures import read_words
from ._provider import Poll
from ._template import MissingValueError, find


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceProgress:
    """How far a job is that a provider has taken.

    Attributes:
        status: The provider's own word, such as `IN_QUEUE`.
        seconds: Since the call began.
        position: The place in the queue, where the provider tells it.
    """

    status: str
    seconds: float
    position: int | None = None


OnProgress: TypeAlias = Callable[[InferenceProgress], object]


def finished(
    poll: Poll, response: Response, asking: Asking, on_progress: OnProgress | None
) -> Exchange[Response]:
    """Return the last answer of a job, given the one that took it.

    Raises:
        InferenceError: when the job fails.
        InferenceTimeoutError: when it takes too long.
    """
    taken = _entries(response)
    deadline = min(asking.deadline, asking.began + poll.limit)
    while True:
        answer = _entries(response)
        status = find(answer, poll.status)
        if status in poll.failed:
            raise _failed(poll, answer, str(status), asking)
        try:
            if status in poll.done:
                if not poll.result:
                    return response
                return (yield from asking.get(asking.address(poll.result, taken)))
            location = asking.address(poll.location, taken)
        except MissingValueError:  # The server answered at once.
            return response
        now = time.monotonic()
        if on_progress is not None:
            position = find(answer, poll.position) if poll.position else None
            on_progress(
                InferenceProgress(
                    status=str(status or "submitted"),
                    seconds=now - asking.began,
                    position=position if isinstance(position, int) else None,
                )
            )
        if now + poll.interval >= deadline:
            raise InferenceTimeoutError(
                f"{asking.callee}: the job is not done in time: {status or 'submitted'} after "
                f"{now - asking.began:.1f} s. Try a longer timeout."
            )
        response = yield from asking.get(location, after=poll.interval)


def _entries(response: Response) -> Mapping[str, Any]:
    answer = response.json()
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}


def _failed(poll: Poll, answer: Mapping[str, Any], status: str, asking: Asking) -> InferenceError:
    reason = find(answer, "|".join(poll.error)) if poll.error else None
    words = read_words(answer if reason is None else reason, asking.callee)
    return InferenceError(
        f"{asking.callee}: the job failed ({status}): {words or 'no reason given'}",
        provider=asking.callee.provider,
        model=asking.callee.model,
        server_message=words,
    )
