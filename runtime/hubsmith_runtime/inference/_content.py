"""`Content`: a file given as an argument, whatever it was given as."""

from __future__ import annotations

import base64
import io
import mimetypes
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from .._errors import ArgumentError, DownloadError, ValidationError, shorten
from .._http import Exchange, HttpRequest, Options, shown

if TYPE_CHECKING:
    from typing_extensions import Self

_LARGEST_DOWNLOAD = 512 << 20  # A file that is sent inside a request is never that large.
_TAKES = "give a path, URL, data URL, bytes, open binary file, PIL image or (samples, rate)"
_OPEN_AS_TEXT = "the file is open as text: open it with mode 'rb'"

# How files begin: offset, bytes, type. What begins alike stands with the longer mark first.
_MARKS = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)


class MissingFileError(ValidationError, FileNotFoundError):
    """The path that was given for a file leads to none. Nothing was sent."""


class Content:
    """A file to be sent: its bytes, and what is known of it.

    What stands on disk is read when it is first needed, an open file at once, or by a thread where
    an event loop runs, what a URL leads to is fetched by `fetch`.

    Attributes:
        mime_type: Its type, such as `image/png`: as given, or by its name, or by how it begins
            once that is read. `None` where none of these tells.
        name: Its file name, where it has one.
        url: The http(s) URL that it was given as; `None` for everything else.
    """

    __slots__ = ("_content", "_read", "mime_type", "name", "url")

    def __init__(
        self,
        content: bytes | None = None,
        *,
        mime_type: str | None = None,
        name: str | None = None,
        url: str | None = None,
        read: Callable[[], bytes] | None = None,
    ) -> None:
        self.mime_type = mime_type or (mimetypes.guess_type(name)[0] if name else None)
        self.name = name
        self.url = url
        self._read = read
        self._content: bytes | None = None
        if content is not None:
            self._hold(content)

    @classmethod
    def of(cls, source: object) -> Self:
        """Take a file in any of the forms of `ContentInput`.

        Raises:
            MissingFileError: when a path leads to no file; also a `FileNotFoundError`.
            ArgumentError: when it is of another type, or a file open as text; also a `TypeError`.
            ValidationError: when a data URL or an array is broken.
        """
        from .._files import File  # Space clients' results are files, too.

        if isinstance(source, cls):
            return source
        if isinstance(source, (bytes, bytearray, memoryview)):
            return cls(bytes(cast("bytes", source)))
        if isinstance(source, str) and source.startswith("data:"):
            file = File(source)
            return cls(file.read(), mime_type=file.mime_type)
        if isinstance(source, str) and source.startswith(("http://", "https://")):
            name = unquote(urlsplit(source).path).rpartition("/")[2]
            return cls(url=source, name=name or None)
        if isinstance(source, File):
            return cls(read=source.read, mime_type=source.mime_type, name=source.name)
        if isinstance(source, (str, os.PathLike)):
            return cls._of_path(os.fspath(cast("str | os.PathLike[str]", source)))
        if isinstance(source, tuple):
            return cls(_sound_of(cast("tuple[Any, ...]", source)), mime_type="audio/wav")
        if callable(getattr(source, "read", None)):
            return cls._of_stream(cast("Any", source))
        if callable(getattr(source, "save", None)):
            return cls._of_picture(cast("Any", source))
        raise ArgumentError(f"a {type(source).__name__} is not a file: {_TAKES}")

    @classmethod
    def _of_path(cls, path: str) -> Self:
        if not os.path.isfile(path):  # noqa: PTH113  # unlike Path, it takes any string
            kind = "a folder, not a file" if os.path.isdir(path) else "not an existing file"  # noqa: PTH112
            raise MissingFileError(f"{shorten(path)} is {kind}: {_TAKES}")
        # A relative path means the folder of now, even if the request is sent later.
        path = os.path.abspath(path)  # noqa: PTH100

        def read() -> bytes:
            try:
                with open(path, "rb") as file:  # noqa: PTH123
                    return file.read()
            except OSError as error:
                raise ValidationError(f"Cannot read {path}: {error.strerror}.") from error

        return cls(read=read, name=os.path.basename(path))  # noqa: PTH119

    @classmethod
    def _of_stream(cls, stream: Any) -> Self:
        def read() -> bytes:
            try:
                content: Any = stream.read()
            except (OSError, ValueError) as error:  # The latter where it is closed already.
                raise ValidationError(f"Cannot read {name or 'the open file'}: {error}.") from error
            if isinstance(content, str):
                raise ArgumentError(_OPEN_AS_TEXT)
            if not isinstance(content, (bytes, bytearray, memoryview)):
                if hasattr(content, "close"):
                    content.close()  # A coroutine that nobody awaits would warn.
                kind = type(stream).__name__
                raise ArgumentError(f"the read() of a {kind} gives no bytes: {_TAKES}")
            return bytes(cast("bytes", content))

        if isinstance(stream, io.TextIOBase):
            raise ArgumentError(_OPEN_AS_TEXT)
        name = getattr(stream, "name", None)
        name = os.path.basename(name) if isinstance(name, str) else None  # noqa: PTH119
        if isinstance(stream, io.BytesIO) or not _is_in_loop():
            return cls(read(), name=name)
        return cls(read=read, name=name)

    @classmethod
    def _of_picture(cls, picture: Any) -> Self:
        made = cls()

        def read() -> bytes:
            kind = getattr(picture, "format", None) or "PNG"
            output = io.BytesIO()
            try:
                # A JPEG keeps the quality it came in.
                picture.save(output, format=kind, **({"quality": "keep"} if kind == "JPEG" else {}))
            except (OSError, ValueError, KeyError):  # A format that can be read but not written.
                kind, output = "PNG", io.BytesIO()
                picture.save(output, format=kind)
            made.mime_type = f"image/{kind.lower()}"
            return output.getvalue()

        made._read = read
        if not _is_in_loop():
            made.read()
        return made

    def _hold(self, content: bytes) -> None:
        self._content = content
        self.mime_type = self.mime_type or _type_of(content)

    @property
    def is_local(self) -> bool:
        """Whether the content can be had without a request."""
        return self._content is not None or self._read is not None

    @property
    def is_read(self) -> bool:
        """Whether the content is in memory, so that `read` does not wait for a disk."""
        return self._content is not None

    @property
    def content(self) -> bytes:
        """The bytes. A URL must have been fetched."""
        return self.read()

    def read(self) -> bytes:
        """Return the bytes, read from disk at the first call.

        Raises:
            ValidationError: when it cannot be read.
        """
        if self._content is None:
            if self._read is None:
                raise DownloadError(f"{shown(self.url or '')} has not been fetched.")
            self._hold(self._read())
            self._read = None  # It holds an open file, or a picture.
        return cast("bytes", self._content)

    def base64(self) -> str:
        """Return the bytes as base64."""
        return base64.b64encode(self.read()).decode()

    def data_url(self, default_mime: str = "application/octet-stream") -> str:
        """Return the bytes as a data URL, of `default_mime` where the type is not known."""
        content = self.base64()
        return f"data:{self.mime_type or default_mime};base64,{content}"

    def as_url(self, default_mime: str = "application/octet-stream") -> str:
        """Return the URL that it was given as, or a data URL, for providers that fetch files."""
        return self.url or self.data_url(default_mime)

    def fetch(self, timeout: float | None = None) -> Exchange[None]:
        """Fetch what a URL leads to, once, without credentials.

        Args:
            timeout: Seconds without progress until it fails; `None` for the transport's own.

        Raises:
            DownloadError: when the server does not give it, or it is larger than 512 MiB.
        """
        if self.is_local or self.url is None:
            return
        options: Options = {} if timeout is None else {"timeout": timeout}
        answer = yield HttpRequest("GET", self.url, options)
        if not 200 <= answer.status < 300:
            raise DownloadError(
                f"{shown(self.url)} answered with status {answer.status}, so there is no file to "
                "send. Give the file itself where the URL needs a login."
            )
        if len(answer.body) > _LARGEST_DOWNLOAD:
            raise DownloadError(
                f"{shown(self.url)} is larger than {_LARGEST_DOWNLOAD >> 20} MiB, too much to "
                "send inside a request."
            )
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if "/" in kind and kind not in ("application/octet-stream", "binary/octet-stream"):
            self.mime_type = kind
        self._hold(answer.body)

    def __repr__(self) -> str:
        what = shown(self.url) if self.url else self.name or self.mime_type or "bytes"
        size = f", {len(self._content)} bytes" if self._content is not None else ""
        return f"Content({shorten(what)}{size})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from pydantic_core import core_schema  # Here, so that importing a client is cheap.

        return core_schema.no_info_plain_validator_function(
            cls.of,
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls.as_url, when_used="json"
            ),
        )


def _is_in_loop() -> bool:
    """Whether an event loop runs here: it must not wait for a disk, so a thread reads for it."""
    asyncio: Any = sys.modules.get("asyncio")
    try:
        return asyncio is not None and asyncio.get_running_loop() is not None
    except RuntimeError:
        return False


def _type_of(content: bytes) -> str | None:
    for offset, mark, kind in _MARKS:
        if content.startswith(mark, offset):
            return kind
    return None


def _sound_of(pair: tuple[Any, ...]) -> bytes:
    from ._media import wav_of

    # Gradio has the rate first.
    samples, rate = pair if len(pair) == 2 else (None, None)
    if hasattr(rate, "ndim") and not hasattr(samples, "ndim"):
        samples, rate = rate, samples
    if not hasattr(samples, "dtype") or not isinstance(rate, (int, float)):
        raise ArgumentError(f"a tuple is sound only as (numpy array, sampling rate): {_TAKES}")
    return wav_of(samples, int(rate))
