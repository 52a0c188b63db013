"""`Retries`: which failures are tried again, and after how long. The one loop that does so."""

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
    """How often and how patiently a failed step is tried again.

    Broken connections and the answers 429, 502, 503 and 504 of a Space (of inference: 429, 500, 502
    and 503) are, after a random time between zero and a limit that doubles with each attempt. A job,
    of a Space or of a provider that is asked after it, is sent again only where the server cannot
    have taken it, unless `after_accepted` is set. Any other call of a model is sent again even if
    the connection broke after it was sent: the model may then have run, and cost, more than once.

    Args:
        attempts: How often a step is tried in all; 1 for never again.
        base: Seconds that the first wait may last.
        longest: Seconds that any wait may last. A server that asks for more (`Retry-After`) is
            not asked again.
        after_accepted: Whether a call (of a Space: a blocking one) also runs its job again when the
            server may have taken it, or took it, and the connection broke. It may then run twice.
        queue_full: Whether a job that a full queue refused is sent again.
        on_retry: Called before each wait with the number of the attempt that failed, its error
            and the seconds until the next.

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
        """Return the seconds until the next attempt, or `None` where there is none.

        Args:
            attempt: The number of the attempt that failed, from 1.
            after: Seconds that the server asks for, 0 for none.
            draw: A random number between 0 and 1.
        """
        if attempt >= self.attempts or after > self.longest:
            return None
        doublings = min(attempt - 1, 60)  # With more a float overflows.
        return max(after, draw * min(self.longest, self.base * 2.0**doublings))


class Again(NamedTuple):
    """A failure that may pass.

    One that is `reported` does not count as an attempt: it is waited for however often it comes,
    such as a model that loads.
    """

    after: float = 0.0  # Seconds that the server asks for.
    reported: Callable[[], object] | None = None  # Called before the wait.


Classify: TypeAlias = "Callable[[HubsmithError], Again | None]"


def repeated(
    step: Callable[[], Effects[T]], retries: Retries, classify: Classify, where: object
) -> Effects[T]:
    """Carry out a step as often as its errors are classified as passing, and return its result."""
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
