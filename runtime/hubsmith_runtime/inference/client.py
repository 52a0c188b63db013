"""The clients that generated ones stand on: `InferenceBase` and `AsyncInferenceBase`."""

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
    """Runs models by any provider, or at a URL. Safe to use from several threads.

    The generated client describes the arguments. The Hub's address is that of `HF_ENDPOINT`, the
    router's that of `HUBSMITH_ROUTER`. A client belongs to the process that made it. Pickled, it
    becomes one that connects anew, without token, headers and cookies, and without the user, the
    password and the query of a URL.

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
        return self._drivers[0]  # The first, should two threads have made one.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used again; streams under way end."""
        self._driver.close()

    @property
    def with_raw_response(self) -> RawCalls:
        """The same methods, which return a `RawResponse`: headers, body, and `parse()`."""
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
        """Make many calls at the same time, and iterate over what is done as it comes.

        Args:
            requests: Requests of one task, such as `SummarizationRequest(...)`, or pairs of an id
                and a request. They are pulled as places free up.
            model: The model of all of them; by default that of the client.
            **options: How many at once, the file to go on from, and what happens to failures; see
                `hubsmith_bulk.MapOptions`.
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
        """Send anything to a model of hf-inference, or to a server's URL as it is.

        Args:
            json: The body, as a value that becomes JSON.
            data: The body, as a file in any of the forms that file arguments take.
            model: A model's id or a server's URL; default: that of the client.
            task: Names the recommended model where there is none.
            timeout: Seconds that it may take; default: that of the client.
            extra_headers: Sent beside those of the client.

        Raises:
            InferenceError: when the server answers with an error.
            InferenceTimeoutError: when there is no answer in time.
        """
        seconds = self._seconds(timeout)
        return self._driver.call(self._post(json, data, model, task, extra_headers), seconds)

    def get_endpoint_info(self, *, model: str | None = None) -> dict[str, Any]:
        """Return what a text-generation or text-embeddings server says about itself.

        Args:
            model: The server's URL, or a model of hf-inference; default: that of the client.

        Raises:
            InferenceError: when the server has no such route.
        """
        return self._driver.run(self._endpoint_info(model), self.timeout)

    def health_check(self, model: str | None = None) -> bool:
        """Return whether a server says that it is well; `False` also where there is none.

        Args:
            model: The server's URL; default: that of the client.

        Raises:
            ValidationError: when the model is not a URL.
            InferenceTimeoutError: when there is no answer within the client's timeout.
        """
        return self._driver.run(self._health(model), self.timeout)


class AsyncInferenceBase(BaseInference):
    """The same for asyncio; see `InferenceBase`. Close it, best by `async with`.

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
        """Close the connections. The client cannot be used again; streams under way end."""
        await self._driver.close()

    @property
    def with_raw_response(self) -> AsyncRawCalls:
        """The same methods, which return a `RawResponse`: headers, body, and `parse()`."""
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
        """Make many calls at once; see `InferenceBase.map`. The input may be asynchronous."""
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
        """Send anything to a model or a server; see `InferenceBase.post`."""
        seconds = self._seconds(timeout)
        return await self._driver.call(self._post(json, data, model, task, extra_headers), seconds)

    async def get_endpoint_info(self, *, model: str | None = None) -> dict[str, Any]:
        """Return what a server says about itself; see `InferenceBase.get_endpoint_info`."""
        return await self._driver.run(self._endpoint_info(model), self.timeout)

    async def health_check(self, model: str | None = None) -> bool:
        """Return whether a server says that it is well; see `InferenceBase.health_check`."""
        return await self._driver.run(self._health(model), self.timeout)
