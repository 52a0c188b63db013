"""A server that answers each request with bytes that a test wrote, right or wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Answer = bytes | Callable[[socket.socket], None]


def whole(content: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return an answer with a length that is right."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(content)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass
class FileServer:
    """Gives its answers by path, and keeps the heads of the requests."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    heads: list[str] = field(default_factory=list[str])

    @property
    def paths(self) -> list[str]:
        return [head.split()[1] for head in self.heads]

    @contextlib.contextmanager
    def running(self) -> Iterator[FileServer]:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := connection.recv(65536)):
                    return
                head += piece
            self.heads.append(head.decode().lower())
            answer = self.answers[head.split()[1].decode()]
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection)
