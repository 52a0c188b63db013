"""HTTP: the one module that knows httpx, which is imported when the first transport is made.

Credentials belong to origins (scheme, host and port). Each such origin has a client of its own,
and with it cookies of its own. A request to any other origin, by redirect or because an answer
names it, goes through a client that has neither our headers nor our cookies.
"""

from __future__ import annotations

import abc
import contextlib
import functools
import socket
import threading
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urljoin

from ._errors import (
    ConnectionTimeoutError,
    HubsmithError,
    InferenceTimeoutError,
    SpaceConnectionError,
    SpecError,
)
from ._http import Exchange, Options, Response, origin_of, shown

if TYPE_CHECKING:
    import ssl
    from types import ModuleType

    import httpx
    from typing_extensions import Self, Unpack

T = TypeVar("T")

_TIMEOUT = 60.0
_CONNECT_TIMEOUT = 10.0
_REDIRECTS = 5
_FORWARDED_HEADERS = ("accept", "range")

Credentials: TypeAlias = Mapping[str, Mapping[str, str]]
"""Headers by the origin that may see them."""


class _Policy(abc.ABC):
    """What both transports share: clients, credentials, redirects, errors."""

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        verify: bool | ssl.SSLContext = True,
        patience: float | None = None,
    ) -> None:
        import httpx

        self._httpx = httpx
        self._verify = verify
        self._patience = _TIMEOUT if patience is None else min(patience, _TIMEOUT)
        self._parsed = functools.lru_cache(maxsize=256)(httpx.URL)
        self._unlimited = httpx.Timeout(None, connect=_CONNECT_TIMEOUT)
        self._allowed = dict(credentials or {})
        self._clients: dict[str, Any] = {}
        self._usual: Mapping[str, str] = {}  # The headers that every client sends.
        self.is_closed = False
        self._making = threading.Lock()
        self._ended = threading.Event()  # Ends every wait of another thread.

    @property
    def credentials(self) -> Credentials:
        """Headers by origin, with the cookies that came since. Never log them."""
        found: dict[str, Mapping[str, str]] = {}
        for origin, headers in self._allowed.items():
            jar = self._clients[origin].cookies.jar if origin in self._clients else ()
            pairs = "; ".join(f"{c.name}={c.value or ''}" for c in jar if not c.secure)
            found[origin] = {**headers, "cookie": pairs} if pairs else headers
        return found

    @classmethod
    def like(cls, other: _Policy | None) -> Self:
        """Make another transport with the same credentials."""
        if other is None:
            return cls()
        return cls(other.credentials, verify=other._verify, patience=other._patience)

    def allow(self, credentials: Credentials) -> None:
        """Add origins, with the headers that each may see."""
        self._allowed.update(credentials)

    @abc.abstractmethod
    def _new_client(self, **options: Any) -> Any: ...

    def _attempts(
        self, method: str, url: str, options: Options
    ) -> Generator[tuple[Any, httpx.Request], httpx.Response, None]:
        """Yield a request and the client to send it with; sent a redirect, yield the next."""
        first, target = origin_of(url), url
        headers = options.get("headers", {})
        for _ in range(_REDIRECTS):
            if self.is_closed:
                raise HubsmithError(f"{shown(target)}: the client is closed. Make a new one.")
            origin = origin_of(target)
            if origin != first:  # Only harmless headers go beyond the origin they were meant for.
                headers = {k: v for k, v in headers.items() if k.lower() in _FORWARDED_HEADERS}
            with self._translated(method, target):
                client = self._client(origin)
                request = self._request(
                    client, method, target, {**self._own_headers(origin), **headers}, options
                )
            response = yield client, request
            target = self._redirected(response, method, is_repeatable="files" not in options)
        raise SpaceConnectionError(f"{method} {shown(url)}: more than {_REDIRECTS} redirects.")

    def _request(
        self, client: Any, method: str, url: str, headers: Mapping[str, str], options: Options
    ) -> httpx.Request:
        timeout = self._timeout(options.get("timeout", self._patience))
        if "files" in options or len(client.cookies.jar):
            return client.build_request(
                method,
                url,
                headers=headers,
                content=options.get("content"),
                files=options.get("files"),
                timeout=timeout,
            )
        # The same, without what costs time and would find nothing to merge.
        target, content = self._parsed(url), options.get("content")
        known = {"host": target.netloc.decode("ascii"), **self._usual}
        if content is not None:
            known["content-length"] = str(len(content))
        elif method in ("POST", "PUT", "PATCH"):
            known["content-length"] = "0"
        return self._httpx.Request(
            method,
            target,
            headers={**known, **{name.lower(): headers[name] for name in headers}},
            stream=self._httpx.ByteStream(content or b""),
            extensions={"timeout": timeout.as_dict()},
        )

    def _received(
        self, client: Any, request: httpx.Request, response: httpx.Response
    ) -> httpx.Response:
        """Do with an answer what a client does. `client.send` takes a tenth of a call's time."""
        response.request = request
        if "set-cookie" in response.headers:
            client.cookies.extract_cookies(response)
        return response

    def _client(self, origin: str) -> Any:
        key = origin if origin in self._allowed else ""
        if key not in self._clients:
            with self._making:  # Loading the certificates is slow, so that no thread does it twice.
                if key not in self._clients:
                    self._clients[key] = self._made_client(key, origin)
        return self._clients[key]

    def _made_client(self, key: str, origin: str) -> Any:
        client = self._new_client(
            follow_redirects=False, headers={"user-agent": "hubsmith"}, verify=self._verify
        )
        for pair in self._allowed.get(key, {}).get("cookie", "").split("; "):
            if pair:  # As if the server had set it, so that the server can replace it.
                answer = self._httpx.Response(
                    200,
                    headers={"set-cookie": f"{pair}; Path=/"},
                    request=self._httpx.Request("GET", origin),
                )
                client.cookies.extract_cookies(answer)
        self._usual = dict(client.headers.items())
        return client

    def _own_headers(self, origin: str) -> dict[str, str]:
        headers = self._allowed.get(origin, {})
        return {name: value for name, value in headers.items() if name != "cookie"}

    def _timeout(self, seconds: float) -> httpx.Timeout:
        if seconds == float("inf"):
            return self._unlimited
        return self._httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))

    def _redirected(self, response: httpx.Response, method: str, *, is_repeatable: bool) -> str:
        """Return where a redirect leads, if it may be followed."""
        source = str(response.url)
        target = urljoin(source, response.headers["location"])
        is_same = response.status_code in (307, 308) and origin_of(target) == origin_of(source)
        if method in ("GET", "HEAD") or (is_same and is_repeatable):
            return target
        raise SpaceConnectionError(
            f"{method} {shown(source)} was redirected to {shown(target)}. "
            "Use that address as the source."
        )

    def _translated(self, method: str, url: object) -> _Translated:
        return _Translated(self._httpx, method, url)


