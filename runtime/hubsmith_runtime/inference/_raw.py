"""`RawResponse`: an answer with its headers, before it becomes a result."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from .._errors import HubsmithError, ResultError, shorten
from .._http import Exchange, Response

R = TypeVar("R")


class RawResponse(Generic[R]):
    """An answer as it came.

    Attributes:
        status: The HTTP status.
        headers: By lower-case name: the server's request id, times, rate limits and so on.
        content: The body; empty for a stream.
    """

    def __init__(
        self, *, status: int, headers: Mapping[str, str], content: bytes, parse: Callable[[], R]
    ) -> None:
        self.status = status
        self.headers = headers
        self.content = content
        self._parse = parse

    @classmethod
    def of(cls, response: Response) -> RawResponse[Any]:
        """Take an answer whose result is its JSON."""
        return RawResponse[Any](
            status=response.status,
            headers=response.headers,
            content=response.body,
            parse=lambda: _loads(response.body),
        )

    @property
    def status_code(self) -> int:
        """The same as `status`, as other clients call it."""
        return self.status

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            ResultError: when it is not JSON.
        """
        return _loads(self.content)

    def parse(self) -> R:
        """Return what the method would have returned; of `post` the parsed JSON.

        Raises:
            ResultError: when the answer is not of the declared form.
        """
        return self._parse()

    def __repr__(self) -> str:
        return f"<RawResponse {self.status}, {len(self.content)} bytes>"


class _Calls:
    """The methods of a client in its raw form."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def chat(self) -> Any:
        """The methods that are called as openai calls them."""
        return self._client.chat

    def __dir__(self) -> list[str]:
        return dir(self._client)


class RawCalls(_Calls):
    """The methods of a client, each of which returns a `RawResponse` instead of its result."""

    def __getattr__(self, name: str) -> Callable[..., RawResponse[Any]]:
        return getattr(self._client, name)


class AsyncRawCalls(_Calls):
    """The same for asyncio."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[RawResponse[Any]]]:
        return getattr(self._client, name)


def noted(exchange: Exchange[R]) -> Exchange[tuple[R, Response]]:
    """Carry out an exchange, and return with its result the last answer: of media the download."""
    answer = Response(status=0, headers={}, body=b"", url="")
    try:
        asked = next(exchange)
        while True:
            try:
                answer = yield asked
            except HubsmithError as error:
                asked = exchange.throw(error)
            else:
                asked = exchange.send(answer)
    except StopIteration as end:
        return end.value, answer
    finally:
        exchange.close()


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ResultError(f"The answer is not JSON: {shorten(body[:200])}.") from None
