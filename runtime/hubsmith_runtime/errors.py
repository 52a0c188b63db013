"""Every error of the shared part and of Spaces. The documentation shows them as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pydantic
    from typing_extensions import Self


class HubsmithError(Exception):
    """The base class of every error of this library."""


class ValidationError(HubsmithError, ValueError):
    """An argument is missing, unknown, of the wrong type or out of bounds. Nothing was sent.

    Attributes:
        errors: One `(parameter, message, value)` per problem; a missing value is `None`.
    """

    errors: tuple[tuple[str, str, object], ...] = ()


class ArgumentError(ValidationError, TypeError):
    """The arguments of a call do not fit its parameters: missing, unknown, given twice, too many."""


class MissingFileError(ValidationError, FileNotFoundError):
    """No file exists at the given path. Nothing was sent."""


class SpecError(HubsmithError):
    """A document, such as a Space's configuration, or an address is not valid."""


class SpaceChangedError(SpecError):
    """The Space no longer matches the client that was generated for it."""


class EndpointNotFoundError(SpaceChangedError):
    """The Space has no endpoint of this name."""


class UnsupportedVersionError(SpecError):
    """The Space runs a version of Gradio that this client does not support."""


class ResultError(HubsmithError):
    """The Space's answer does not match the declared result type.

    Attributes:
        value: The answer as received.
    """

    def __init__(self, message: str = "", value: Any = None) -> None:
        super().__init__(message)
        self.value = value


class ConnectionFailedError(HubsmithError):
    """The server could not be reached, or the connection broke.

    Attributes:
        was_sent: `False` if no connection was made, so that nothing reached the server.
        may_pass: `False` if trying again cannot help, such as after a refused redirect.
    """

    was_sent: bool = True
    may_pass: bool = True


class SpaceUnavailableError(ConnectionFailedError):
    """The Space exists but cannot be called now: paused, starting, broken or overloaded.

    Attributes:
        status: The HTTP status of the answer, if there was one.
        stage: The stage that the Hub reports, such as `PAUSED`, if it was asked.
        retry_after: Seconds to wait before trying again, if the server says so.
    """

    status: int | None = None
    stage: str | None = None
    retry_after: float | None = None

    @classmethod
    def of(cls, message: str, status: int | None = None, stage: str | None = None) -> Self:
        """Return an error with the status of an answer, or the stage of the Space."""
        error = cls(message)
        error.status, error.stage = status, stage
        return error


class SessionLostError(ConnectionFailedError):
    """The event stream broke while jobs were pending: their outcome is unknown."""


class SessionNotFoundError(SessionLostError):
    """The server does not know the session: it was restarted, or a proxy chose another replica."""


class ServerStoppedError(SessionLostError):
    """The server was stopped while jobs were pending."""


class InferenceTimeoutError(HubsmithError, TimeoutError):
    """The answer did not arrive in time."""


class ConnectionTimeoutError(ConnectionFailedError, InferenceTimeoutError):
    """No connection could be made in time; nothing was sent."""

    was_sent: bool = False


class AuthenticationError(HubsmithError):
    """A token, a login or a permission is missing or wrong."""


class MissingDependencyError(HubsmithError, ImportError):
    """A result, or an input, needs a package that is not installed."""


class QueueFullError(HubsmithError):
    """The Space's queue is full; try again later.

    Attributes:
        retry_after: Seconds to wait before trying again, if the server says so.
    """

    retry_after: float | None = None


class AppError(HubsmithError):
    """The Space's own code raised an error.

    Attributes:
        message: The Space's own message; empty if the Space hides it.
        title: The Space's title for the error; may be empty.
    """

    message: str = ""
    title: str = ""


class SpaceValidationError(AppError):
    """The Space's own validator refused an argument."""


class ZeroGPUQuotaError(AppError):
    """The caller's ZeroGPU quota is used up.

    Attributes:
        requested_seconds: GPU seconds that the call requested, if the Space says so.
        left_seconds: GPU seconds left in the quota, if the Space says so.
        retry_after: Seconds to wait before trying again, if the Space says so.
    """

    requested_seconds: float | None = None
    left_seconds: float | None = None
    retry_after: float | None = None


class ZeroGPUTimeoutError(AppError):
    """No GPU became free in time."""


class ZeroGPUDurationError(AppError):
    """The Space requested a GPU for longer than is allowed.

    Attributes:
        requested_seconds: GPU seconds that it requested, if it says so.
    """

    requested_seconds: float | None = None


class JobCancelledError(HubsmithError):
    """The job was cancelled, so it has no result."""


class FileError(HubsmithError):
    """A file could not be uploaded or downloaded."""


class FileTooLargeError(FileError):
    """The file is larger than the Space accepts."""


class UploadError(FileError):
    """The Space did not accept an upload."""


class DownloadError(FileError):
    """A file could not be downloaded or saved."""


def shorten(value: object, masked: Callable[[str], str] = str) -> str:
    """Return a value's `repr`, at most 80 characters; `masked` hides secrets before truncation."""
    try:
        text = masked(repr(value))
    except RecursionError:
        text = "a value that is nested too deeply"
    return text if len(text) <= 80 else f"{text[:77]}..."


def a_type(value: object) -> str:
    """Return the name of a type, or of a value's type, with its article: `an int`."""
    name = (value if isinstance(value, type) else type(value)).__name__
    starts_with_a_vowel = name[0] in "aeioAEIO" or name == "ndarray"  # Pronounced "n-d array".
    return f"an {name}" if starts_with_a_vowel else f"a {name}"


def first_problem(error: ValueError) -> str:
    """Return an error's text; from pydantic, its first problem: `[0].label: Field required`."""
    if not type(error).__module__.startswith("pydantic_core"):
        return str(error)
    found = cast("pydantic.ValidationError", error).errors(include_url=False, include_input=False)
    place = place_of(found[0]["loc"])
    message = found[0]["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def place_of(steps: Sequence[int | str]) -> str:
    """Return a path into a value in Python syntax, such as `history[0].content`."""
    places = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(places).removeprefix(".")
