"""Every error that a caller can meet.

HubsmithError
├── ValidationError (also ValueError)     an argument is wrong; nothing was sent
│   └── ArgumentError (also TypeError)    an argument is missing, unknown or given twice
├── SpecError                             a document is not what it should be
│   ├── SpaceChangedError                 the Space no longer fits the generated client
│   │   └── EndpointNotFoundError         the Space has no such endpoint
│   └── UnsupportedVersionError           the Space runs a Gradio that is too old
├── ResultError                           an answer does not fit its declared type
├── SpaceConnectionError                  the server could not be reached or broke off
│   ├── SpaceUnavailableError             the Space answers, but does not run
│   ├── ConnectionTimeoutError            (also InferenceTimeoutError) no connection in time
│   └── SessionLostError                  the event stream broke while jobs were pending
│       ├── SessionNotFoundError          the server does not know the session any more
│       └── ServerStoppedError            the server was stopped
├── InferenceTimeoutError (also TimeoutError)
├── InferenceError                        a provider or a model server answered with an error
│   ├── BadRequestError (also ValueError) the server refused the request: 400, 413, 415, 422
│   ├── InferenceAuthenticationError      (also AuthenticationError) the key is missing or wrong
│   ├── ModelNotFoundError                the server has no such model or route
│   ├── RateLimitError                    too many requests, or no credit left
│   ├── IncompleteStreamError             a stream ended before it was complete
│   └── TextGenerationError               a text-generation server named the kind of its error
│       ├── GenerationError
│       ├── IncompleteGenerationError
│       ├── OverloadedError
│       ├── TextGenerationValidationError (also BadRequestError)
│       └── UnknownError
├── MissingDependencyError (also ImportError) a result needs a package that is not installed
├── AuthenticationError                   a token, a login or a permission is missing or wrong
├── QueueFullError                        the Space takes no more jobs now
├── AppError                              the Space's own code raised an error
│   ├── SpaceValidationError              the Space's own validator refused an argument
│   ├── ZeroGPUQuotaError                 the daily GPU quota is used up
│   ├── ZeroGPUTimeoutError               no GPU became free in time
│   └── ZeroGPUDurationError              the Space asks for a GPU for longer than it may
├── JobCancelledError
└── FileError
    ├── FileTooLargeError                 larger than the Space accepts; nothing was sent
    ├── UploadError
    └── DownloadError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pydantic
    from typing_extensions import Self


_VALUE_LENGTH = 80


class HubsmithError(Exception):
    """Root of every error of this library."""


class ValidationError(HubsmithError, ValueError):
    """An argument is missing, unknown, of the wrong type or out of bounds. Nothing was sent.

    Attributes:
        errors: One `(parameter, message, value)` per problem; the value is `None` where there is none.
    """

    errors: tuple[tuple[str, str, object], ...] = ()

    @classmethod
    def of_arguments(cls, endpoint: object, error: pydantic.ValidationError) -> Self:
        """Say in one line per problem what is wrong with the arguments of an endpoint or a task."""
        problems: dict[str, tuple[list[str], object, bool]] = {}
        for detail in error.errors(include_url=False, include_context=False):
            parameter = str(detail["loc"][0]) if detail["loc"] else ""
            message, has_value = detail["msg"].removeprefix("Value error, "), True
            if not detail["loc"]:
                has_value = False  # It is about several: all of them would be shown.
            elif detail["type"] == "missing":
                inner = f" for {detail['loc'][-1]}" if len(detail["loc"]) > 1 else ""
                message, has_value = f"a value is required{inner}", False
            elif detail["type"] == "extra_forbidden":
                message = "there is no such parameter"
            # A union reports each of its members: they are alternatives of one problem.
            messages, _, _ = problems.setdefault(parameter, ([], detail["input"], has_value))
            if message not in messages:
                messages.append(message)
        lines: list[str] = []
        errors: list[tuple[str, str, object]] = []
        for parameter, (messages, value, has_value) in problems.items():
            message = "; or ".join(messages)
            where = f"{endpoint}: {parameter}" if parameter else f"{endpoint}"
            lines.append(f"{where}: {message}" + (f", got {shorten(value)}" if has_value else ""))
            errors.append((parameter, message, value if has_value else None))
        made = cls("\n".join(lines))
        made.errors = tuple(errors)
        return made


class ArgumentError(ValidationError, TypeError):
    """The arguments of a call do not fit the endpoint's parameters: missing, unknown or too many."""


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

    value: Any = None


