"""Server-sent events: bytes in, event data out.

The stream is cut at line feeds in the bytes, never at Unicode line breaks: Gradio sends U+0085 and
U+2028 unescaped inside JSON.
"""

from __future__ import annotations


class EventDecoder:
    """Cuts a byte stream, in chunks of any size, into the data of its events.

    Attributes:
        error: The data of the last event that the server named `error`; `None` without one.
    """

    def __init__(self) -> None:
        self.error: bytes | None = None
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._name = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes, cut anywhere, and return the data of each event now complete.

        Its lines are joined by a line feed. Events without data, such as comments, are left out.
        """
        self._buffer += chunk
        if b"\n" not in chunk:
            return []
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        complete: list[bytes] = []
        for line in lines:
            if line[-1:] == b"\r":
                line = line[:-1]
            if line[:6] == b"data: ":  # Nearly every line that is not empty.
                self._lines.append(line[6:])
            elif line:
                self._take(line)
            elif self._lines:
                complete.append(self._event())
            else:
                self._name = b""
        return complete

    def finish(self) -> list[bytes]:
        """Return the data of an event that the end of the stream left without its blank line."""
        complete = self.feed(b"\n\n")
        self._buffer.clear()
        return complete

    def _event(self) -> bytes:
        data = self._lines[0] if len(self._lines) == 1 else b"\n".join(self._lines)
        if self._name == b"error":
            self.error = data
        self._lines, self._name = [], b""
        return data

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._lines.append(value.removeprefix(b" "))
        elif field == b"event":
            self._name = value.removeprefix(b" ")
