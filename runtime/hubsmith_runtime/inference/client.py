"""The base classes of generated clients: `InferenceBase` and `AsyncInferenceBase`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .base import SILENCE, BaseInference
from .raw import AsyncRawCalls, RawCalls, RawResponse

if TYPE_CHECKING:
    import hubsmith_bulk as bulk
    from typing_extensions import Self, Unpack

    from ..async_driver import AsyncDriver
    from ..driver import Driver
    from ..files import FileInput
    from .options import CallOptions
    from .stream import AsyncStream, Stream
    from .task import TaskRequest

R = TypeVar("R")
C = TypeVar("C")


def _run(client: BaseInference, requests: Any, model: str | None, options: bulk.MapOptions) -> Any:
    from hubsmith_bulk import map_model

    from .options import CallOptions

    return map_model(client, requests, options, CallOptions(model=model))


class InferenceBase(BaseInference):
    """Runs models at any provider, or at a URL. It is thread-safe.

    The generated client describes the arguments. `HF_ENDPOINT` is the Hub's address, and
    `HUBSMITH_ROUTER` the router's. A client belongs to the process that created it. An unpickled
    copy connects again, without the token, headers and cookies of the original, and without the
    user, password and query of a URL.

    Raises:
        ArgumentError: when two names of one argument are given, or a provider is combined with a
            URL; also a `ValueError` and a `TypeError`.
    """

    @property
    def _driver(self) -> Driver:
        if not self._drivers:
            from ..driver import Driver
            from ..transport import Origins

            self._drivers.append(Driver(Origins(silence=SILENCE), self._limit()))
        return self._drivers[0]  # The first, if two threads created one.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used again; open streams end."""
        self._driver.close()

    @property
    def with_raw_response(self) -> RawCalls:
        """The same methods, returning a `RawResponse`: headers, body and `parse()`."""
        return RawCalls(self._raw_form())

    def _run(self, request: TaskRequest[R], options: CallOptions) -> R:
        seconds = self._seconds(options.timeout)
        return self._result(request, self._driver.call(self._call(request, options), seconds))

    def _stream(self, request: TaskRequest[Any], chunk: type[C], options: CallOptions) -> Stream[C]:
        from .stream import Stream

        seconds = self._seconds(options.timeout)
        body, callee = self._driver.call(self._open(request, options), seconds)
        return self._or_raw(Stream(self._driver, body, chunk, callee, seconds), body)

    def map(
        self,
        requests: bulk.Rows[TaskRequest[R]],
        *,
        model: str | None = None,
        **options: Unpack[bulk.MapOptions],
    ) -> bulk.Run[R]:
        """Make many calls at once, and iterate over the results as they complete.

        Args:
            requests: Requests of one task, such as `SummarizationRequest(...)`, or pairs of an id
                and a request. They are consumed as earlier calls complete.
            model: The model for all calls; the client's by default.
            **options: The number of concurrent calls, the journal to resume from, and how failures
                are handled; see `hubsmith_bulk.MapOptions`.
        """
        return _run(self, requests, model, options)

    def post(
        self,
        *,
        json: Any = None,
        data: FileInput | None = None,
        model: str | None = None,
        task: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> RawResponse[Any]:
        """Send any body to a model of hf-inference, or to a server's exact URL.

        Args:
            json: The body, as a value that is encoded as JSON.
            data: The body, as a file in any form that file arguments accept.
            model: A model's id or a server's URL; the client's by default.
            task: Chooses the recommended model of this task if no model is given.
            timeout: Seconds that the call may take; the client's by default.
            extra_headers: Headers in addition to the client's.

        Raises:
            InferenceError: when the server answers with an error.
            InferenceTimeoutError: when there is no answer in time.
        """
        seconds = self._seconds(timeout)
        return self._driver.call(self._post(json, data, model, task, extra_headers), seconds)

    def get_endpoint_info(self, *, model: str | None = None) -> dict[str, Any]:
        """Return what a text-generation or text-embeddings server says about itself.

        Args:
            model: The server's URL, or a model of hf-inference; the client's by default.

        Raises:
            InferenceError: when the server has no such route.
        """
        return self._driver.run(self._endpoint_info(model), self.timeout)

    def health_check(self, model: str | None = None) -> bool:
        """Return whether a server reports that it is healthy; `False` also if it is unreachable.

        Args:
            model: The server's URL; the client's by default.

        Raises:
            ValidationError: when the model is not a URL.
            InferenceTimeoutError: when there is no answer within the client's timeout.
        """
        return self._driver.run(self._health(model), self.timeout)


class AsyncInferenceBase(BaseInference):
    """The same for asyncio; see `InferenceBase`. Close it, preferably with `async with`.

    A client belongs to one event loop. Cancelling a call ends its requests and its polling.
    """

    @property
    def _driver(self) -> AsyncDriver:
        if not self._drivers:
            from ..async_driver import AsyncDriver
            from ..transport import Origins

            self._drivers.append(AsyncDriver(Origins(silence=SILENCE), self._limit()))
        return self._drivers[0]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. The client cannot be used again; open streams end."""
        await self._driver.close()

    @property
    def with_raw_response(self) -> AsyncRawCalls:
        """The same methods, returning a `RawResponse`: headers, body and `parse()`."""
        return AsyncRawCalls(self._raw_form())

    async def _run(self, request: TaskRequest[R], options: CallOptions) -> R:
        seconds = self._seconds(options.timeout)
        response = await self._driver.call(self._call(request, options), seconds)
        return self._result(request, response)

    async def _stream(
        self, request: TaskRequest[Any], chunk: type[C], options: CallOptions
    ) -> AsyncStream[C]:
        from .stream import AsyncStream

        seconds = self._seconds(options.timeout)
        body, callee = await self._driver.call(self._open(request, options), seconds)
        return self._or_raw(AsyncStream(self._driver, body, chunk, callee, seconds), body)

    def map(
        self,
        requests: bulk.AsyncRows[TaskRequest[R]],
        *,
        model: str | None = None,
        **options: Unpack[bulk.MapOptions],
    ) -> bulk.AsyncRun[R]:
        """Make many calls at once; see `InferenceBase.map`. `requests` may be asynchronous."""
        return _run(self, requests, model, options)

    async def post(
        self,
        *,
        json: Any = None,
        data: FileInput | None = None,
        model: str | None = None,
        task: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> RawResponse[Any]:
        """Send any body to a model or a server; see `InferenceBase.post`."""
        seconds = self._seconds(timeout)
        return await self._driver.call(self._post(json, data, model, task, extra_headers), seconds)

    async def get_endpoint_info(self, *, model: str | None = None) -> dict[str, Any]:
        """Return what a server says about itself; see `InferenceBase.get_endpoint_info`."""
        return await self._driver.run(self._endpoint_info(model), self.timeout)

    async def health_check(self, model: str | None = None) -> bool:
        """Return whether a server reports that it is healthy; see `InferenceBase.health_check`."""
        return await self._driver.run(self._health(model), self.timeout)
