"""`tools_of`, `Tools` and `AsyncTools`: endpoints of Spaces that a model can call."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast, overload

from hubsmith_runtime import (
    ArgumentError,
    AsyncSpace,
    HubsmithError,
    InferenceTimeoutError,
    Job,
    Request,
    Space,
    ValidationError,
)
from hubsmith_runtime.effects import Effects
from hubsmith_runtime.errors import shorten
from hubsmith_runtime.spaces.space import AwaitableSpace, BaseSpace

from .arguments import Files, OpenFile, read_request
from .discovery import chosen, offers, tool_of
from .naming import names_of
from .progress import ProgressCount, ToolProgress
from .results import ToolResult, is_seen
from .strictness import strict_together
from .tool import Tool, ToolFormat

OnProgress: TypeAlias = Callable[[ToolProgress], object]
OnAsyncProgress: TypeAlias = Callable[[ToolProgress], "Awaitable[object] | object"]


class BaseTools(Sequence[Tool]):
    """The common base of `Tools` and `AsyncTools`."""

    def __init__(
        self, tools: Iterable[tuple[Tool, BaseSpace]], files: Files, *, shows_images: bool
    ) -> None:
        self._found = {tool.name: (tool, space) for tool, space in tools}
        self._tools = [tool for tool, _ in self._found.values()]
        self._files, self._shows_images = files, shows_images

    @overload
    def __getitem__(self, index: int) -> Tool: ...
    @overload
    def __getitem__(self, index: slice) -> list[Tool]: ...
    def __getitem__(self, index: int | slice) -> Tool | list[Tool]:
        return self._tools[index]

    def __len__(self) -> int:
        return len(self._tools)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._found)})"

    def definitions(self, format: ToolFormat = "openai") -> list[dict[str, Any]]:
        """Return the definitions of all tools, for the `tools` of a request.

        Args:
            format: The API: OpenAI's chat completions (`openai`) or responses
                (`openai-responses`), Anthropic's messages (`anthropic`), or MCP (`mcp`).

        Raises:
            ArgumentError: if there is no such format.
        """
        made = [tool.definition(format) for tool in self._tools]
        if format == "anthropic":
            strict = [one for one in made if one.get("strict")]
            kept = strict_together([one["input_schema"] for one in strict])
            for one, is_kept in zip(strict, kept, strict=True):
                one |= {"strict": is_kept}
        return made

    def _read(
        self, name: str, arguments: str | Mapping[str, Any] | None
    ) -> tuple[Tool, Any, Request[Any]]:
        if name not in self._found:
            known = ", ".join(self._found) or "none"
            raise ValidationError(f"There is no tool {shorten(name)}. Available: {known}.")
        tool, space = self._found[name]
        return tool, space, read_request(tool, arguments, self._files)

    def _result(self, tool: Tool, value: Any) -> ToolResult:
        result = ToolResult.of(tool.request, value)
        self._files.remember(result.files)
        return result

    def _pictures(self, result: ToolResult) -> list[Effects[None]]:
        """Return effects that download the images of a result, if models are to see them."""
        return [file.cache() for file in result.files if self._shows_images and is_seen(file)]


class Tools(BaseTools):
    """A sequence of tools, created by `tools_of`. Calls block until their result is there."""

    def call(
        self,
        name: str,
        arguments: str | Mapping[str, Any] | None,
        *,
        on_progress: OnProgress | None = None,
    ) -> ToolResult:
        """Run a call that a model asks for.

        Mistakes of the model and failures of the Space do not raise: an unknown name, invalid
        arguments, and a job that fails or times out return a result with `is_error`, whose `text`
        says what to do. A job that exceeds the `timeout` of the client is cancelled.

        Args:
            name: The name of a tool.
            arguments: A JSON object, as the text from the model or already parsed; `None` or an
                empty text for no arguments.
            on_progress: Called with the progress of the job, in the calling thread.
        """
        try:
            tool, space, request = self._read(name, arguments)
            timeout: float | None = space._core.timeout
            job = space.submit_(request)
            try:
                value = _wait(job, timeout, on_progress)
            except BaseException as error:
                with contextlib.suppress(HubsmithError):
                    job.cancel()
                raise _reworded(error, tool, timeout) from None
            result = self._result(tool, value)
            for fetching in self._pictures(result):
                with contextlib.suppress(HubsmithError):  # The model still gets its URL.
                    space._driver.call(fetching, timeout)
            return result
        except (HubsmithError, RecursionError) as error:
            return ToolResult.failed(error)


def _wait(job: Job[Any], timeout: float | None, on_progress: OnProgress | None) -> Any:
    if on_progress is None:
        return job.result(timeout)
    count, end = ProgressCount(), time.monotonic() + (timeout or 0)
    for event in job.events():
        if progress := count.of(event):
            on_progress(progress)
        if timeout is not None and time.monotonic() > end and not job.done():
            raise InferenceTimeoutError
    return job.result()


def _reworded(error: BaseException, tool: Tool, timeout: float | None) -> BaseException:
    """Reword a timeout for a model, which cannot wait any longer for a cancelled job."""
    if timeout is None or type(error) is not InferenceTimeoutError:
        return error
    return InferenceTimeoutError(
        f"{tool.source}: {tool.endpoint}: no result within {timeout:g} s, so the job was cancelled. "
        "Ask for less, or raise the timeout= of the client."
    )


class AsyncTools(BaseTools):
    """`Tools` for asyncio. Cancelling the task that awaits a call cancels its job."""

    async def call(
        self,
        name: str,
        arguments: str | Mapping[str, Any] | None,
        *,
        on_progress: OnAsyncProgress | None = None,
    ) -> ToolResult:
        """Run a call that a model asks for; see `Tools.call`. `on_progress` can be asynchronous."""
        try:
            tool, space, request = self._read(name, arguments)
            timeout: float | None = space._core.timeout
            job = await space.submit_(request)
            watching = asyncio.ensure_future(_watch(job, on_progress)) if on_progress else None
            try:
                value = await job.result(timeout)
                if watching is not None:
                    await watching
            except Exception as error:  # If the task is cancelled, `result` cancels the job.
                with contextlib.suppress(HubsmithError):
                    await job.cancel()
                raise _reworded(error, tool, timeout) from None
            finally:
                if watching is not None:
                    watching.cancel()
            result = self._result(tool, value)
            for fetching in self._pictures(result):
                with contextlib.suppress(HubsmithError):
                    await space._driver.call(fetching, timeout)
            return result
        except (HubsmithError, RecursionError) as error:
            return ToolResult.failed(error)


async def _watch(job: Any, on_progress: OnAsyncProgress) -> None:
    count = ProgressCount()
    with contextlib.suppress(HubsmithError):  # The call itself reports errors.
        async for event in job.events():
            if progress := count.of(event):
                answer = on_progress(progress)
                if inspect.isawaitable(answer):
                    await answer


@overload
def tools_of(
    *spaces: Space,
    endpoints: Iterable[str] | None = None,
    open_file: OpenFile | None = None,
    shows_images: bool = False,
) -> Tools: ...
@overload
def tools_of(
    *spaces: AsyncSpace,
    endpoints: Iterable[str] | None = None,
    open_file: OpenFile | None = None,
    shows_images: bool = False,
) -> AsyncTools: ...
def tools_of(
    *spaces: Space | AsyncSpace,
    endpoints: Iterable[str] | None = None,
    open_file: OpenFile | None = None,
    shows_images: bool = False,
) -> Tools | AsyncTools:
    """Return the endpoints of Spaces as tools that a language model can call.

    Args:
        spaces: Generated clients, all of them blocking or all asynchronous.
        endpoints: The endpoints to include, such as `/greet`; all by default.
        open_file: Called with the text that a model passes as a file, unless it is a URL. Returns
            the file, or raises a `ValueError` or `OSError`, whose message goes to the model.
            Without it, a model can only pass public URLs, data URLs and files of earlier results.
        shows_images: Whether to download images in results, so that `ToolResult.message` includes
            them for Anthropic and OpenAI's responses. Other APIs get their URLs.

    Raises:
        ArgumentError: if a client is not a generated one, or an endpoint does not exist.
    """
    found = chosen([offer for space in spaces for offer in offers(space)], endpoints)
    names = names_of([(offer.package, offer.request) for offer in found])
    tools = [(tool_of(offer, name), offer.space) for offer, name in zip(found, names, strict=True)]
    kinds = {isinstance(space, AwaitableSpace) for space in cast("Sequence[object]", spaces)}
    if len(kinds) > 1:
        raise ArgumentError("tools_of takes blocking clients or asynchronous ones, not both.")
    made = AsyncTools if kinds == {True} else Tools
    return made(tools, Files(open_file), shows_images=shows_images)
