"""The files of a mock: those that answers name and those that callers send, all in memory."""

from __future__ import annotations

import hashlib
import io
import mimetypes
import random
import re
import struct
import threading
import wave
import zlib
from dataclasses import dataclass
from urllib.parse import quote

from .._downloads import safe_name
from ._json import JsonObject

_LARGEST_TOTAL = 512 * 2**20
_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")
_NAMES = {
    "audio": "audio.wav",
    "image": "image.png",
    "model": "model.obj",
    "text": "file.txt",
    "video": "video.mp4",
}


class StoreFull(Exception):
    """There is no room for another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that can be downloaded."""

    path: str
    name: str
    mime_type: str
    content: bytes


class FileStore:
    """Files by their path, which exists nowhere else: no path leads to a file of this machine."""

    def __init__(self) -> None:
        self.base = ""  # The root of the API, once the server has an address.
        self._files: dict[str, StoredFile] = {}
        self._size = 0
        self._lock = threading.Lock()

    def add(self, content: bytes, name: str, mime_type: str | None = None) -> StoredFile:
        """Keep a file.

        Raises:
            StoreFull: when all files together are larger than 512 MiB.
        """
        name = safe_name(name)
        if mime_type is None or not _TYPE.fullmatch(mime_type):
            mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        path = f"/mock/{hashlib.sha256(content).hexdigest()}/{name}"
        file = StoredFile(path=path, name=name, mime_type=mime_type, content=content)
        with self._lock:
            if path not in self._files:
                if self._size + len(content) > _LARGEST_TOTAL:
                    raise StoreFull
                self._size += len(content)
                self._files[path] = file
        return file

    def get(self, path: str) -> StoredFile | None:
        """Return the file of a path."""
        return self._files.get(path)

    def make(self, kind: str, chance: random.Random) -> JsonObject:
        """Make a small file of a kind, and return its FileData."""
        name = _NAMES[kind]
        return self.reference(self.add(_CONTENTS[kind](chance), name))

    def reference(self, file: StoredFile) -> JsonObject:
        """Return the object that names a file in an answer."""
        return {
            "path": file.path,
            "url": f"{self.base}/file={quote(file.path)}",
            "size": len(file.content),
            "orig_name": file.name,
            "mime_type": file.mime_type,
            "is_stream": False,
            "meta": {"_type": "gradio.FileData"},
        }


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
    samples = b"".join(
        struct.pack("<h", 8000 if place // half % 2 else -8000) for place in range(800)
    )
    output = io.BytesIO()
    with wave.open(output, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(samples)
    return output.getvalue()


def _video(chance: random.Random) -> bytes:
    """An MP4 file without a track: its header says how long it is, there is nothing to see."""
    duration = chance.randint(100, 2000)
    matrix = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    header = struct.pack(">5I", 0, 0, 0, 1000, duration) + struct.pack(">IH10x", 1 << 16, 256)
    movie = _box(b"mvhd", header + matrix + bytes(24) + struct.pack(">I", 1))
    return _box(b"ftyp", b"isom" + struct.pack(">I", 512) + b"isomiso2mp41") + _box(b"moov", movie)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _model(chance: random.Random) -> bytes:
    """A triangle as a Wavefront OBJ file."""
    return f"v 0 0 0\nv {chance.randint(1, 9)} 0 0\nv 0 1 0\nf 1 2 3\n".encode()


def _text(chance: random.Random) -> bytes:
    return f"Sample file {chance.randrange(1000)}.\n".encode()


_CONTENTS = {"audio": _audio, "image": _image, "model": _model, "text": _text, "video": _video}
