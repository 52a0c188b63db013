"""`Client` and `AsyncClient`: any Space without generated code, called as gradio_client calls it."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, cast

from ..effects import Effects
from ..errors import ValidationError
from ..limit import CALLS
from ..retries import Retries
from .connector import WAKE_SECONDS
from .job import AsyncJob, Job
from .session import JobState
from .signature import Info, view
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
    """What both clients share; see `Client` for the arguments.

    Of the asynchronous one the results `R` and the jobs `J` are there to be awaited.
    """

    _oauth_token: str | None = None  # No pickle holds it.

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
                f"httpx_kwargs: {min(unknown)!r} has no meaning here: only {', '.join(also)} have."
            )
        also |= httpx_kwargs or {}
        silence = getattr(also["timeout"], "read", also["timeout"])  # Of an `httpx.Timeout`.
        if download_dir is None and not isinstance(download_files, bool):
            download_dir = download_files
        super().__init__(
            src,
            token=token,
            headers={**(also["headers"] or {}), **(headers or {})},
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
        if silence is not None:
            self._driver.origins.silence = silence
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
            *args: Its arguments, in the order of its inputs.
            api_name: Its name, such as `/predict`; not needed where there is but one.
            fn_index: Its number, instead of a name.
            headers: Extra headers of this call; they win over those of the client.
            event_data: What an event of the page would carry.
            **kwargs: Its arguments by name. What is left out takes the Space's default.

        Returns:
            The value, or a tuple of several; `()` for none. Files are `File` objects, which
            `open()` and `Path()` take; they are downloaded when they are used.

        Raises:
            ArgumentError: when an argument is missing, unknown or given twice.
            EndpointNotFoundError: when there is no such endpoint.
            HubsmithError: see its tree for what else can go wrong.
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
        """Call an endpoint and return at once, while the call goes on; see `predict`.

        Args:
            result_callbacks: One or more functions that get the result when it is there.
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
            all_endpoints: Whether those without a name are shown; by default if no other exists.
            print_info: Whether to print.
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
    """Any Gradio Space, called by the names of its endpoints. Making one sends nothing.

    Args:
        src: `owner/name` or a URL.
        httpx_kwargs: Of these only `cookies`, `headers`, `timeout` (seconds without a byte until a
            request fails, or an `httpx.Timeout`) and `verify` have a meaning.
        download_files: Another name of `download_dir`. Files are fetched when they are used, so
            `False` changes nothing.
        oauth_token: A token for the Space's code, sent only to endpoints that declare it.
        token, auth, headers, cookies, ssl_verify, timeout: See `Space`.
        download_dir, retries, on_stage, wake_timeout, max_concurrency: See `Space`.
        max_workers, verbose, analytics_enabled: Not used: calls need no threads, and nothing is
            printed or reported.
    """

    def map(
        self, api_name: str, rows: bulk.Rows[Arguments], **options: Unpack[bulk.MapOptions]
    ) -> bulk.Run[Any]:
        """Call an endpoint many times at once, and iterate over what is done as it comes.

        Args:
            api_name: Its name, such as `/predict`.
            rows: Arguments by name (a dict) or in order (a list), or pairs of an id and these.
            **options: How many at once, the file to go on from, and what happens to failures; see
                `hubsmith_bulk.MapOptions`.
        """
        from hubsmith_bulk import map_space

        return map_space(self, rows, options, api_name)


class AsyncClient(
    UntypedSpace[Coroutine[Any, Any, Any], Coroutine[Any, Any, AsyncJob[Any]]], AwaitableSpace
):
    """Any Gradio Space, for asyncio; see `Client` for the arguments.

    Use it within one event loop. Cancelling a task that waits for a call cancels the call.
    """

    def map(
        self, api_name: str, rows: bulk.AsyncRows[Arguments], **options: Unpack[bulk.MapOptions]
    ) -> bulk.AsyncRun[Any]:
        """Call an endpoint many times at once; see `Client.map`. The input may be asynchronous."""
        from hubsmith_bulk import map_space

        return map_space(self, rows, options, api_name)


def _call_with_result(callback: Callable[..., object], state: JobState, _: object) -> None:
    if state.stage == "finished":
        result: Any = state.result()
        callback(*cast("tuple[Any, ...]", result) if isinstance(result, tuple) else (result,))
