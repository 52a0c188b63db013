"""Lines of stdin for an event loop, which a signal can end at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading

_PIECE = 1 << 16


class Lines:
    """An asynchronous iterator over the lines of a file descriptor.

    A read from a pipe or a terminal cannot be interrupted. A thread of its own does it, for which
    Python does not wait at its end, and by a plain descriptor, so that no lock is held then.
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
        return _whole(line.decode(errors="replace"))

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
            pass  # It was closed, which is its end as well.
        self._give(None)

    def _give(self, line: bytes | None) -> None:
        with contextlib.suppress(RuntimeError):  # The loop is over.
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


def _whole(line: str) -> str:
    """Replace half a character, as a host writes that cut a text, by a question mark.

    The package `mcp` drops such a line, and whoever sent it would wait for an answer that never comes.
    """
    if "\\ud" in line.lower():
        with contextlib.suppress(ValueError, RecursionError):
            line = json.dumps(json.loads(line), ensure_ascii=False)
    return line.encode(errors="replace").decode()
