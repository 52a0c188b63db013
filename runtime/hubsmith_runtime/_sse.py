"""Server-sent events: bytes in, event data out.

The stream is cut at line feeds in the bytes, never at Unicode line breaks: Gradio sends U+0085 and
U+2028 unescaped inside JSON.
"""

from __future__ import annotations


class EventDecoder:
    """Cuts a byte stream, in chunks of any size, into the data of its events."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._lines: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes, cut anywhere, and return the data of each event now complete.

        Its lines are joined by a line feed. Events without data, such as comments, are left out.
        """
        self._buffer += chunk
        complete: list[bytes] = []
        start = 0
        while (end := self._buffer.find(b"\n", max(start, self._scanned))) >= 0:
            line = bytes(self._buffer[start:end]).removesuffix(b"\r")
            start = end + 1
            if line:
                self._take(line)
            elif self._lines:
                complete.append(b"\n".join(self._lines))
                self._lines = []
        del self._buffer[:start]
        self._scanned = len(self._buffer)
        return complete

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._lines.append(value.removeprefix(b" "))
