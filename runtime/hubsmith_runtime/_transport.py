"""HTTP: the one module that knows httpx, which is imported when the first transport is made.

Credentials belong to origins (scheme, host and port). A request to any other origin, by redirect
or because an answer names it, goes through a second client that has neither our headers nor our
cookies.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ._errors import HubsmithError, InferenceTimeoutError, SpaceConnectionError, SpecError

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 60.0
_CONNECT_TIMEOUT = 10.0
_REDIRECTS = 5
_FORWARDED_HEADERS = ("accept", "range")

Credentials = Mapping[str, Mapping[str, str]]
"""Headers by the origin that may see them."""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, such as `https://example.org:443`.

    Raises:
        SpecError: when it is not an http or https URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        raise SpecError(f"{shown(url)!r} is not an http or https URL.") from None
    if not parts.hostname:
        raise SpecError(f"{shown(url)!r} names no host.")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def shown(url: str) -> str:
    """Return a URL without user, password, query and fragment, fit for a message."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer.

    Attributes:
        status: The HTTP status.
        headers: By lower-case name.
        body: The content, decompressed.
        url: Where it came from, after redirects.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    @property
    def text(self) -> str:
        """The content as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return the parsed content, or `None` where it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class _Policy:
    """What both transports share: clients, redirects, errors."""

    def __init__(self, credentials: Credentials | None = None) -> None:
        import httpx

        self._httpx = httpx
        self._credentials = dict(credentials or {})
        self._closed = False
        self._clients: dict[bool, Any] = {}

    @property
    def credentials(self) -> Credentials:
        """Headers by origin, with the cookies that came since. Never log them."""
        if (client := self._clients.get(True)) is None:
            return self._credentials
        jar = client.cookies.jar
        pairs = "; ".join(
            f"{cookie.name}={cookie.value or ''}" for cookie in jar if not cookie.secure
        )
        extra = {"cookie": pairs} if pairs else {}
        return {origin: {**headers, **extra} for origin, headers in self._credentials.items()}

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def _options(self) -> dict[str, Any]:
        return {"follow_redirects": False, "headers": {"user-agent": "hubsmith"}}

    def _headers(self, origin: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**(headers or {}), **self._credentials.get(origin, {})}

    def _timeout(self, seconds: float | None) -> httpx.Timeout:
        limit = _TIMEOUT if seconds is None else seconds
        if limit == float("inf"):
            return self._httpx.Timeout(None, connect=_CONNECT_TIMEOUT)
        return self._httpx.Timeout(limit, connect=min(limit, _CONNECT_TIMEOUT))

    def _redirected(self, response: httpx.Response, method: str, content: object) -> str | None:
        """Return where to go on, if the answer is a redirect that may be followed."""
        if response.status_code not in (301, 302, 303, 307, 308):
            return None
        target = urljoin(str(response.url), response.headers.get("location", ""))
        is_repeatable = response.status_code in (307, 308) and isinstance(content, bytes)
        if method in ("GET", "HEAD"):
            return target
        if is_repeatable and origin_of(target) == origin_of(str(response.url)):
            return target
        raise SpaceConnectionError(
            f"{method} {shown(str(response.url))} was redirected to {shown(target)}. "
            "Use that address as the source."
        )

    @contextlib.contextmanager
    def _translated(self, method: str, url: str) -> Generator[None, None, None]:
        """Turn every error of httpx into one of ours."""
        httpx, what = self._httpx, f"{method} {shown(url)}"
        try:
            yield
        except httpx.ConnectTimeout:
            raise SpaceConnectionError(f"{what}: no connection in time. Is it running?") from None
        except httpx.TimeoutException:
            raise InferenceTimeoutError(
                f"{what}: no answer in time. Try a longer timeout."
            ) from None
        except httpx.ConnectError as error:
            raise SpaceConnectionError(
                f"{what}: no connection: {error}. Is the address right, and is it running?"
            ) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise SpecError(f"{what}: this is not an http or https URL.") from None
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            # The text of this error may quote a header, and with it a token.
            raise SpaceConnectionError(
                f"{what}: a header or the token holds a character that HTTP does not allow."
            ) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            reason = str(error) or type(error).__name__
            raise SpaceConnectionError(f"{what}: the connection broke: {reason}") from None

    def _open_or_raise(self, url: str) -> None:
        if self._closed:
            raise HubsmithError(f"{shown(url)}: the client is closed. Make a new one.")


class StreamResponse:
    """An answer whose content is read piece by piece."""

    def __init__(self, policy: _Policy, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self.url = str(response.url)
        self._policy = policy
        self._response = response

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return self._policy._translated("GET", self.url)  # pyright: ignore[reportPrivateUsage]  # same module

    def iter_bytes(self) -> Iterator[bytes]:
        """Iterate over the content as it arrives, decompressed."""
        with self._translated():
            yield from self._response.iter_bytes()

    def read(self) -> Response:
        """Read the rest."""
        body = b"".join(self.iter_bytes())
        return Response(status=self.status, headers=self.headers, body=body, url=self.url)

    def close(self) -> None:
        """Close the connection."""
        self._response.close()

    def abort(self) -> None:
        """Wake a thread that waits for content; `close` does not."""
        network = self._response.extensions.get("network_stream")
        connection = network.get_extra_info("socket") if network is not None else None
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class Transport(_Policy):
    """Blocking HTTP, safe to use from several threads.

    Args:
        credentials: Headers by origin: no other origin gets them.
    """

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """Send a request and read the whole answer, whatever its status.

        Args:
            timeout: Seconds without progress until it fails; 60 by default.

        Raises:
            SpaceConnectionError: when there is no connection, or it breaks.
            InferenceTimeoutError: when there is no answer in time.
            SpecError: when the URL is not an http or https URL.
        """
        with self.stream(method, url, headers=headers, content=content, timeout=timeout) as stream:
            return stream.read()

    @contextlib.contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        timeout: float | None = None,
    ) -> Generator[StreamResponse, None, None]:
        """Send a request and read the answer piece by piece within the context."""
        opened = self.open_stream(method, url, headers=headers, content=content, timeout=timeout)
        try:
            yield opened
        finally:
            opened.close()

    def open_stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        timeout: float | None = None,
    ) -> StreamResponse:
        """Send a request; the caller closes the answer."""
        origin, target = origin_of(url), url
        for _ in range(_REDIRECTS):
            self._open_or_raise(target)
            client = self._client(origin_of(target) in self._credentials)
            with self._translated(method, target):
                request = client.build_request(
                    method,
                    target,
                    headers=self._headers(origin_of(target), headers),
                    content=content,
                    timeout=self._timeout(timeout),
                )
                response = client.send(request, stream=True)
            try:
                following = self._redirected(response, method, content)
            except HubsmithError:
                response.close()
                raise
            if following is None:
                return StreamResponse(self, response)
            response.close()
            target, headers = following, _forwarded(origin, following, headers)
        raise SpaceConnectionError(f"{method} {shown(url)}: more than {_REDIRECTS} redirects.")

    def close(self) -> None:
        """Close every connection. The transport cannot be used again."""
        self._closed = True
        for client in list(self._clients.values()):
            client.close()

    def _client(self, is_trusted: bool) -> httpx.Client:
        if is_trusted not in self._clients:
            # Two threads may both make one here; setdefault keeps the first, the other holds nothing.
            self._clients.setdefault(is_trusted, self._httpx.Client(**self._options()))
        return self._clients[is_trusted]


class AsyncStreamResponse(StreamResponse):
    """The asynchronous form of `StreamResponse`."""

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate over the content as it arrives, decompressed."""
        with self._translated():
            async for chunk in self._response.aiter_bytes():
                yield chunk

    async def aread(self) -> Response:
        """Read the rest."""
        body = b"".join([chunk async for chunk in self.aiter_bytes()])
        return Response(status=self.status, headers=self.headers, body=body, url=self.url)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._response.aclose()


