"""The files of a mock: those in answers and those uploaded by callers, all in memory."""

from __future__ import annotations

import email
import hashlib
import io
import mimetypes
import random
import struct
import wave
import zlib
from collections.abc import Callable
from urllib.parse import quote

from hubsmith_runtime.saving import safe_name

from .json import JsonObject


class FileStore:
    """Files by path. The paths are made up, so none leads to a file on this machine."""

    def __init__(self) -> None:
        self.root = ""  # The URL of the API, set once the server has an address.
        self.contents: dict[str, bytes] = {}

    def add(self, content: bytes, name: str) -> str:
        """Store a file, and return its path."""
        path = f"/mock/{hashlib.sha256(content).hexdigest()}/{safe_name(name)}"
        self.contents[path] = content
        return path

    def make(self, kind: str, chance: random.Random) -> JsonObject:
        """Generate a small file of a kind such as `image`, and return its FileData."""
        name, content_of = _KINDS[kind]
        return self.reference(self.add(content_of(chance), name))

    def reference(self, path: str) -> JsonObject:
        """Return the FileData that references a file in an answer."""
        return {
            "path": path,
            "url": f"{self.root}/file={quote(path)}",
            "size": len(self.contents[path]),
            "orig_name": path.rpartition("/")[2],
            "mime_type": mimetypes.guess_type(path)[0] or "application/octet-stream",
            "is_stream": False,
            "meta": {"_type": "gradio.FileData"},
        }


def files_of_form(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Return the name and content of each file in the field `files` of a form.

    Raises:
        ValueError: if the body is not a multipart form, or is truncated.
    """
    kind = email.message_from_string(f"content-type: {content_type}")
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        raise ValueError("The body is not multipart/form-data.")
    # Boundaries start a line, so the first one needs a preceding line break as well.
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"))
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise ValueError("The form is truncated: it has no closing boundary.")
    files: list[tuple[str, bytes]] = []
    for part in parts[1:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            raise ValueError("A part of the form is truncated in its headers.")
        # Only the headers are passed to `email`, which would parse an attached message.
        headers = email.message_from_string(head.decode(errors="replace").lstrip())
        name = headers.get_filename()
        if name is not None and headers.get_param("name", "", "content-disposition") == "files":
            files.append((name, content))
    return files


def _image(chance: random.Random) -> bytes:
    """A PNG of 8 by 8 pixels in one colour."""
    row = b"\0" + bytes(chance.randrange(256) for _ in range(3)) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(row * 8)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _audio(chance: random.Random) -> bytes:
    """A tenth of a second of a square tone."""
    half = chance.randint(5, 20)
    period = struct.pack("<h", -8000) * half + struct.pack("<h", 8000) * half
    output = io.BytesIO()
    with wave.open(output, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))  # one channel of 16 bits, 8000 per second
        sound.writeframes((period * 80)[:1600])
    return output.getvalue()


def _video(chance: random.Random) -> bytes:
    """An MP4 file without tracks: the header has a duration, but there is no picture."""
    matrix = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    times = (0, 0, 0, 1000, chance.randint(100, 2000))
    header = struct.pack(">5IIH10x9I24xI", *times, 1 << 16, 256, *matrix, 1)
    movie = struct.pack(">I4s", len(header) + 8, b"mvhd") + header
    kind = struct.pack(">I4s4sI12s", 28, b"ftyp", b"isom", 512, b"isomiso2mp41")
    return kind + struct.pack(">I4s", len(movie) + 8, b"moov") + movie


_TRIANGLE = b"v 0 0 0\nv %d 0 0\nv 0 1 0\nf 1 2 3\n"
_KINDS: dict[str, tuple[str, Callable[[random.Random], bytes]]] = {
    "audio": ("audio.wav", _audio),
    "image": ("image.png", _image),
    "model": ("model.obj", lambda chance: _TRIANGLE % chance.randint(1, 9)),
    "text": ("file.txt", lambda chance: b"Sample file %d.\n" % chance.randrange(1000)),
    "video": ("video.mp4", _video),
}
