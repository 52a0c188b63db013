"""What a `File` can be made from: each form is converted to bytes, a path or a URL."""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import mimetypes
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from .errors import ArgumentError, MissingFileError, ValidationError, a_type, shorten
from .http import shown
from .reading import as_text
from .saving import safe_name

_TAKES = "give a path, URL, data URL, bytes, open binary file or PIL image"

# Signatures at the start of files: offset, bytes, MIME type. Longer ones precede their prefixes.
_SIGNATURES: tuple[tuple[int, bytes | tuple[bytes, ...], str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"), (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"), (0, b"fLaC", "audio/flac"), (0, b"OggS", "audio/ogg"),
    (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), "audio/mpeg"),
    (4, b"ftypM4A", "audio/mp4"), (4, b"ftyp", "video/mp4"), (0, b"\x1aE\xdf\xa3", "video/webm"),
)  # fmt: skip

Content: TypeAlias = bytes | Path | Callable[[], bytes]  # Calling or opening it may block.
FileArgument: TypeAlias = tuple[str, Content | str, str | None]  # Name, content or URL, type.


class Readable(Protocol):
    """An open binary file."""

    def read(self, size: int = -1, /) -> bytes: ...


class Image(Protocol):
    """An image that can save itself, such as Pillow's."""

    def save(self, fp: Any, format: str | None = None) -> None: ...


def file_argument(given: object) -> FileArgument:
    """Convert a file in any accepted form; a `ValidationError` for any other value."""
    if isinstance(given, (bytes, bytearray, memoryview)):
        return "file", bytes(cast("bytes", given)), None
    if isinstance(given, str) and given.startswith("data:"):
        content, kind = decode_data_url(given)
        return f"file{mimetypes.guess_extension(kind or '') or ''}", content, kind
    if isinstance(given, str) and given.startswith(("http://", "https://")):
        try:
            return safe_name(unquote(urlsplit(given).path)), given, None
        except ValueError:
            raise ValidationError(f"{shorten(shown(given))} is not a valid URL") from None
    if isinstance(given, (str, os.PathLike)):
        path = os.fsdecode(cast("str | os.PathLike[str]", given))
        if not os.path.isfile(path):  # noqa: PTH113  # unlike Path, it takes any string
            is_folder = os.path.isdir(path)  # noqa: PTH112
            what = "a folder, not a file" if is_folder else "not an existing file"
            raise MissingFileError(f"{shorten(path)} is {what}")
        # Made absolute, because the working directory may change before the request is sent.
        return Path(path).name, Path(path).absolute(), None
    if callable(getattr(given, "read", None)):
        return _from_stream(given)
    if callable(getattr(given, "save", None)):
        return _from_picture(given)
    raise ArgumentError(f"{a_type(given)} is not a file: {_TAKES}")


def _from_stream(stream: Any) -> FileArgument:
    if isinstance(stream, io.TextIOBase):
        raise ArgumentError("the file is open as text: open it with mode 'rb'")
    path = as_text(getattr(stream, "name", ""))
    name = safe_name(path)
    # The stream may be closed before the request is sent, so a file on disk is read from there. A
    # decompressing stream has the name of its file, too, but other content.
    is_plain = isinstance(getattr(stream, "raw", stream), io.FileIO) and not stream.closed
    if is_plain and stream.mode == "rb" and Path(path).is_file() and stream.tell() == 0:
        return name, Path(path).absolute(), None

    def read() -> bytes:
        try:
            content: Any = stream.read()
        except (OSError, ValueError) as error:  # ValueError: it is closed.
            raise ValidationError(f"Cannot read {name}: {error}.") from error
        if isinstance(content, (bytes, bytearray, memoryview)):
            return bytes(cast("bytes", content))
        if hasattr(content, "close"):
            content.close()  # Python warns of a coroutine that is never awaited.
        raise ArgumentError(f"the read() of {a_type(stream)} returns no bytes: {_TAKES}")

    return name, read() if isinstance(stream, io.BytesIO) else _read_soon(read), None


def _from_picture(picture: Any) -> FileArgument:
    # A JPEG keeps its quality; with transparency added, it can no longer be one.
    is_jpeg = getattr(picture, "format", None) == "JPEG" and picture.mode in ("L", "RGB", "CMYK")
    kind, options = ("JPEG", {"quality": "keep"}) if is_jpeg else ("PNG", {})

    def read() -> bytes:
        output = io.BytesIO()
        try:
            picture.save(output, format=kind, **options)
        except (OSError, ValueError, KeyError) as error:
            raise ValidationError(f"the image cannot be written as {kind}: {error}") from error
        return output.getvalue()

    name = "image.jpg" if is_jpeg else "image.png"
    return name, _read_soon(read), f"image/{kind.lower()}"


def _read_soon(read: Callable[[], bytes]) -> Content:
    """Read now or, in an event loop, which must not block, once when it is needed."""
    with contextlib.suppress(KeyError, RuntimeError):
        sys.modules["asyncio"].get_running_loop()
        lock, cached = threading.Lock(), functools.cache(read)

        def read_once() -> bytes:
            with lock:
                return cached()

        return read_once
    return read()


def type_of(content: bytes) -> str | None:
    """Return the MIME type of a file by its signature, such as `image/png`; `None` if unknown."""
    return next((kind for at, mark, kind in _SIGNATURES if content.startswith(mark, at)), None)


def decode_base64(text: str) -> bytes:
    """Decode base64, with or without white space and padding; a `ValueError` for other text."""
    compact = "".join(text.split())
    with contextlib.suppress(ValueError):
        return base64.b64decode(compact, validate=True)  # Without another copy.
    compact = compact.rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except ValueError:
        raise ValueError("the text is not base64") from None


def decode_data_url(url: str) -> tuple[bytes, str | None]:
    """Return the content of a data URL, and its MIME type if it has one."""
    header, comma, body = url.removeprefix("data:").partition(",")
    kind, *marks = (part.strip().lower() for part in header.split(";"))
    try:
        if not comma:
            raise ValueError
        is_base64 = "base64" in marks[-1:]
        content = decode_base64(unquote(body)) if is_base64 else unquote_to_bytes(body)
    except ValueError:
        raise ValidationError(f"{shorten(url[:100])} is not a valid data URL") from None
    return content, kind or None
