"""`AsyncInferenceBase`: the same client for asyncio."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import HubsmithError, InferenceTimeoutError, ValidationError
from .._http import Exchange, Response, shown
from .._transport import AsyncStreamResponse, AsyncTransport
from ._calls import BaseInference
from ._content import Content
from ._endpoints import endpoint_info, health, is_url
from ._raw import AsyncRawCalls, RawResponse, noted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self, Unpack

    from .._http import Options
    from ._arguments import ContentInput
    from ._stream import AsyncStream
    from ._task import TaskRequest

R = TypeVar("R")
C = TypeVar("C")

_STEPS = 1000  # More than closing all of a client's connections takes.


class AsyncInferenceTransport(AsyncTransport):
    """A transport whose requests may take `timeout` seconds in all, however they trickle in."""

    async def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Send a request and read the whole answer, whatever its status."""
        seconds = options.get("timeout", float("inf"))
        options["timeout"] = seconds
        if seconds == float("inf"):
            return await super().request(method, url, **options)
        import asyncio

        try:
            # A moment more, so that the transport can say what it waited for.
            return await asyncio.wait_for(
                super().request(method, url, **options), seconds * 1.01 + 0.01
            )
        except asyncio.TimeoutError:  # another class before Python 3.11
            raise InferenceTimeoutError(
                f"{method} {shown(url)}: the answer was not complete in time. Try a longer timeout."
            ) from None

    def __del__(self) -> None:
        # A client that nobody closed leaves no socket open, as far as that is possible without
        # waiting: the steps of closing wait for nothing but their turn.
        for client in self._clients.values():
            closing = client.aclose()
            with contextlib.suppress(BaseException):
                for _ in range(_STEPS):
                    if closing.send(None) is not None:
                        break
            with contextlib.suppress(BaseException):
                closing.close()


class AsyncInferenceBase(BaseInference[AsyncInferenceTransport]):
    """Runs models by any provider, or at a URL, for asyncio; see `InferenceBase`.

    A client belongs to one event loop. Cancelling a call ends its requests and its polling.
    """

    def _new_transport(self) -> AsyncInferenceTransport:
        return AsyncInferenceTransport()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. The client cannot be used again; streams under way end."""
        if (transport := self._lazy.take()) is not None:
            await transport.aclose()

    @property
    def with_raw_response(self) -> AsyncRawCalls:
        """The same methods, which return a `RawResponse`: headers, body, and `parse()`."""
        return AsyncRawCalls(self._raw_form())

    async def _run(
        self,
        request: TaskRequest[R],
        *,
        model: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        from ._result import decode, unread

        transport = self._lazy.get()
        await _read(unread(request))
        calling = self._calling(request, model, timeout, extra_headers, extra_body)
        if not self._is_raw:
            return decode(request, await transport.converse(calling))
        reply, answer = await transport.converse(noted(calling))
        raw: Any = RawResponse(
            status=answer.status,
            headers=answer.headers,
            content=answer.body,
            parse=lambda: decode(request, reply),
        )
        return raw

    async def _stream(
        self,
        request: TaskRequest[Any],
        chunk: type[C],
        *,
        model: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> AsyncStream[C]:
        from ._result import unread
        from ._stream import AsyncStream

        transport, deadline = self._lazy.get(), self._deadline(timeout)
        await _read(unread(request))
        opening = self._opening(request, model, deadline, extra_headers, extra_body)
        asked, callee = await transport.converse(opening)
        response = await self._open(transport, self._sent(asked, callee, deadline))
        stream = AsyncStream(response, chunk, callee, keep=transport)
        if not self._is_raw:
            return stream
        raw: Any = RawResponse(
            status=stream.status, headers=stream.headers, content=b"", parse=lambda: stream
        )
        return raw

    async def _open(
        self, transport: AsyncInferenceTransport, exchange: Exchange[Response]
    ) -> AsyncStreamResponse:
        """Send a request as `exchange` wants it, and leave the first good answer unread."""
        with contextlib.closing(exchange):
            asked = next(exchange)
            while True:
                if asked.after > 0:
                    await transport.pause(asked.after)
                try:
                    stream = await transport.stream(asked.method, asked.url, **asked.options)
                    if 200 <= stream.status < 300:
                        return stream
                    async with stream:
                        answer = await stream.aread()
                except HubsmithError as error:
                    asked = exchange.throw(error)
                else:
                    asked = exchange.send(answer)

    async def post(
        self,
        *,
        json: Any = None,
        data: ContentInput | None = None,
        model: str | None = None,
        task: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> RawResponse[Any]:
        """Send anything to a model of hf-inference, or to a server's URL as it is.

        Args:
            json: The body, as a value that becomes JSON.
            data: The body, as a file in any of the forms that file arguments take.
            model: A model's id or a server's URL; default: that of the client.
            task: Names the recommended model where there is none.
            timeout: Seconds that it may take; default: that of the client.
            extra_headers: Sent beside those of the client.

        Returns:
            The answer: `.content`, `.json()`, `.headers`, `.status`.

        Raises:
            InferenceError: when the server answers with an error.
            InferenceTimeoutError: when there is no answer in time.
        """
        transport = self._lazy.get()
        file = None if data is None else Content.of(data)
        if file is not None and file.is_local and not file.is_read:
            await _read([file])
        posting = self._posting(json, file, model, task, timeout, extra_headers)
        return RawResponse.of(await transport.converse(posting))

    async def get_endpoint_info(self, *, model: str | None = None) -> dict[str, Any]:
        """Return what a text-generation or text-embeddings server says about itself.

        Args:
            model: The server's URL, or a model of hf-inference; default: that of the client.

        Raises:
            InferenceError: when the server has no such route.
        """
        request, callee = self._asking("/info", model, "get_endpoint_info")
        deadline = self._deadline(None)
        exchange = endpoint_info(request, callee, self._retries, deadline)
        return await self._lazy.get().converse(exchange)

    async def health_check(self, model: str | None = None) -> bool:
        """Return whether a server says that it is well; `False` also where there is none.

        Args:
            model: The server's URL; default: that of the client.

        Raises:
            ValidationError: when the model is not a URL.
            InferenceTimeoutError: when there is no answer within the client's timeout.
        """
        if not is_url(model or self.model):
            raise ValidationError("health_check: model: pass the URL of a server.")
        request, _ = self._asking("/health", model, "health_check")
        return await self._lazy.get().converse(health(request, self._deadline(None)))


async def _read(files: Iterable[Content]) -> None:
    """Read files without blocking the event loop."""
    for file in files:
        import asyncio

        await asyncio.to_thread(file.read)
