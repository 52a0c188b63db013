"""What a run gives back: `Done` for each row, and `Summary` of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[R]):
    """A row that came to its end, well or not.

    Attributes:
        key: What the row is known by: the id that it was given, or a hash of its content.
        index: Its place in the input, from 0.
        row: What was asked: the request or, of an untyped client, the arguments.
        error: Why there is no value, or `None`.
        attempts: How often it was sent.
        seconds: How long its last attempt took.
    """

    key: str
    index: int
    row: Any
    error: Exception | None = None
    attempts: int = 1
    seconds: float = 0.0
    result: Any = field(default=None, repr=False)

    @property
    def value(self) -> R:
        """The result.

        Raises:
            Exception: the row's error, where it has one.
        """
        if self.error is not None:
            raise self.error
        return cast("R", self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What came of a run so far.

    Attributes:
        done: Rows with a value.
        failed: Rows with an error.
        skipped: Rows that the checkpoint had already.
        failed_before: How many of these had failed.
        repeated: Calls that were sent again because a server was busy or away.
        under_way: Rows that were sent and are not at their end.
        seconds: How long the run took.
        rate: Finished rows a second.
        concurrency: How many calls are made at the same time at most, as of now.
        next: What to do, in words, where the run did not finish everything.
    """

    done: int = 0
    failed: int = 0
    skipped: int = 0
    failed_before: int = 0
    repeated: int = 0
    under_way: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    concurrency: int = 0
    next: str = ""
