"""The clients: `InferenceBase` and `AsyncInferenceBase`, which generated ones stand on, `InferenceApi`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ArgumentError
from ..http import shown
from .base import SILENCE, BaseInference
from .hub import HF_INFERENCE
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

            self._drivers.append(Driver(Origins(silence=SILENCE)))
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
        return self._result(request, self._driver.run(self._call(request, options), seconds))

    def _stream(self, request: TaskRequest[Any], chunk: type[C], options: CallOptions) -> Stream[C]:
        from .stream import Stream

        seconds = self._seconds(options.timeout)
        body, callee = self._driver.run(self._open(request, options), seconds)
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
        return self._driver.run(self._post(json, data, model, task, extra_headers), seconds)

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

            self._drivers.append(AsyncDriver(Origins(silence=SILENCE)))
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
        response = await self._driver.run(self._call(request, options), seconds)
        return self._result(request, response)

    async def _stream(
        self, request: TaskRequest[Any], chunk: type[C], options: CallOptions
    ) -> AsyncStream[C]:
        from .stream import AsyncStream

        seconds = self._seconds(options.timeout)
        body, callee = await self._driver.run(self._open(request, options), seconds)
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
        return await self._driver.run(self._post(json, data, model, task, extra_headers), seconds)

    async def get_endpoint_info(self, *, model: str | None = None) -> dict[str, Any]:
        """Return what a server says about itself; see `InferenceBase.get_endpoint_info`."""
        return await self._driver.run(self._endpoint_info(model), self.timeout)

    async def health_check(self, model: str | None = None) -> bool:
        """Return whether a server says that it is well; see `InferenceBase.health_check`."""
        return await self._driver.run(self._health(model), self.timeout)


class InferenceApi:
    """The call style of old: one model of hf-inference takes anything, and answers with JSON.

    `InferenceClient` has a typed method per task; prefer it.

    Args:
        repo_id: The model's id at the Hub, or the URL of a server.
        task: What the model is asked to do; only models that do several things need it.
        token: A token of the Hub; the saved one by default.
        gpu: Asks for a GPU, where the server takes that option.
        timeout: Seconds that a call may take; `None` for no limit.
    """

    def __init__(
        self,
        repo_id: str,
        task: str | None = None,
        token: str | None = None,
        gpu: bool = False,
        *,
        timeout: float | None = None,
    ) -> None:
        self.task = task
        self.options: dict[str, Any] = {"use_gpu": True} if gpu else {}
        self._client = InferenceBase(repo_id, provider=HF_INFERENCE, token=token, timeout=timeout)

    @property
    def repo_id(self) -> str:
        """The model's id at the Hub, or the URL of a server."""
        return self._client.model or ""

    def __call__(
        self,
        inputs: str | Mapping[str, Any] | list[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        data: FileInput | None = None,
        raw_response: bool = False,
    ) -> Any:
        """Call the model.

        Args:
            inputs: What it is asked.
            params: Its parameters.
            data: A file that is sent as it is, instead of `inputs` and `params`.
            raw_response: Whether to return the `RawResponse` as it came.

        Returns:
            The parsed JSON, or a PIL image where the answer is one.

        Raises:
            InferenceError: when the server answers with an error.
        """
        given = {"inputs": inputs, "parameters": params}
        body = {name: value for name, value in given.items() if value is not None}
        if data is not None and body:
            raise ArgumentError("InferenceApi: pass either inputs= and params=, or data=.")
        if self.options:
            body["options"] = self.options
        answer = self._client.post(json=body if data is None else None, data=data, task=self.task)
        if raw_response or not answer.headers.get("content-type", "").startswith("image/"):
            return answer if raw_response else answer.json()
        from .media import image_of

        return image_of(answer.content)

    def __repr__(self) -> str:
        return f"InferenceApi(repo_id={shown(self.repo_id)!r}, task={self.task!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
