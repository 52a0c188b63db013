"""The errors of inference, a branch of the tree of `hubsmith_runtime.errors`.

InferenceError                        a provider or a model server answered with an error
├── BadRequestError (also ValueError) the server refused the request: 400, 413, 415, 422
├── InferenceAuthenticationError      (also AuthenticationError) the key is missing or wrong
├── PaymentRequiredError              no credit is left: 402
├── ModelNotFoundError                the server has no such model or route
├── RateLimitError                    too many requests: 429
├── IncompleteStreamError             a stream ended before it was complete
└── TextGenerationError               a text-generation server named the type of its error
    ├── GenerationError
    ├── IncompleteGenerationError
    ├── OverloadedError
    ├── TextGenerationValidationError (also BadRequestError)
    └── UnknownError
"""

from __future__ import annotations

from ..errors import AuthenticationError, HubsmithError


class InferenceError(HubsmithError):
    """An inference provider or a model server answered with an error.

    Attributes:
        provider: The provider's name, such as `together`; empty if a URL was called.
        model: The model as the caller named it; a URL without its query.
        status: The HTTP status; `None` for an error inside a stream.
        request_id: The server's id of the request, for its support; may be `None`.
        server_message: The server's own message; may be empty.
        retry_after: Seconds to wait before trying again, if the server says so.
        estimated_time: The server's estimate of the seconds until a model is loaded (503 only).
    """

    estimated_time: float | None = None

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


class PaymentRequiredError(InferenceError):
    """No credit is left, or the account has no billing."""


class RateLimitError(InferenceError):
    """Too many requests; `retry_after` says when to try again, if the server does."""


class IncompleteStreamError(InferenceError):
    """A stream ended before the server said that it was complete."""


class TextGenerationError(InferenceError):
    """A text-generation server named the type of its error."""


class GenerationError(TextGenerationError):
    """The model failed during the generation."""


class IncompleteGenerationError(TextGenerationError):
    """The generation stopped before it was complete."""


class OverloadedError(TextGenerationError):
    """The server is overloaded; try again later."""


class TextGenerationValidationError(TextGenerationError, BadRequestError):
    """The server refused the inputs or a parameter."""


class UnknownError(TextGenerationError):
    """The server named a type of error that has no class of its own."""
