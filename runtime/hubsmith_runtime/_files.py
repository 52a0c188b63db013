"""`File`: what a Space takes and returns where it handles files."""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import ipaddress
import mimetypes
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Protocol, TypeAlias, cast
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

import pydantic
from pydantic_core import core_schema

from ._downloads import FileOrigin, atomic_file, destination, safe_name
from ._errors import DownloadError, ValidationError, shorten
from ._http import shown

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

_ORIGIN = "hubsmith_origin"
_CHUNK = 1 << 16


class Readable(Protocol):
    """An open binary file."""

    def read(self, size: int = -1, /) -> bytes:
        """Read bytes."""
        ...


class Image(Protocol):
    """An image that can write itself, such as one of Pillow."""

    def save(self, fp: Any, format: str | None = None) -> None:
        """Write the image."""
        ...


class File(os.PathLike[str]):
    """A file: one to send, or a lazy handle on one that a Space returned.

    As a path (`open(file)`, `Path(file)`) it is downloaded once, into the client's `download_dir`.

    Args:
        source: A path, an http(s) URL, a data URL, bytes, an open binary file or a Pillow image.
        name: The file's name as the Space sees it; taken from the source by default.
        mime_type: Its type, such as `image/png`; guessed from the name by default.

    Attributes:
        name: The file's name.
        url: Where it can be fetched; `None` for a file to be sent.
        mime_type: Its type, where known.
        size: Its size in bytes, where known.

    Raises:
        ValidationError: when the source is none of these, or the path is not a file.
    """

    def __init__(
        self, source: FileInput, *, name: str | None = None, mime_type: str | None = None
    ) -> None:
        self._path: Path | None = None
        self._content: bytes | None = None
        self._remote: dict[str, Any] | None = None
        self._origin = FileOrigin()
        self.url: str | None = None
        self.size: int | None = None
        default_name = self._adopt(source)
        default_type: str | None = None
        if isinstance(source, File):
            default_type = source.mime_type
        elif isinstance(source, str) and source.startswith("data:"):
            default_type = source[5:].partition(",")[0].partition(";")[0] or None
            default_name += mimetypes.guess_extension(default_type or "") or ""
        self.name: str = name or default_name
        self.mime_type: str | None = mime_type or default_type or mimetypes.guess_type(self.name)[0]

    def _adopt(self, source: object) -> str:
        """Take a source and return the name it suggests."""
        if isinstance(source, File):
            vars(self).update(vars(source))
            return source.name
        if isinstance(source, str) and source.startswith("data:"):
            self._hold(_data_of(source))
            return "file"
        if isinstance(source, str) and source.startswith(("http://", "https://")):
            self.url = source
            return safe_name(unquote(urlsplit(source).path))
        if isinstance(source, (str, os.PathLike)):
            path = Path(cast("str | os.PathLike[str]", source))
            try:
                is_file = path.is_file()
            except (OSError, ValueError):
                is_file = False
            if not is_file:
                kind = "a folder, not a file" if path.is_dir() else "not an existing file"
                raise ValidationError(f"{shorten(str(path))} is {kind}")
            # A relative path means the folder of now, even if the request is sent later.
            self._keep(path.absolute())
            return path.name
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._hold(bytes(cast("bytes", source)))
            return "file"
        if callable(getattr(source, "read", None)):
            return self._adopt_stream(cast("BinaryIO", source))
        if callable(getattr(source, "save", None)):
            picture = io.BytesIO()
            cast("Image", source).save(picture, format="PNG")
            self._hold(picture.getvalue())
            return "image.png"
        raise ValidationError(
            f"a {type(source).__name__} is not a file: give a path, URL, bytes, open binary file, "
            "PIL image or File"
        )

    def _hold(self, content: bytes) -> None:
        self._content, self.size = content, len(content)

    def _keep(self, path: Path) -> None:
        self._path, self.size = path, path.stat().st_size

    def _adopt_stream(self, stream: BinaryIO) -> str:
        if isinstance(stream, io.TextIOBase):
            raise ValidationError("the file is open as text: open it with mode 'rb'")
        name = getattr(stream, "name", None)
        name = name if isinstance(name, str) else ""
        # The request may be sent when the stream is closed. A file on disk is still there then,
        # what comes from elsewhere is kept.
        if getattr(stream, "mode", "") == "rb" and Path(name).is_file() and stream.tell() == 0:
            return self._adopt(name)
        self._hold(stream.read())
        return safe_name(name)

    @classmethod
    def _from_answer(cls, answer: dict[str, Any], origin: FileOrigin) -> File:
        """Make a handle from a FileData object."""
        file = cls(b"")
        path, url = answer.get("path"), answer.get("url")
        if not isinstance(path, str) or not path:
            if isinstance(url, str) and url.startswith(("data:", "http://", "https://")):
                file = cls(url)
                file._origin = origin
                return file
            raise ValidationError("the answer is not a file: it has neither a path nor a URL")
        file._content, file._remote, file._origin = None, dict(answer), origin
        file.url = _remote_url(answer, path, url, origin)
        size, name, kind = (answer.get(key) for key in ("size", "orig_name", "mime_type"))
        file.size = size if isinstance(size, int) else None
        file.name = safe_name(name if isinstance(name, str) and name else path)
        file.mime_type = kind if isinstance(kind, str) else mimetypes.guess_type(file.name)[0]
        return file

    def __repr__(self) -> str:
        content = str(self._path) if self._path else f"{self.size} bytes"
        return f"File({shorten(shown(self.url) if self.url else content)}, name={self.name!r})"

    @property
    def is_local(self) -> bool:
        """Whether the content is here already."""
        return self._path is not None or self._content is not None

    def chunks(self) -> Iterator[bytes]:
        """Iterate over the content, downloading it where it is not here."""
        if self._content is not None:
            yield self._content
        elif self._path is not None:
            with _reading(self._path), self._path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        elif self.url is not None:
            with self._origin.fetch(self.url) as stream:
                yield from stream.iter_bytes()

    def read(self) -> bytes:
        """Return the content.

        Raises:
            DownloadError: when the server does not give it.
            SpaceConnectionError: when there is no connection.
        """
        return b"".join(self.chunks())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file to disk, whole or not at all.

        Args:
            path: A file, or a folder that it is put into under its own name.

        Returns:
            The path of the file.

        Raises:
            DownloadError: when it cannot be fetched or written.
        """
        target = destination(path, self.name)
        with atomic_file(target) as output:
            for chunk in self.chunks():
                output.write(chunk)
        return target

    def open(self) -> BinaryIO:
        """Open the file for reading; a remote one is downloaded once."""
        if self._content is not None:
            return io.BytesIO(self._content)
        path = Path(self)
        with _reading(path):
            return path.open("rb")

    @contextlib.contextmanager
    def part(self) -> Generator[tuple[str, BinaryIO, str], None, None]:
        """Open the file as a part of a form: name, content and type."""
        kind = self.mime_type or ""
        kind = kind if kind.isascii() and kind.isprintable() else ""
        with self.open() as content:
            yield self.name, content, kind or "application/octet-stream"

    async def aread(self) -> bytes:
        """Return the content without blocking the event loop; see `read`."""
        if self.is_local or self.url is None:
            return self.read()
        async with self._origin.afetch(self.url) as stream:
            return (await stream.aread()).body

    async def asave(self, path: str | os.PathLike[str]) -> Path:
        """Write the file to disk without waiting for the network; see `save`."""
        if self.is_local or self.url is None:
            return self.save(path)
        target = destination(path, self.name)
        with atomic_file(target) as output:
            async with self._origin.afetch(self.url) as stream:
                async for chunk in stream.aiter_bytes():
                    output.write(chunk)
        return target

    def cache(self) -> None:
        """Download a remote file once, so that it has a path."""
        if not self.is_local:
            self._keep(self.save(self._origin.new_folder()))

    async def acache(self) -> None:
        """Do the same without waiting for the network."""
        if not self.is_local:
            self._keep(await self.asave(self._origin.new_folder()))

    def __fspath__(self) -> str:
        if self._path is None:
            self._keep(self.save(self._origin.new_folder()))
        return str(self._path)

    def reference(self, base: str) -> dict[str, Any] | None:
        """Return the FileData that names this file for the Space at `base` without sending it.

        It is `None` where the file must be uploaded first.
        """
        meta = {"_type": "gradio.FileData"}
        if self._remote is not None:
            is_there = (self.url or "").startswith((f"{base}/file=", f"{base}/stream/"))
            return {**self._remote, "meta": meta} if is_there else None
        if self.url is None or self.is_local or not _is_public(self.url):
            return None
        return {"path": self.url, "url": self.url, "orig_name": self.name, "meta": meta}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                File._stored, when_used="json"
            ),
        )

    def _stored(self) -> str | dict[str, Any]:
        """Return the JSON form in a stored request."""
        if self._remote is not None:
            return {**self._remote, "url": self.url}
        if self.url is not None:
            return self.url
        if self._path is not None:
            return str(self._path)
        kind = self.mime_type or "application/octet-stream"
        return f"data:{kind};base64,{base64.b64encode(self.read()).decode()}"


def _validate(value: object, info: core_schema.ValidationInfo) -> File:
    context = cast("dict[str, Any] | None", info.context)
    origin = context.get(_ORIGIN) if context else None
    is_object = isinstance(value, dict)
    if origin is not None and not is_object:
        # A server's string never names a file of this machine.
        raise ValueError("the answer is not a file object")
    if is_object:
        return answered_file(cast("dict[str, Any]", value), origin or FileOrigin())
    return value if isinstance(value, File) else File(cast("Any", value))


FileInput: TypeAlias = Annotated[
    File | str | os.PathLike[str] | bytes | Readable | Image,
    pydantic.GetPydanticSchema(lambda source, handler: handler(File)),
]
"""What a file argument takes; it becomes a `File`."""


@contextlib.contextmanager
def _reading(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        raise ValidationError(f"Cannot read {path}: {error.strerror}.") from error


def handle_file(path_or_url: str | os.PathLike[str]) -> File:
    """Mark a path or URL as a file.

    Raises:
        ValidationError: when the path is not a file.
    """
    return File(path_or_url)


def answered_file(answer: dict[str, Any], origin: FileOrigin) -> File:
    """Make a handle of a FileData object in an answer.

    Raises:
        ValidationError: when it has neither a path nor a URL.
    """
    return File._from_answer(answer, origin)  # pyright: ignore[reportPrivateUsage]  # same module


def origin_context(origin: FileOrigin) -> dict[str, Any]:
    """Return the pydantic context under which an answer of a Space is read."""
    return {_ORIGIN: origin}


def _remote_url(answer: dict[str, Any], path: str, url: object, origin: FileOrigin) -> str | None:
    if not origin.base:
        return url if isinstance(url, str) else None
    if answer.get("is_stream"):
        # A stream's path does not lead to it; the joined file lies beside its playlist.
        relative = quote(path.replace("playlist.m3u8", "playlist-file"))
        return f"{origin.base}/stream/{relative}"
    # The server's own `url` is wrong behind some proxies and in old versions.
    return f"{origin.base}/file={quote(path)}"


def _data_of(url: str) -> bytes:
    header, comma, body = url[5:].partition(",")
    try:
        if not comma:
            raise ValueError
        raw = unquote_to_bytes(body)
        return base64.b64decode(raw, validate=True) if header.endswith(";base64") else raw
    except (binascii.Error, ValueError):
        raise ValidationError(f"{shorten(url)} is not a valid data URL") from None


def _is_public(url: str) -> bool:
    """Whether a Space can be asked to fetch the URL itself; it refuses private hosts."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        raise DownloadError(f"{shorten(shown(url))} is not a valid URL.") from None
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal", ".lan"))