class SpaceConnectionError(HubsmithError):
    """The server could not be reached, or the connection broke.

    Attributes:
        was_sent: `False` where no connection was made, so that nothing reached the server.
    """

    was_sent: bool = True


class SpaceUnavailableError(SpaceConnectionError):
    """The Space is there but cannot be called now: paused, starting, broken or overloaded.

    Attributes:
        status: The HTTP status of the answer, where it is one.
        stage: The stage that the Hub tells, such as `PAUSED`, where it was asked.
        retry_after: Seconds until the server wants to be asked again, where it says so.
    """

    status: int | None = None
    stage: str | None = None
    retry_after: float | None = None


class SessionLostError(SpaceConnectionError):
    """The event stream broke while jobs were pending: what they did is not known."""


class SessionNotFoundError(SessionLostError):
    """The server does not know the session: it was restarted, or a proxy chose another replica."""


class ServerStoppedError(SessionLostError):
    """The server was stopped while jobs were pending."""


class InferenceTimeoutError(HubsmithError, TimeoutError):
    """The answer did not come in time."""


class ConnectionTimeoutError(SpaceConnectionError, InferenceTimeoutError):
    """No connection could be made in time; nothing was sent."""


class AuthenticationError(HubsmithError):
    """A token, a login or a permission is missing or wrong."""


class InferenceError(HubsmithError):
    """An inference provider or a model server answered with an error.

    Attributes:
        provider: The provider's name, such as `together`; empty where a URL was called.
        model: The model as the caller named it; a URL without its query.
        status: The HTTP status; `None` where the error came inside a stream.
        request_id: The id that the server gave the request, for its support; may be `None`.
        server_message: The server's own words; may be empty.
        retry_after: Seconds until the server wants to be asked again, where it says so.
    """

    def __init__(
        self,
        message: str = "",
        *,
        provider: str = "",
        model: str = "",
        status: int | None = None,
        request_id: str | None = None,
        server_message: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.model = model
        self.status = status
        self.request_id = request_id
        self.server_message = server_message
        self.retry_after = retry_after


class BadRequestError(InferenceError, ValueError):
    """The server refused the request: a parameter, an input or its size."""


class InferenceAuthenticationError(InferenceError, AuthenticationError):
    """The key or token is missing, wrong, or may not use this model."""


class ModelNotFoundError(InferenceError):
    """The server has no such model, or no such route."""


class RateLimitError(InferenceError):
    """Too many requests, or no credit is left."""


class IncompleteStreamError(InferenceError):
    """A stream ended before the server said that it was complete."""


class TextGenerationError(InferenceError):
    """A text-generation server named the kind of its error."""


class GenerationError(TextGenerationError):
    """The model failed while it generated."""


class IncompleteGenerationError(TextGenerationError):
    """The generation stopped before it was complete."""


class OverloadedError(TextGenerationError):
    """The server has too much to do now."""


class TextGenerationValidationError(TextGenerationError, BadRequestError):
    """The server refused the inputs or a parameter."""


class UnknownError(TextGenerationError):
    """The server named a kind of error that is not known here."""


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


def shorten(value: object, secret: str | None = None) -> str:
    """Show a value in at most about 80 characters, and `***` for a secret within it."""
    text = repr(value)
    text = text.replace(secret, "***") if secret else text
    return text if len(text) <= _VALUE_LENGTH else text[: _VALUE_LENGTH - 3] + "..."
