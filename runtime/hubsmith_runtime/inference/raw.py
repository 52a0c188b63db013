"""`RawResponse`: an answer with its headers, before it is decoded; and the body of `post`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..effects import Effects
from ..errors import ArgumentError, ResultError, shorten
from ..http import Body, Response

if TYPE_CHECKING:
    from ..files import FileInput

R = TypeVar("R")


class RawResponse(Generic[R]):
    """An answer as received.

    Attributes:
        status, status_code: The HTTP status.
        headers: By lower-case name: the server's request id, times, rate limits and so on.
        content: The body; empty for a stream.
    """

    def __init__(self, response: Response | Body, parse: Callable[[], R]) -> None:
        self.status = self.status_code = response.status
        self.headers = dict(response.headers)
        self.content = response.body if isinstance(response, Response) else b""
        self._parse = parse
        self._masked = response.masked

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            ResultError: when it is not JSON.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            shown = shorten(self._masked(self.text)[:10_000])
            raise ResultError(f"The answer is not JSON: {shown}.") from None

    def parse(self) -> R:
        """Return what the method would have returned; for `post`, the parsed JSON.

        Raises:
            ResultError: when the answer does not match the declared type.
        """
        return self._parse()

    def __repr__(self) -> str:
        return f"<RawResponse {self.status}, {len(self.content)} bytes>"


def posted(value: Any, data: FileInput | None) -> Effects[tuple[bytes, dict[str, str]]]:
    """Return the body of a `post` and the header that names its type."""
    if data is None:
        try:
            content = json.dumps(value, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise ArgumentError(f"post: json: this is not a JSON value: {error}.") from None
        return content, {"content-type": "application/json"}
    from .media import file_of  # It imports pydantic.

    file = file_of(data)
    yield from file.load()
    return file.read(), {"content-type": file.mime_type} if file.mime_type else {}


class _RawMethods(Generic[R]):
    chat: Any  # The methods by openai's names.

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., R]:
        return getattr(object.__getattribute__(self, "_client"), name)

    def __dir__(self) -> list[str]:
        return dir(self._client)


class RawCalls(_RawMethods[RawResponse[Any]]):
    """The methods of a client, each returning a `RawResponse` instead of its result."""


class AsyncRawCalls(_RawMethods[Awaitable[RawResponse[Any]]]):
    """The same for asyncio."""
