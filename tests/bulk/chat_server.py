"""A chat server on loopback that takes some time for each answer, and refuses what is too much.

`python -m tests.bulk.chat_server SECONDS [MOST]` prints its URL; it ends with its input. A GET is
answered with its counts.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.docs.page import ROOT


class ChatServer:
    """Answers the last message in capitals.

    Args:
        seconds: How long an answer takes.
        most: How many it makes at the same time; more are refused with status 429.
    """

    def __init__(self, seconds: float, most: int | None) -> None:
        self._seconds, self._most = seconds, most
        self._under_way = self._executions = self._refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                sizes = [int(one[15:]) for one in lines if one.startswith(b"content-length:")]
                body = await reader.readexactly(sizes[0]) if sizes else b""
                status, answer = await self._answer(body)
                content = json.dumps(answer).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                    % (status, len(content))
                    + content
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: bytes) -> tuple[int, Any]:
        if not body:
            return 200, {"executions": self._executions, "refused": self._refused}
        if self._most is not None and self._under_way >= self._most:
            self._refused += 1
            return 429, {"error": {"message": "Too many requests"}}
        asked = json.loads(body)
        self._under_way += 1
        self._executions += 1
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self._under_way -= 1
        message = {"role": "assistant", "content": asked["messages"][-1]["content"].upper()}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"completion_tokens": 1, "prompt_tokens": 1, "total_tokens": 2}
        return 200, {
            "id": "c", "object": "chat.completion", "created": 1, "model": "tiny",
            "system_fingerprint": "f", "choices": [choice], "usage": usage,
        }  # fmt: skip


async def main(seconds: float, most: int | None) -> None:
    server = await asyncio.start_server(ChatServer(seconds, most).serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def chat_server(seconds: float, most: int | None = None) -> Iterator[str]:
    """Run one in a process of its own; give its URL."""
    command = [sys.executable, "-m", "tests.bulk.chat_server", str(seconds), str(most or 0)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


def counts(url: str) -> dict[str, int]:
    """Return what a server counted."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), int(sys.argv[2]) or None))
