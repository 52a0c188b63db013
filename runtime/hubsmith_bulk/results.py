"""`Done`, the outcome of a row, and `Summary`, the state of a whole run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[R]):
    """A finished row: it has a value or an error.

    Attributes:
        key: What identifies the row: the id that was passed with it, or a hash of its content.
        index: Its position in the input, from 0.
        row: The request or, with an untyped client, the arguments.
        error: The error if the row failed, else `None`.
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
            Exception: the row's `error`, if it failed.
        """
        if self.error is not None:
            raise self.error
        return cast("R", self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The state of a run so far.

    Attributes:
        done: Rows with a value.
        failed: Rows with an error.
        skipped: Rows skipped because the checkpoint already had them.
        failed_before: How many of the skipped rows had failed.
        repeated: Calls sent again, because the server was busy or away or an answer was lost.
        under_way: Rows whose calls are in progress.
        seconds: How long the run has taken.
        rate: Finished rows per second.
        concurrency: The current limit on concurrent calls.
        next: What to do next, as text, if not every row succeeded; else empty.
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
