"""The errors of a run, beside those of its rows."""

from __future__ import annotations

from hubsmith_runtime import HubsmithError


class RunError(HubsmithError):
    """A run ended before all rows were done. What was done is in its checkpoint."""


class TooManyErrorsError(RunError):
    """More rows failed than `max_errors` allows."""


class ServerAwayError(RunError):
    """The server refused every call for longer than `patience`, or wants to.

    Attributes:
        retry_after: Seconds until it wants to be asked again, where it says so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class JournalError(RunError):
    """The checkpoint cannot be used or written: another run's, in use, unreadable, a full disk."""


class DuplicateIdError(HubsmithError):
    """The row has an id that an earlier row has."""