class _Translated:
    """A context that turns every error of httpx into one of ours; it may be entered again."""

    __slots__ = ("_httpx", "_method", "_url")

    def __init__(self, httpx: ModuleType, method: str, url: object) -> None:
        self._httpx: Any = httpx
        self._method = method
        self._url = url

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and (ours := self._ours(error)) is not None:
            raise ours from None

    def _ours(self, error: BaseException) -> HubsmithError | None:
        httpx, what = self._httpx, f"{self._method} {shown(str(self._url))}"
        if isinstance(error, httpx.ConnectTimeout):
            late = ConnectionTimeoutError(f"{what}: no connection in time. Is it running?")
            late.was_sent = False
            return late
        if isinstance(error, httpx.TimeoutException):
            return InferenceTimeoutError(f"{what}: no answer in time. Try a longer timeout.")
        if isinstance(error, httpx.ConnectError):
            unsent = SpaceConnectionError(
                f"{what}: no connection: {error}. Is the address right, and is it running?"
            )
            unsent.was_sent = False
            return unsent
        if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
            return SpecError(f"{what}: this is not an http or https URL.")
        if isinstance(error, (httpx.LocalProtocolError, UnicodeEncodeError)):
            # The text of this error may quote a header, and with it a token.
            return SpaceConnectionError(
                f"{what}: a header or the token holds a character that HTTP does not allow."
            )
        if isinstance(error, (httpx.HTTPError, httpx.StreamError)):
            reason = str(error) or type(error).__name__
            return SpaceConnectionError(f"{what}: the connection broke: {reason}")
        return None


class StreamResponse:
    """An answer whose content is read piece by piece, once; a context that closes it."""

    def __init__(
        self, translated: contextlib.AbstractContextManager[None], response: httpx.Response
    ) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers.items())  # One pass, unlike dict().
        self.url = str(response.url)
        self._translated = translated
        self._response = response

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def iter_bytes(self) -> Iterator[bytes]:
        """Iterate over the content as it arrives, decompressed."""
        with self._translated:
            yield from self._response.iter_bytes()

    def read(self) -> Response:
        """Read the rest."""
        return self._whole(b"".join(self.iter_bytes()))

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

    def _whole(self, body: bytes) -> Response:
        return Response(status=self.status, headers=self.headers, body=body, url=self.url)


