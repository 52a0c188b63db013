"""A server on loopback that passes bytes on to another one, and holds them back on request."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

_FOR_EVER = float("inf")


class Forwarder:
    """Passes bytes on, of each connection so many to the server (`up`) and so many back (`down`).

    Attributes:
        open: How many connections clients have.
        answered: What came back, of all connections.
    """

    def __init__(self, upstream: str, *, up: float = _FOR_EVER, down: float = _FOR_EVER) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self.up, self.down = up, down
        self.url = ""
        self.open = 0
        self.answered = bytearray()
        self.is_held = False  # Whether something was held back.

    async def start(self, port: int = 0) -> asyncio.Server:
        """Begin to listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        there, back = await asyncio.open_connection(*self._upstream)
        ways = [
            asyncio.ensure_future(self._pass(reader, back, "up")),
            asyncio.ensure_future(self._pass(there, writer, "down")),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.transport.abort()
            back.transport.abort()
            self.open -= 1

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        passed = 0
        while piece := await reader.read(1 << 16):
            while passed >= getattr(self, way):
                self.is_held = True
                await asyncio.sleep(0.01)
            passed += len(piece)
            if way == "down":
                self.answered += piece
            writer.write(piece)
            await writer.drain()
