"""Server-sent events: bytes in, event data out.

The stream is cut at line feeds in the bytes, never at Unicode line breaks: Gradio sends U+0085 and
U+2028 unescaped inside JSON.
"""

from __future__ import annotations

from .errors import ConnectionFailedError
from .http import LARGEST_BODY


class EventDecoder:
    """Cuts a byte stream, in chunks of any size, into the data of its events."""

    def __init__(self) -> None:
        self.error: bytes | None = None  # The data of the last event that is named `error`.
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._name = b""
        self._size = 0  # Bytes that came since an event was complete.

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes, cut anywhere, and return the data of each event now complete.

        Its lines are joined by a line feed. Events without data, such as comments, are left out.
        """
        self._buffer += chunk
        self._size += len(chunk)
        if self._size > LARGEST_BODY:
            raise ConnectionFailedError(
                f"an event of the stream is larger than {LARGEST_BODY >> 20} MiB, which is more "
                "than is read."
            )
        if b"\n" not in chunk:
            return []
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        complete: list[bytes] = []
        for line in (line.removesuffix(b"\r") for line in lines):
            if line[:6] == b"data: ":  # Nearly every line that is not empty.
                self._lines.append(line[6:])
            elif line:
                field, _, value = line.partition(b":")
                if field == b"data":
                    self._lines.append(value.removeprefix(b" "))
                elif field == b"event":
                    self._name = value.removeprefix(b" ")
            else:
                if self._lines:
                    complete.append(b"\n".join(self._lines))
                    if self._name == b"error":
                        self.error = complete[-1]
                self._lines, self._name = [], b""
        if complete or not self._lines:
            self._size = len(rest)
        return complete

    def finish(self) -> list[bytes]:
        """Return the data of an event that the end of the stream left without its blank line."""
        complete = self.feed(b"\n\n")
        self._buffer.clear()
        return complete