class Transport(_Policy):
    """Blocking HTTP, safe to use from several threads."""

    def _new_client(self, **options: Any) -> httpx.Client:
        return self._httpx.Client(**options)

    def stream(self, method: str, url: str, **options: Unpack[Options]) -> StreamResponse:
        """Send a request, follow redirects, and read the answer piece by piece."""
        attempts = self._attempts(method, url, options)
        client, request = next(attempts)
        while True:
            with self._translated(method, request.url):
                response = self._send(client, request)
            if not response.has_redirect_location:
                return StreamResponse(self._translated("GET", response.url), response)
            response.close()
            client, request = attempts.send(response)

    def _send(self, client: Any, request: httpx.Request) -> httpx.Response:
        if request.url.userinfo:
            return client.send(request, stream=True)
        transport = client._transport_for_url(request.url)  # Perhaps that of a proxy.
        return self._received(client, request, transport.handle_request(request))

    def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Send a request and read the whole answer, whatever its status; see `stream`."""
        with self.stream(method, url, **options) as stream:
            return stream.read()

    def converse(self, exchange: Exchange[T]) -> T:
        """Send what an exchange asks for, and return what it comes to."""
        with contextlib.closing(exchange):
            try:
                asked = next(exchange)
                while True:
                    if asked.after > 0:
                        self.pause(asked.after)
                    try:
                        answer = self.request(asked.method, asked.url, **asked.options)
                    except HubsmithError as error:
                        asked = exchange.throw(error)
                    else:
                        asked = exchange.send(answer)
            except StopIteration as end:
                return end.value

    def pause(self, seconds: float) -> None:
        """Wait, or until the transport is closed."""
        self._ended.wait(seconds)

    def close(self) -> None:
        """Close every connection. The transport cannot be used again."""
        self.is_closed = True
        self._ended.set()
        for client in list(self._clients.values()):
            client.close()


class AsyncStreamResponse(StreamResponse):
    """The asynchronous form of `StreamResponse`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate over the content as it arrives, decompressed."""
        with self._translated:
            async for chunk in self._response.aiter_bytes():
                yield chunk

    async def aread(self) -> Response:
        """Read the rest."""
        return self._whole(b"".join([chunk async for chunk in self.aiter_bytes()]))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._response.aclose()


class AsyncTransport(_Policy):
    """HTTP for asyncio; see `Transport`. It belongs to the event loop of its first request."""

    def _new_client(self, **options: Any) -> httpx.AsyncClient:
        return self._httpx.AsyncClient(**options)

    async def stream(
        self, method: str, url: str, **options: Unpack[Options]
    ) -> AsyncStreamResponse:
        """Send a request and read the answer piece by piece; see `Transport.stream`."""
        attempts = self._attempts(method, url, options)
        client, request = next(attempts)
        while True:
            with self._translated(method, request.url):
                response = await self._send(client, request)
            if not response.has_redirect_location:
                return AsyncStreamResponse(self._translated("GET", response.url), response)
            await response.aclose()
            client, request = attempts.send(response)

    async def _send(self, client: Any, request: httpx.Request) -> httpx.Response:
        if request.url.userinfo:
            return await client.send(request, stream=True)
        transport = client._transport_for_url(request.url)
        response = await transport.handle_async_request(request)
        return self._received(client, request, response)

    async def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Send a request and read the whole answer; see `Transport.request`."""
        async with await self.stream(method, url, **options) as stream:
            return await stream.aread()

    async def converse(self, exchange: Exchange[T]) -> T:
        """Send what an exchange asks for, and return what it comes to."""
        with contextlib.closing(exchange):
            try:
                asked = next(exchange)
                while True:
                    if asked.after > 0:
                        await self.pause(asked.after)
                    try:
                        answer = await self.request(asked.method, asked.url, **asked.options)
                    except HubsmithError as error:
                        asked = exchange.throw(error)
                    else:
                        asked = exchange.send(answer)
            except StopIteration as end:
                return end.value

    async def pause(self, seconds: float) -> None:
        """Wait without blocking the event loop."""
        import asyncio

        await asyncio.sleep(seconds)

    async def aclose(self) -> None:
        """Close every connection. The transport cannot be used again."""
        self.is_closed = True
        for client in list(self._clients.values()):
            await client.aclose()
