"""`Retries`: which failures are retried, and after what delay; the only loop that retries."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar

from .effects import Effects, Run, Sleep
from .errors import HubsmithError, ValidationError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often, and after what delay, a failed step is retried.

    Broken connections and the statuses 429, 502, 503 and 504 (for inference: 429, 500, 502 and 503)
    are retried, after a random delay between zero and a limit that doubles with each attempt. A job
    of a Space, or of a provider that is polled for the result, is sent again only if the server
    cannot have accepted it, unless `after_accepted` is set. Any other inference call is sent again
    even if the connection broke after it was sent: the model may run, and cost, more than once.

    Args:
        attempts: The total number of attempts; 1 means no retries.
        base: Upper bound of the first delay, in seconds.
        longest: Upper bound of every delay, in seconds. If a server asks for a longer one
            (`Retry-After`), there is no retry.
        after_accepted: Whether a call (for Spaces: a blocking one) also sends its job again if the
            connection broke and the server may have accepted it. The job may then run twice.
        queue_full: Whether a job that a full queue rejected is sent again.
        on_retry: Called before each delay with the number of the failed attempt, its error and
            the delay in seconds.

    Raises:
        ValidationError: when a number is out of bounds.
    """

    attempts: int = 3
    base: float = 0.5
    longest: float = 8.0
    after_accepted: bool = False
    queue_full: bool = False
    on_retry: Callable[[int, HubsmithError, float], object] | None = None

    def __post_init__(self) -> None:
        if self.attempts < 1 or not self.base >= 0 or not self.longest >= 0:
            raise ValidationError(
                f"retries: attempts must be at least 1, base and longest at least 0 s: {self}"
            )

    def wait(self, attempt: int, after: float, draw: float) -> float | None:
        """Return the seconds until the next attempt, or `None` if there is none.

        Args:
            attempt: The number of the attempt that failed, from 1.
            after: Seconds that the server asks to wait; 0 for none.
            draw: A random number between 0 and 1.
        """
        if attempt >= self.attempts or after > self.longest:
            return None
        doublings = min(attempt - 1, 60)  # More would overflow a float.
        return max(after, draw * min(self.longest, self.base * 2.0**doublings))


class Again(NamedTuple):
    """A temporary failure, after which a step is retried.

    With `reported`, it does not count as an attempt: the step is retried as often as it takes,
    such as while a model is loading.
    """

    after: float = 0.0  # Seconds that the server asks to wait.
    reported: Callable[[], object] | None = None  # Called before the delay.


Classify: TypeAlias = "Callable[[HubsmithError], Again | None]"


def repeated(
    step: Callable[[], Effects[T]], retries: Retries, classify: Classify, where: object
) -> Effects[T]:
    """Carry out a step, again after errors that are classified as temporary; return its result."""
    attempt = 0
    while True:
        try:
            return (yield from step())
        except HubsmithError as error:
            failure = error
        again = classify(failure)
        if again is None:
            raise failure
        wait, report, status = again.after, again.reported, getattr(failure, "status", None)
        if report is None:
            attempt += 1
            due = retries.wait(attempt, again.after, random.random())
            if due is None:
                raise failure
            wait = due
            if retries.on_retry is not None:
                report = partial(retries.on_retry, attempt, failure, wait)
        if report is not None:
            yield Run(report, blocks=False)
        yield Sleep(wait, f"{where}: {type(failure).__name__} ({status or 'no answer'})")
