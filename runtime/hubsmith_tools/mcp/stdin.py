"""Reads lines of stdin in an event loop that can be stopped by a signal at any time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading

from ..words import without_surrogates

_PIECE = 1 << 16


class Lines:
    """An asynchronous iterator over the lines of a file descriptor.

    A read from a pipe or terminal cannot be interrupted, so a daemon thread does it, which Python
    does not wait for at exit. It reads the bare descriptor, so that it holds no lock at exit.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def __aiter__(self) -> Lines:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        # The package `mcp` drops lines with lone surrogates, so the host would never get an answer.
        return without_surrogates(line.decode(errors="replace"))

    def _read(self) -> None:
        parts: list[bytes] = []
        try:
            while piece := os.read(self._descriptor, _PIECE):
                first, *others = piece.split(b"\n")
                parts.append(first)
                for other in others:
                    self._give(b"".join(parts))
                    parts = [other]
            if last := b"".join(parts):
                self._give(last)
        except OSError:
            pass  # Closed: treated like the end of the input.
        self._give(None)

    def _give(self, line: bytes | None) -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed.
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