class AsyncTransport(_Policy):
    """HTTP for asyncio; see `Transport`. It belongs to the event loop of its first request."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterable[bytes] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """Send a request and read the whole answer; see `Transport.request`."""
        async with self.stream(
            method, url, headers=headers, content=content, timeout=timeout
        ) as stream:
            return await stream.aread()

    @contextlib.asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterable[bytes] | None = None,
        timeout: float | None = None,
    ) -> AsyncGenerator[AsyncStreamResponse, None]:
        """Send a request and read the answer piece by piece within the context."""
        opened = await self.open_stream(
            method, url, headers=headers, content=content, timeout=timeout
        )
        try:
            yield opened
        finally:
            await opened.aclose()

    async def open_stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterable[bytes] | None = None,
        timeout: float | None = None,
    ) -> AsyncStreamResponse:
        """Send a request; the caller closes the answer."""
        origin, target = origin_of(url), url
        for _ in range(_REDIRECTS):
            self._open_or_raise(target)
            client = self._client(origin_of(target) in self._credentials)
            with self._translated(method, target):
                request = client.build_request(
                    method,
                    target,
                    headers=self._headers(origin_of(target), headers),
                    content=content,
                    timeout=self._timeout(timeout),
                )
                response = await client.send(request, stream=True)
            try:
                following = self._redirected(response, method, content)
            except HubsmithError:
                await response.aclose()
                raise
            if following is None:
                return AsyncStreamResponse(self, response)
            await response.aclose()
            target, headers = following, _forwarded(origin, following, headers)
        raise SpaceConnectionError(f"{method} {shown(url)}: more than {_REDIRECTS} redirects.")

    async def aclose(self) -> None:
        """Close every connection. The transport cannot be used again."""
        self._closed = True
        for client in list(self._clients.values()):
            await client.aclose()

    def _client(self, is_trusted: bool) -> httpx.AsyncClient:
        if is_trusted not in self._clients:
            self._clients[is_trusted] = self._httpx.AsyncClient(**self._options())
        return self._clients[is_trusted]


def _forwarded(
    origin: str, target: str, headers: Mapping[str, str] | None
) -> Mapping[str, str] | None:
    """Keep the headers of a request within its origin, and only harmless ones beyond."""
    if headers is None or origin_of(target) == origin:
        return headers
    return {name: value for name, value in headers.items() if name.lower() in _FORWARDED_HEADERS}
