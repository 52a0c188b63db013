"""Errors of a run as a whole, as opposed to errors of its rows."""

from __future__ import annotations

from hubsmith_runtime import HubsmithError


class RunError(HubsmithError):
    """A run ended before all rows were done. The checkpoint, if any, has the finished rows."""


class TooManyErrorsError(RunError):
    """More rows failed than `max_errors` allows."""


class ServerAwayError(RunError):
    """The server refused every call for longer than `patience`, or announced that it will.

    Attributes:
        retry_after: Seconds to wait before the next call, if the server said so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class JournalError(RunError):
    """The checkpoint belongs to another run, is in use, or cannot be read or written."""


class DuplicateIdError(HubsmithError):
    """An earlier row has the same id."""
