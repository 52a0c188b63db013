"""Every error of the shared part and of Spaces. The page about errors draws them as a tree."""

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
        errors: One `(parameter, message, value)` per problem; a value that is missing is `None`.
    """

    errors: tuple[tuple[str, str, object], ...] = ()


class ArgumentError(ValidationError, TypeError):
    """The arguments of a call do not fit its parameters: missing, unknown, given twice, too many."""


class MissingFileError(ValidationError, FileNotFoundError):
    """The path that was given for a file leads to none. Nothing was sent."""


class SpecError(HubsmithError):
    """A document, such as a Space's configuration, is not what it should be."""


class SpaceChangedError(SpecError):
    """The Space no longer fits the client that was generated for it."""


class EndpointNotFoundError(SpaceChangedError):
    """The Space has no endpoint of this name."""


class UnsupportedVersionError(SpecError):
    """The Space runs a version of Gradio that is too old to be called."""


class ResultError(HubsmithError):
    """The Space's answer does not fit the declared result type.

    Attributes:
        value: The answer as it came.
    """

    def __init__(self, message: str = "", value: Any = None) -> None:
        super().__init__(message)
        self.value = value


class ConnectionFailedError(HubsmithError):
    """The server could not be reached, or the connection broke.

    Attributes:
        was_sent: `False` where no connection was made, so that nothing reached the server.
        may_pass: `False` where trying again cannot help, as with a redirect that is refused.
    """

    was_sent: bool = True
    may_pass: bool = True


class SpaceUnavailableError(ConnectionFailedError):
    """The Space is there but cannot be called now: paused, starting, broken or overloaded.

    Attributes:
        status: The HTTP status of the answer, where it is one.
        stage: The stage that the Hub tells, such as `PAUSED`, where it was asked.
        retry_after: Seconds until the server wants to be asked again, where it says so.
    """

    status: int | None = None
    stage: str | None = None
    retry_after: float | None = None

    @classmethod
    def of(cls, message: str, status: int | None = None, stage: str | None = None) -> Self:
        """Make one of an answer's status, or of the Space's stage."""
        error = cls(message)
        error.status, error.stage = status, stage
        return error


class SessionLostError(ConnectionFailedError):
    """The event stream broke while jobs were pending: what they did is not known."""


class SessionNotFoundError(SessionLostError):
    """The server does not know the session: it was restarted, or a proxy chose another replica."""


class ServerStoppedError(SessionLostError):
    """The server was stopped while jobs were pending."""


class InferenceTimeoutError(HubsmithError, TimeoutError):
    """The answer did not come in time."""


class ConnectionTimeoutError(ConnectionFailedError, InferenceTimeoutError):
    """No connection could be made in time; nothing was sent."""

    was_sent: bool = False


class AuthenticationError(HubsmithError):
    """A token, a login or a permission is missing or wrong."""


class MissingDependencyError(HubsmithError, ImportError):
    """A result, or an input, needs a package that is not installed."""


class QueueFullError(HubsmithError):
    """The Space's queue takes no more jobs now; try again later.

    Attributes:
        retry_after: Seconds until the server wants to be asked again, where it says so.
    """

    retry_after: float | None = None


class AppError(HubsmithError):
    """The Space's own code raised an error.

    Attributes:
        message: The Space's words; empty where the Space hides them.
        title: The Space's heading for the error; may be empty.
    """

    message: str = ""
    title: str = ""


class SpaceValidationError(AppError):
    """The Space's own validator refused an argument."""


class ZeroGPUQuotaError(AppError):
    """The caller's ZeroGPU quota is used up.

    Attributes:
        requested_seconds: GPU seconds that the call asked for, where the Space says so.
        left_seconds: GPU seconds that are left of the quota, where it says so.
        retry_after: Seconds until the call may be tried again, where it says so.
    """

    requested_seconds: float | None = None
    left_seconds: float | None = None
    retry_after: float | None = None


class ZeroGPUTimeoutError(AppError):
    """No GPU became free in time."""


class ZeroGPUDurationError(AppError):
    """The Space asks for a GPU for longer than it may.

    Attributes:
        requested_seconds: GPU seconds that it asked for, where it says so.
    """

    requested_seconds: float | None = None


class JobCancelledError(HubsmithError):
    """The job was cancelled, so it has no result."""


class FileError(HubsmithError):
    """A file could not be sent or fetched."""


class FileTooLargeError(FileError):
    """The file is larger than the Space accepts."""


class UploadError(FileError):
    """The Space did not accept an upload."""


class DownloadError(FileError):
    """A file could not be fetched or saved."""


def shorten(value: object, masked: Callable[[str], str] = str) -> str:
    """Show a value in at most 80 characters; `masked` hides secrets before it is cut."""
    try:
        text = masked(repr(value))
    except RecursionError:
        text = "a value that is nested too deeply"
    return text if len(text) <= 80 else f"{text[:77]}..."


def a_type(value: object) -> str:
    """Return the name of a type, or of that of a value, with its article: `an int`."""
    name = (value if isinstance(value, type) else type(value)).__name__
    starts_with_a_vowel = name[0] in "aeioAEIO" or name == "ndarray"  # It is spoken n-d array.
    return f"an {name}" if starts_with_a_vowel else f"a {name}"


def first_problem(error: ValueError) -> str:
    """Return what is wrong with a value; of pydantic the first, as `[0].label: Field required`."""
    if not type(error).__module__.startswith("pydantic_core"):
        return str(error)
    found = cast("pydantic.ValidationError", error).errors(include_url=False, include_input=False)
    place = place_of(found[0]["loc"])
    message = found[0]["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def place_of(steps: Sequence[int | str]) -> str:
    """Return a place in a value as Python writes it, such as `history[0].content`."""
    places = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(places).removeprefix(".")
