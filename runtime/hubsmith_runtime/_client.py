"""`Client`: any Space without generated code, called as gradio_client calls it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast

from ._channel import Channel
from ._errors import ValidationError
from ._job import BaseJob, Job
from ._retries import Retries
from ._signature import Info
from ._space import AnyChannel, BaseSpace, BlockingSpace
from ._transport import Transport
from ._untyped import Documents, UntypedCall
from ._view import render
from ._wake import WAKE_SECONDS

if TYPE_CHECKING:
    import ssl

C = TypeVar("C", bound=AnyChannel)
T = TypeVar("T")

Callbacks: TypeAlias = "Callable[..., object] | Sequence[Callable[..., object]] | None"


class UntypedSpace(BaseSpace[C, T]):
    """What both clients share; see `Client` for the arguments."""

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
        oauth_token: str | None = None,
        analytics_enabled: bool = False,
    ) -> None:
        for name in httpx_kwargs or {}:
            if name not in ("cookies", "headers", "timeout", "verify"):
                raise ValidationError(
                    f"httpx_kwargs: {name!r} has no meaning here: only cookies, headers, timeout "
                    "and verify have."
                )
        also: dict[str, Any] = {"cookies": cookies, "verify": ssl_verify, **(httpx_kwargs or {})}
        if download_dir is None and not isinstance(download_files, bool):
            download_dir = download_files
        super().__init__(
            src,
            token=token,
            headers={**(also.get("headers") or {}), **(headers or {})},
            auth=auth,
            timeout=timeout,
            download_dir=download_dir,
            cookies=also["cookies"],
            ssl_verify=also["verify"],
            retries=retries,
            on_stage=on_stage,
            wake_timeout=wake_timeout,
        )
        self._patience = also.get("timeout", timeout)
        self._documents = Documents(oauth_token)

    def _shown(
        self, info: Info, all_endpoints: bool | None, print_info: bool, return_format: str | None
    ) -> Info | str | None:
        text = render(info, self._where.name, all_endpoints=all_endpoints)
        if print_info:
            print(text)
        return info if return_format == "dict" else text if return_format == "str" else None


class Client(UntypedSpace[Channel, Transport], BlockingSpace):
    """Any Gradio Space, called by the names of its endpoints. Making one sends nothing.

    Args:
        src: `owner/name` or a URL.
        token: A Hub token; see `Space`.
        max_workers: Not used: calls need no threads.
        verbose: Not used: nothing is printed.
        auth: User and password, for a Space with a login.
        httpx_kwargs: Of these only `cookies`, `headers`, `timeout` (of a single request) and
            `verify` have a meaning.
        headers: Extra headers for the Space.
        download_dir: Where files are kept whose path is asked for.
        download_files: Another name of `download_dir`. Files are fetched when they are used, so
            `False` changes nothing.
        cookies: Cookies for the Space, by name.
        ssl_verify: Whether its certificate is checked, or the context to check it with.
        timeout: Seconds that a call may take; without end by default.
        retries, on_stage, wake_timeout: See `Space`.
        oauth_token: A token for the Space's code, sent only to endpoints that declare it.
        analytics_enabled: Not used: nothing is reported.
    """

    def predict(
        self,
        /,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        event_data: Any = None,
        **kwargs: Any,
    ) -> Any:
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
        asked = UntypedCall(args, kwargs, api_name, fn_index, headers, event_data)
        return self._wait_for(
            lambda space: self._documents.prepare(space, asked, keeps_events=False)
        )

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
    ) -> Job[Any]:
        """Call an endpoint and return at once, while the call goes on; see `predict`.

        Args:
            result_callbacks: One or more functions that get the result when it is there.
        """
        asked = UntypedCall(args, kwargs, api_name, fn_index, headers, event_data)
        job = self._begin(lambda space: self._documents.prepare(space, asked, keeps_events=True))
        for callback in callbacks_of(result_callbacks):
            job.add_done_callback(callback)
        return job

    def view_api(
        self,
        all_endpoints: bool | None = None,
        print_info: bool = True,
        return_format: Literal["dict", "str"] | None = None,
    ) -> Any:
        """Show every endpoint with its parameters and results.

        Args:
            all_endpoints: Whether those without a name are shown; by default if no other exists.
            print_info: Whether to print.
            return_format: `"str"` returns the text, `"dict"` the content of the Space's `/info`.
        """
        transport, connection = self._connect()
        info = transport.converse(self._documents.read(connection))
        return self._shown(info, all_endpoints, print_info, return_format)


def callbacks_of(callbacks: Callbacks) -> list[Callable[[BaseJob[Any, Any]], None]]:
    """Make done-callbacks of functions that take a result, several values as several arguments."""
    found = [callbacks] if callable(callbacks) else callbacks or ()
    return [functools.partial(_hand_over, callback) for callback in found]


def _hand_over(callback: Callable[..., object], job: BaseJob[Any, Any]) -> None:
    if job.status().stage == "finished":
        result: Any = job.outputs()[-1]
        callback(*cast("tuple[Any, ...]", result) if isinstance(result, tuple) else (result,))
