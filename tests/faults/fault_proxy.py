"""A proxy on loopback that does to a chosen exchange what networks and servers do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit

from tests.waits.scripted_http import Asked, Loopback, ScriptedServer

_PIECE = 1 << 16
_OWN_HEADERS = ("connection", "accept-encoding", "transfer-encoding", "content-length")


@dataclass
class Reply:
    """What the server behind the proxy answers: its content is decoded, and comes in pieces."""

    status: int
    headers: dict[str, str]
    pieces: AsyncIterator[bytes]

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")


class Exchange:
    """A request that came to the proxy, and the connection that it is answered on."""

    def __init__(self, proxy: FaultProxy, asked: Asked, connection: object) -> None:
        self.proxy, self.asked = proxy, asked
        self.connection = connection
        self.transport: asyncio.Transport = connection.transport  # type: ignore[attr-defined]

    @contextlib.asynccontextmanager
    async def forwarded(self) -> AsyncGenerator[Reply, None]:
        """Ask the server; its connection ends with the block."""
        reader, writer = await asyncio.open_connection(*self.proxy.upstream)
        if self.asked.path.endswith("/queue/join"):
            self.proxy.joined[str(json.loads(self.asked.body)["data"][-1])] += 1
        try:
            writer.write(_request(self.asked))
            yield await _reply(reader)
        finally:
            writer.transport.abort()

    def write_head(self, status: int | str, headers: dict[str, str]) -> None:
        self.transport.write(head(status, headers))

    async def write(self, content: bytes) -> None:
        """Write some content when the client has taken what came before."""
        while self.transport.get_write_buffer_size() > 1 << 20:
            await asyncio.sleep(0.005)
        self.transport.write(content)

    def reset(self) -> None:
        self.connection.reset()  # type: ignore[attr-defined]

    def close(self) -> None:
        self.transport.close()

    async def relay(self) -> None:
        """Answer as the server does."""
        async with self.forwarded() as reply:
            if reply.is_stream:
                self.write_head(reply.status, {**reply.headers, "transfer-encoding": "chunked"})
                async for piece in reply.pieces:
                    self.transport.write(chunked(piece))
                self.transport.write(b"0\r\n\r\n")
            else:
                content = b"".join([piece async for piece in reply.pieces])
                if reply.status not in (204, 304):
                    reply.headers["content-length"] = str(len(content))
                self.write_head(reply.status, reply.headers)
                await self.write(content)


Act: TypeAlias = Callable[[Exchange], Awaitable[None]]


@dataclass
class Plan:
    """What is done to the requests whose paths match, the first so many times."""

    pattern: str
    act: Act
    times: float = float("inf")
    done: int = field(default=0, init=False)


class FaultProxy(ScriptedServer):
    """Stands in front of a server, and does to requests what was planned.

    Args:
        upstream: The server's URL.
    """

    def __init__(self, upstream: str) -> None:
        super().__init__()
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "", parts.port or 80)
        self.plans: list[Plan] = []
        self.joined: Counter[str] = Counter()  # How often the server got each job, by its content.
        self.refuses_after = ""  # Nobody can connect any more after this exchange; a pattern.
        self.seconds_away = float("inf")  # Until it listens again.
        self._listener: asyncio.Server | None = None
        self._return: asyncio.TimerHandle | None = None

    async def start(self, port: int = 0) -> asyncio.Server:
        listener = self._listener = await super().start(port)
        if self.refuses_after == "nothing":
            self._go_away()
        return listener

    def _go_away(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            if self.seconds_away < float("inf"):
                loop = asyncio.get_running_loop()
                back = self.seconds_away
                self._return = loop.call_later(back, lambda: loop.create_task(self._come_back()))

    async def _come_back(self) -> None:
        self.refuses_after = ""
        self._listener = await super().start(urlsplit(self.url).port or 0)

    async def stop(self) -> None:
        """Listen no more, and break every connection."""
        self.seconds_away = float("inf")
        if self._return is not None:
            self._return.cancel()
        self._go_away()
        for connection in list(self.connections):
            connection.transport.abort()

    async def respond(self, asked: Asked, connection: object) -> None:
        exchange = Exchange(self, asked, connection)
        is_last = bool(self.refuses_after) and re.search(self.refuses_after, asked.path)
        if is_last:
            self._go_away()
        for plan in self.plans:
            if plan.done < plan.times and re.search(plan.pattern, asked.path):
                plan.done += 1
                return await plan.act(exchange)
        await exchange.relay()
        if self.refuses_after:  # The next request needs a connection of its own.
            exchange.close()
        return None


class Proxies(Loopback):
    """Runs proxies, each for as long as it is needed."""

    def stop(self, proxies: Iterable[FaultProxy]) -> None:
        async def stop_all() -> None:
            for proxy in proxies:
                await proxy.stop()

        asyncio.run_coroutine_threadsafe(stop_all(), self._loop).result(10)
        self._running[:] = [one for one in self._running if one.is_serving()]


def head(status: int | str, headers: dict[str, str]) -> bytes:
    """Return a status line and headers as bytes; a status may be any text."""
    line = f"{status} Faulty" if isinstance(status, int) else status
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {line}\r\n{lines}\r\n".encode("latin-1")


def chunked(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _request(asked: Asked) -> bytes:
    kept = {name: value for name, value in asked.headers.items() if name not in _OWN_HEADERS}
    headers = {**kept, "connection": "close", "content-length": str(len(asked.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    query = f"?{urlencode(asked.query, doseq=True)}" if asked.query else ""
    first = f"{asked.method} {asked.path}{query} HTTP/1.1\r\n"
    return f"{first}{lines}\r\n".encode("latin-1") + asked.body


async def _reply(reader: asyncio.StreamReader) -> Reply:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    pieces = _pieces(reader, headers)
    kept = {name: value for name, value in headers.items() if name not in _OWN_HEADERS}
    return Reply(int(lines[0].split(" ")[1]), kept, pieces)


async def _pieces(reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            yield await reader.readexactly(size)
            await reader.readline()
        return
    left = int(headers.get("content-length", 0))
    while left and (piece := await reader.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece
