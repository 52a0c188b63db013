"""Server-sent events: bytes in, event data out.

The stream is split at line feeds, carriage returns or both, as bytes, never at Unicode line breaks:
Gradio sends U+0085 and U+2028 unescaped inside JSON.
"""

from __future__ import annotations

from .errors import ConnectionFailedError
from .http import LARGEST_BODY


class EventDecoder:
    """Splits a byte stream, in chunks of any size, into the data of its events."""

    def __init__(self) -> None:
        self.error: bytes | None = None  # The data of the last event named `error`.
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._name = b""
        self._size = 0  # Bytes received since the last complete event.
        self._is_after_return = False  # Then a line feed belongs to the same line end.

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes, split anywhere, and return the data of each event now complete.

        Its lines are joined by line feeds. Events without data, such as comments, are left out.
        """
        if not chunk:
            return []
        if self._is_after_return:
            chunk = chunk.removeprefix(b"\n")
        self._is_after_return = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._buffer += chunk
        self._size += len(chunk)
        if self._size > LARGEST_BODY:
            raise ConnectionFailedError(
                f"an event of the stream is larger than {LARGEST_BODY >> 20} MiB, the limit."
            )
        if b"\n" not in chunk:
            return []
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        complete: list[bytes] = []
        for line in lines:
            if line[:6] == b"data: ":  # Nearly every line that is not empty.
                self._lines.append(line[6:])
            elif line:
                field, _, value = line.partition(b":")
                if field == b"data":
                    self._lines.append(value.removeprefix(b" "))
                elif field == b"event":
                    self._name = value.removeprefix(b" ")
                elif field == b"error":  # So llama.cpp has it, instead of the name.
                    self._lines.append(value.removeprefix(b" "))
                    self._name = field
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
        """Return the data of a last event that the stream did not end with a blank line."""
        complete = self.feed(b"\n\n")
        self._buffer.clear()
        return complete
