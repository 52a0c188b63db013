"""`AsyncClient`: any Space without generated code, for asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ._async_channel import AsyncChannel
from ._async_job import AsyncJob
from ._async_space import AwaitableSpace
from ._client import Callbacks, UntypedSpace, callbacks_of
from ._transport import AsyncTransport
from ._untyped import UntypedCall


class AsyncClient(UntypedSpace[AsyncChannel, AsyncTransport], AwaitableSpace):
    """Any Gradio Space, for asyncio; see `Client` for the arguments.

    Use it within one event loop. Cancelling a task that waits for a call cancels the call.
    """

    async def predict(
        self,
        /,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        event_data: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Call an endpoint and wait for its result; see `Client.predict`."""
        asked = UntypedCall(args, kwargs, api_name, fn_index, headers, event_data)
        return await self._wait_for(
            lambda space: self._documents.prepare(space, asked, keeps_events=False)
        )

    async def submit(
        self,
        /,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        result_callbacks: Callbacks = None,
        event_data: Any = None,
        **kwargs: Any,
    ) -> AsyncJob[Any]:
        """Send a call and return while it goes on; see `Client.submit`."""
        asked = UntypedCall(args, kwargs, api_name, fn_index, headers, event_data)
        job = await self._begin(
            lambda space: self._documents.prepare(space, asked, keeps_events=True)
        )
        for callback in callbacks_of(result_callbacks):
            job.add_done_callback(callback)
        return job

    async def view_api(
        self,
        all_endpoints: bool | None = None,
        print_info: bool = True,
        return_format: Literal["dict", "str"] | None = None,
    ) -> Any:
        """Show every endpoint with its parameters and results; see `Client.view_api`."""
        transport, connection = await self._connect()
        info = await transport.converse(self._documents.read(connection))
        return self._shown(info, all_endpoints, print_info, return_format)
