"""`InferenceBase`: the blocking client that the generated one stands on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import HubsmithError, InferenceTimeoutError, ValidationError
from .._http import Exchange, Response, shown
from .._transport import StreamResponse, Transport
from ._calls import BaseInference
from ._endpoints import endpoint_info, health, is_url
from ._raw import RawCalls, RawResponse, noted

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .._http import Options
    from ._arguments import ContentInput
    from ._stream import Stream
    from ._task import TaskRequest

R = TypeVar("R")
C = TypeVar("C")


class InferenceTransport(Transport):
    """A transport whose requests may take `timeout` seconds in all, however they trickle in."""

    def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Send a request and read the whole answer, whatever its status."""
        seconds = options.get("timeout", float("inf"))
        options["timeout"] = seconds
        deadline = time.monotonic() + seconds
        with self.stream(method, url, **options) as stream:
            body = bytearray()
            for part in stream.iter_bytes():
                body += part
                if time.monotonic() > deadline:
                    raise InferenceTimeoutError(
                        f"{method} {shown(url)}: the answer was not complete in time. "
                        "Try a longer timeout."
                    )
            return Response(
                status=stream.status, headers=stream.headers, body=bytes(body), url=stream.url
            )

    def __del__(self) -> None:
        # A client that nobody closed leaves no socket open; a stream under way keeps this alive.
        with contextlib.suppress(Exception):
            self.close()


class InferenceBase(BaseInference[InferenceTransport]):
    """Runs models by any provider, or at a URL. Safe to use from several threads.

    Args:
        model: A model's id at the Hub, perhaps with `:fastest`, `:cheapest` or `:` and a provider's
            name behind it, or the URL of a server. By default each task has its recommended one.
        provider: Who runs the model, such as `together`; `auto` for the first of the model's
            providers in the order that you set at the Hub; chats are sent to the router, which
            chooses. By default `hf-inference` where there is no model or it is a URL, else `auto`.
        token: A token of the Hub, whose calls go through its router, or the provider's own key.
            By default the saved token; a server that is given by its URL sees that only at
            `*.endpoints.huggingface.cloud`. An empty string for none.
        timeout: Seconds that a call may take in all, waiting for the model to load included; for a
            stream the seconds until each next chunk. `None` for no limit.
        headers: Sent with each call, and to nobody else: not to the Hub or to hosts of media.
        cookies: Sent like `headers`.
        bill_to: The organisation that pays for calls through the router.
        base_url: Another name for `model`, as openai's client has it.
        api_key: Another name for `token`.
        max_retries: How often a call is tried again after a broken connection or an answer of 429,
            500, 502 or 503. A model that loads is waited for in any case.
        on_progress: Called with an `InferenceProgress` while a job is not done.

    Raises:
        ArgumentError: when two names of one argument are given, a token is no string, or a
            provider is combined with a URL; also a `ValueError` and a `TypeError`.

    The Hub's address is that of `HF_ENDPOINT`, the router's that of `HUBSMITH_ROUTER`.
    """

    def _new_transport(self) -> InferenceTransport:
        return InferenceTransport()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used again; streams under way end."""
        if (transport := self._lazy.take()) is not None:
            transport.close()

    @property
    def with_raw_response(self) -> RawCalls:
        """The same methods, which return a `RawResponse`: headers, body, and `parse()`."""
        return RawCalls(self._raw_form())

    def _run(
        self,
        request: TaskRequest[R],
        *,
        model: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        from ._result import decode

        transport = self._lazy.get()
        calling = self._calling(request, model, timeout, extra_headers, extra_body)
        if not self._is_raw:
            return decode(request, transport.converse(calling))
        reply, answer = transport.converse(noted(calling))
        raw: Any = RawResponse(
            status=answer.status,
            headers=answer.headers,
            content=answer.body,
            parse=lambda: decode(request, reply),
        )
        return raw

    def _stream(
        self,
        request: TaskRequest[Any],
        chunk: type[C],
        *,
        model: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> Stream[C]:
        from ._stream import Stream

        transport, deadline = self._lazy.get(), self._deadline(timeout)
        opening = self._opening(request, model, deadline, extra_headers, extra_body)
        asked, callee = transport.converse(opening)
        response = self._open(transport, self._sent(asked, callee, deadline))
        stream = Stream(response, chunk, callee, keep=transport)
        if not self._is_raw:
            return stream
        raw: Any = RawResponse(
            status=stream.status, headers=stream.headers, content=b"", parse=lambda: stream
        )
        return raw

    def _open(self, transport: InferenceTransport, exchange: Exchange[Response]) -> StreamResponse:
        """Send a request as `exchange` wants it, and leave the first good answer unread."""
        with contextlib.closing(exchange):
            asked = next(exchange)
            while True:
                if asked.after > 0:
                    transport.pause(asked.after)
                try:
                    stream = transport.stream(asked.method, asked.url, **asked.options)
                    if 200 <= stream.status < 300:
                        return stream
                    with stream:
                        answer = stream.read()
                except HubsmithError as error:
                    asked = exchange.throw(error)
                else:
                    asked = exchange.send(answer)

    def post(
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
        posting = self._posting(json, data, model, task, timeout, extra_headers)
        return RawResponse.of(self._lazy.get().converse(posting))

    def get_endpoint_info(self, *, model: str | None = None) -> dict[str, Any]:
        """Return what a text-generation or text-embeddings server says about itself.

        Args:
            model: The server's URL, or a model of hf-inference; default: that of the client.

        Raises:
            InferenceError: when the server has no such route.
        """
        request, callee = self._asking("/info", model, "get_endpoint_info")
        deadline = self._deadline(None)
        exchange = endpoint_info(request, callee, self._retries, deadline)
        return self._lazy.get().converse(exchange)

    def health_check(self, model: str | None = None) -> bool:
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
        return self._lazy.get().converse(health(request, self._deadline(None)))
