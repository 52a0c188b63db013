"""`Client` and `AsyncClient`: call any Space without generated code, as gradio_client does."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, cast

from ..effects import FOREVER, Effects
from ..errors import ValidationError
from ..limit import CALLS
from ..retries import Retries
from .connector import WAKE_SECONDS
from .job import AsyncJob, Job
from .session import JobState
from .signature import Info, view
from .source import lower_names
from .space import AwaitableSpace, BaseSpace, BlockingSpace
from .untyped import UntypedCall, space_info

if TYPE_CHECKING:
    import ssl

    import hubsmith_bulk as bulk
    from typing_extensions import Unpack

R = TypeVar("R")
J = TypeVar("J")
Arguments: TypeAlias = "Mapping[str, Any] | list[Any]"
Callbacks: TypeAlias = "Callable[..., object] | Sequence[Callable[..., object]] | None"


class UntypedSpace(BaseSpace, Generic[R, J]):
    """The base class of both clients; see `Client` for the arguments.

    The results `R` and the jobs `J` of the asynchronous client are awaitables.
    """

    _oauth_token: str | None = None  # Never pickled.

    def __init__(
        self,
        src: str,
        token: str | bool | None = None,
        max_workers: int | None = None,
        verbose: bool = True,
        auth: tuple[str, str] | None = None,
        httpx_kwargs: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        download_dir: str | os.PathLike[str] | None = None,
        download_files: str | os.PathLike[str] | bool | None = None,
        cookies: Mapping[str, str] | None = None,
        ssl_verify: bool | ssl.SSLContext = True,
        timeout: float | None = None,
        retries: Retries | None = None,
        on_stage: Callable[[str], object] | None = None,
        wake_timeout: float = WAKE_SECONDS,
        max_concurrency: int | None = CALLS,
        oauth_token: str | None = None,
        analytics_enabled: bool = False,
    ) -> None:
        also: dict[str, Any] = {"cookies": cookies, "headers": None, "timeout": None}
        also["verify"] = ssl_verify
        if unknown := set(httpx_kwargs or ()) - also.keys():
            raise ValidationError(
                f"httpx_kwargs: {min(unknown)!r} is not supported: only {', '.join(also)} are."
            )
        also |= httpx_kwargs or {}
        limit = getattr(also["timeout"], "read", also["timeout"])  # Or an `httpx.Timeout`.
        if download_dir is None and not isinstance(download_files, bool):
            download_dir = download_files
        super().__init__(
            src,
            token=token,
            headers={**lower_names(also["headers"]), **lower_names(headers)},
            auth=auth,
            timeout=timeout,
            download_dir=download_dir,
            cookies=also["cookies"],
            ssl_verify=also["verify"],
            retries=retries,
            on_stage=on_stage,
            wake_timeout=wake_timeout,
            max_concurrency=max_concurrency,
        )
        if "timeout" in (httpx_kwargs or {}):
            self._driver.origins.silence = FOREVER if limit is None else limit
        self._driver.origins.hide({"oauth_token": oauth_token or ""})
        self._oauth_token = oauth_token

    def predict(
        self,
        /,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        event_data: Any = None,
        **kwargs: Any,
    ) -> R:
        """Call an endpoint and wait for its result.

        Args:
            *args: The endpoint's arguments, in the order of its inputs.
            api_name: The endpoint's name, such as `/predict`; optional if the Space has only one.
            fn_index: The endpoint's number, instead of a name.
            headers: Extra headers for this call; they override those of the client.
            event_data: The data that an event in the Space's page would send.
            **kwargs: The endpoint's arguments by name. An omitted one takes the Space's default.

        Returns:
            The value, or a tuple of several values; `()` for none. Files are `File` objects, which
            `open()` and `Path()` accept; they are downloaded when they are used.

        Raises:
            ArgumentError: when an argument is missing, unknown or given twice.
            EndpointNotFoundError: when there is no such endpoint.
            HubsmithError: when anything else fails; see its subclasses.
        """
        call = UntypedCall(args, kwargs, api_name, fn_index, headers, event_data)
        return self._call(partial(call.prepare, self._oauth_token))

    def submit(
        self,
        /,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        result_callbacks: Callbacks = None,
        event_data: Any = None,
        **kwargs: Any,
    ) -> J:
        """Call an endpoint and return a job without waiting for the result; see `predict`.

        Args:
            result_callbacks: One or more functions that are called with the result, once available.
        """
        call = UntypedCall(args, kwargs, api_name, fn_index, headers, event_data)
        callbacks = [result_callbacks] if callable(result_callbacks) else result_callbacks or ()
        also = [partial(_call_with_result, callback) for callback in callbacks]
        return self._begin(partial(call.prepare, self._oauth_token), also)

    def view_api(
        self,
        all_endpoints: bool | None = None,
        print_info: bool = True,
        return_format: Literal["dict", "str"] | None = None,
    ) -> R:
        """Show every endpoint with its parameters and results.

        Args:
            all_endpoints: Whether to show endpoints without a name; by default if no other exists.
            print_info: Whether to print the text.
            return_format: `"str"` returns the text, `"dict"` the content of the Space's `/info`.
        """
        viewing = self._view(all_endpoints, print_info, return_format)
        return self._driver.run(viewing, self._core.timeout)

    def _view(
        self, all_endpoints: bool | None, print_info: bool, return_format: str | None
    ) -> Effects[Info | str | None]:
        info = yield from space_info((yield from self._core.connector.connect()))
        text = view(info, self._core.name, all_endpoints)
        if print_info:
            print(text)
        return info if return_format == "dict" else text if return_format == "str" else None


class Client(UntypedSpace[Any, Job[Any]], BlockingSpace):
    """A client for any Gradio Space, called by endpoint names. Creating one sends no request.

    Args:
        src: `owner/name` or a URL.
        httpx_kwargs: Only `cookies`, `headers`, `timeout` (a read timeout in seconds, or an
            `httpx.Timeout`) and `verify` are supported. Pass a longer `timeout` than 60 s if a proxy
            before the Space holds events back.
        download_files: An alias of `download_dir`. Files are downloaded when they are used, so
            `False` has no effect.
        oauth_token: A token for the Space's code, sent only to endpoints that declare it.
        token, auth, headers, cookies, ssl_verify, timeout: See `Space`.
        download_dir, retries, on_stage, wake_timeout, max_concurrency: See `Space`.
        max_workers, verbose, analytics_enabled: Ignored: calls need no threads, and nothing is
            printed or reported.
    """

    def map(
        self, api_name: str, rows: bulk.Rows[Arguments], **options: Unpack[bulk.MapOptions]
    ) -> bulk.Run[Any]:
        """Make many calls of an endpoint at once, and iterate over the results as they complete.

        Args:
            api_name: The endpoint's name, such as `/predict`.
            rows: Arguments by name (a dict) or in order (a list), or pairs of an id and these.
            **options: The number of concurrent calls, the journal to resume from, and how failures
                are handled; see `hubsmith_bulk.MapOptions`.
        """
        from hubsmith_bulk import map_space

        return map_space(self, rows, options, api_name)


class AsyncClient(
    UntypedSpace[Coroutine[Any, Any, Any], Coroutine[Any, Any, AsyncJob[Any]]], AwaitableSpace
):
    """An asyncio client for any Gradio Space; see `Client` for the arguments.

    Use it within one event loop. Cancelling a task that awaits a call cancels the call.
    """

    def map(
        self, api_name: str, rows: bulk.AsyncRows[Arguments], **options: Unpack[bulk.MapOptions]
    ) -> bulk.AsyncRun[Any]:
        """Make many calls of an endpoint at once; see `Client.map`. `rows` may be asynchronous."""
        from hubsmith_bulk import map_space

        return map_space(self, rows, options, api_name)


def _call_with_result(callback: Callable[..., object], state: JobState, _: object) -> None:
    if state.stage == "finished":
        result: Any = state.result()
        callback(*cast("tuple[Any, ...]", result) if isinstance(result, tuple) else (result,))
