"""HTTP servers on loopback that answer as a test says: at once, in drips, without end, or never.

All of them live in one event loop in one thread, so that a hundred answers held back cost nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import itertools
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

DRIP_SECONDS = 0.2  # Between two bytes.
_FOR_EVER = 3600.0
_STREAM = {"content-type": "text/event-stream"}


class Fault(enum.Enum):
    """What can be wrong with an answer that is right otherwise."""

    SILENT = "silent"  # Not even the headers come.
    DRIPPING_HEADERS = "dripping headers"
    SILENT_BODY = "silent body"  # The headers come, and then nothing.
    DRIPPING_BODY = "dripping body"
    RESET = "reset"  # The connection breaks; as a step of a stream, after what came before.


SLOW = (Fault.SILENT, Fault.DRIPPING_HEADERS, Fault.SILENT_BODY, Fault.DRIPPING_BODY)
Step: TypeAlias = "bytes | float | Fault"
"""A part of a stream: bytes to send, seconds to wait, or `Fault.RESET`."""


@dataclass(frozen=True)
class Asked:
    """A request as it came; headers by lower-case name."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What is answered: bytes, what becomes JSON, or the steps of a stream."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    steps: Iterable[Step] | AsyncGenerator[Step, None] | None = None


Plan: TypeAlias = "Fault | Answer | Callable[[Asked], Answer]"


def sse(payload: Any) -> bytes:
    """Return a server-sent event."""
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def stream(*steps: Step | dict[str, Any]) -> Answer:
    """Stream steps; a dictionary is sent as an event."""
    sent = [sse(step) if isinstance(step, dict) else step for step in steps]
    return Answer(steps=sent, headers=_STREAM)


def endless(piece: bytes, every: float = 0.1) -> Answer:
    """Stream the same for ever."""
    return Answer(steps=itertools.cycle([piece, every]), headers=_STREAM)


class ScriptedServer:
    """Answers requests as they were planned, or else as a healthy server does.

    Attributes:
        asked: How many requests came, by path.
        last: The last of them, by path.
    """

    def __init__(self) -> None:
        self.url = ""
        self.asked: Counter[str] = Counter()
        self.last: dict[str, Asked] = {}
        self.connections: set[_Connection] = set()
        self._plans: dict[str, list[tuple[Plan, float]]] = {}

    def plan(self, path: str, plan: Plan, times: float = float("inf")) -> None:
        """Plan the next answers for a path; several plans go one after the other."""
        self._plans.setdefault(path, []).append((plan, times))

    def answer(self, asked: Asked) -> Answer:
        """Answer as a healthy server."""
        return Answer({"detail": "Not Found"}, 404)

    def _planned(self, path: str) -> Plan:
        plans = self._plans.get(path, [])
        if not plans:
            return self.answer
        plan, left = plans.pop(0)
        if left > 1:
            plans.insert(0, (plan, left - 1))
        return plan

    async def respond(self, asked: Asked, connection: _Connection) -> None:
        """Answer one request."""
        self.asked[asked.path] += 1
        self.last[asked.path] = asked
        plan = self._planned(asked.path)
        if plan is Fault.SILENT:
            await asyncio.sleep(_FOR_EVER)
        elif plan is Fault.RESET:
            connection.reset()
        elif isinstance(plan, Fault):
            await connection.send(self.answer(asked), plan)
        else:
            await connection.send(plan if isinstance(plan, Answer) else plan(asked))

    async def start(self, port: int = 0) -> asyncio.Server:
        """Begin to listen, at any free port unless one is named."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port, backlog=512)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server


class _Connection(asyncio.Protocol):
    """One connection of a client. What is being answered ends when the client goes."""

    transport: asyncio.Transport
    task: asyncio.Task[None]

    def __init__(self, server: ScriptedServer) -> None:
        self._server = server
        self._reader = asyncio.StreamReader()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._server.connections.add(self)
        self.task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._reader.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self.task.cancel()

    async def _serve(self) -> None:
        try:
            while not self.transport.is_closing():
                head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.rstrip().split("\r\n")
                pairs = (line.partition(":") for line in lines)
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                body = await self._reader.readexactly(int(headers.get("content-length", 0)))
                method, target, _ = first.split(" ")
                parts = urlsplit(target)
                asked = Asked(method, parts.path, parse_qs(parts.query), headers, body)
                await self._server.respond(asked, self)
                if headers.get("connection") == "close":
                    return
        finally:
            self.transport.close()

    async def send(self, answer: Answer, fault: Fault | None = None) -> None:
        """Send an answer, with what is wrong with it."""
        headers = {"content-type": "application/json", **answer.headers}
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        if answer.steps is not None:
            headers["transfer-encoding"] = "chunked"
        elif answer.status != 204:
            headers["content-length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {answer.status} Scripted\r\n{lines}\r\n".encode()
        await self._write(head, is_dripping=fault is Fault.DRIPPING_HEADERS)
        if fault is Fault.SILENT_BODY:
            await asyncio.sleep(_FOR_EVER)
        is_dripping = fault is Fault.DRIPPING_BODY
        if answer.steps is None:
            return await self._write(body, is_dripping=is_dripping)
        async with contextlib.aclosing(_each(answer.steps)) as steps:
            async for step in steps:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                elif isinstance(step, Fault):
                    await asyncio.sleep(0.01)  # What came before should arrive.
                    return self.reset()
                elif step:
                    self.transport.write(b"%x\r\n" % len(step))
                    await self._write(step, is_dripping=is_dripping)
                    self.transport.write(b"\r\n")
        return self.transport.write(b"0\r\n\r\n")

    async def _write(self, content: bytes, *, is_dripping: bool) -> None:
        if not is_dripping:
            return self.transport.write(content)
        for byte in content:
            self.transport.write(bytes([byte]))
            await asyncio.sleep(DRIP_SECONDS)
        return None

    def reset(self) -> None:
        """Break the connection, so that the client gets an error and no end."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


async def _each(steps: Iterable[Step] | AsyncGenerator[Step, None]) -> AsyncGenerator[Step, None]:
    if isinstance(steps, AsyncGenerator):
        async with contextlib.aclosing(steps):
            async for step in steps:
                yield step
    else:
        for step in steps:
            yield step


class Loopback:
    """Runs servers while a block runs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._running: list[asyncio.Server] = []

    def start(self, server: ScriptedServer) -> None:
        """Begin to serve; the server has its `url` then."""
        started = asyncio.run_coroutine_threadsafe(server.start(), self._loop).result(10)
        self._running.append(started)

    @contextlib.contextmanager
    def running(self) -> Iterator[Loopback]:
        thread = threading.Thread(target=self._loop.run_forever, name="scripted servers")
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    async def _stop(self) -> None:
        for server in self._running:
            server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:  # Connections and jobs; each answer that is held back ends here.
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # In which the sockets are closed.
