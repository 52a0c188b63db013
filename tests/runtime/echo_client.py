"""A hand-written client for the Space in fake_hub.py."""

from __future__ import annotations

from typing import Any

from hubsmith_runtime import AsyncSpace, Endpoint, Request, Space


class EchoRequest(Request[Any]):
    __endpoint__ = Endpoint(name="/echo", is_ordered=False)  # So that /info is asked, too.
    value: Any


class Echo(Space):
    def echo(self, value: Any) -> Any:
        return self._run(EchoRequest(value=value))


class AsyncEcho(AsyncSpace):
    async def echo(self, value: Any) -> Any:
        return await self._run(EchoRequest(value=value))
