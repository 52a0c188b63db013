"""`File`: the type of files in arguments and results."""

from __future__ import annotations

import contextlib
import io
import mimetypes
import os
import sys
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeAlias, cast
from urllib.parse import quote

import pydantic

from .content import BINARY, FileContent
from .effects import Effects, Run
from .errors import ValidationError, shorten
from .http import LARGEST_BODY, is_public, shown
from .reading import as_count, as_text
from .saving import FileOrigin, atomic_file, destination, safe_name
from .sources import Content, Image, Readable, file_argument, type_of

_NO_ORIGIN = FileOrigin()
_PIECE = 1 << 16


class File(FileContent):
    """A file to send, or a lazy handle on a file that a Space returned.

    Used as a path (`open(file)`, `Path(file)`), it is downloaded once, to the `download_dir`.

    Args:
        source: A path, an http(s) URL, a data URL, bytes, an open binary file or a Pillow image.
        name: The file's name as the Space sees it; taken from the source by default.
        mime_type: Its MIME type, such as `image/png`; guessed from name or content by default.

    Attributes:
        name: The file's name.
        url: The URL that it is downloaded from; `None` if it was made from local content.
        mime_type: Its MIME type, if known.
        size: Its size in bytes, if known.
        answer: The FileData object in which a Space returned it; `None` for any other file.
        origin: The credentials and the folder for its download.

    Raises:
        MissingFileError: when there is no file at a path; also a `FileNotFoundError`.
        ArgumentError: when the source has another type; also a `TypeError`.
        ValidationError: when the source is invalid, such as a malformed data URL.
    """

    def __init__(
        self, source: FileInput, *, name: str | None = None, mime_type: str | None = None
    ) -> None:
        self.url: str | None = None
        self.size: int | None = None
        self.answer: dict[str, Any] | None = None
        self.origin = _NO_ORIGIN
        self._path: Path | None = None  # The file on disk.
        self._content: bytes | Callable[[], bytes] | None = None  # In memory, or how to read it.
        if isinstance(source, File):
            vars(self).update(vars(source))
            self.name, self.mime_type = name or self.name, mime_type or self.mime_type
            return
        default_name, content, kind = file_argument(source)
        self.name = name or default_name
        self.mime_type = mime_type or kind or mimetypes.guess_type(self.name)[0]
        if isinstance(content, str):
            self.url = content
        else:
            self._keep(content)

    def __repr__(self) -> str:
        what = shown(self.url) if self.url else self._path or f"{self.size} bytes"
        return f"File({shorten(str(what))}, name={self.name!r})"

    @property
    def is_local(self) -> bool:
        """Whether the content is available without a download."""
        return self._content is not None or self._on_disk() is not None

    def _on_disk(self) -> Path | None:
        """Return its path on disk, unless that was a copy that has been removed since."""
        is_copy = self.url is not None or self._content is not None
        if is_copy and self._path is not None and not self._path.exists():
            self._path = None
        return self._path

    def chunks(self) -> Iterator[bytes]:
        """Iterate over the content in chunks, downloading it if necessary."""
        if self.is_local:
            with self.open() as stream:
                yield from iter(partial(stream.read, _PIECE), b"")
        else:
            yield from self.origin.pieces(self.url or "", self._declared)

    def read(self) -> bytes:
        """Return the content.

        Raises:
            DownloadError: when the download fails, or exceeds 512 MiB without a known size.
            ConnectionFailedError: when the server cannot be reached.
        """
        if not self.is_local:
            with self.origin.blocking() as driver:
                return driver.call(self._fetch())
        if self._content is None:
            return b"".join(self.chunks())
        return self._content if isinstance(self._content, bytes) else self._content()

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Save the file to disk, completely or not at all.

        Args:
            path: A file, which is replaced, or a folder, in which the file keeps its name.
            overwrite: Whether to replace a file of the same name in the folder.

        Returns:
            The path of the saved file.

        Raises:
            DownloadError: when it cannot be downloaded or written.
        """
        with self.origin.blocking() as driver:
            return driver.call(self._write(path, overwrite))

    def open(self) -> BinaryIO:
        """Open the file for reading; a remote one is downloaded once."""
        if self._content is not None:
            return io.BytesIO(self.read())
        path = Path(self)
        try:
            return path.open("rb")
        except OSError as error:
            raise ValidationError(f"Cannot read {path}: {error.strerror}.") from error

    async def aread(self) -> bytes:
        """Return the content without blocking the event loop; see `read`."""
        return await self.origin.run(self._fetch())

    async def asave(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Save the file to disk without blocking the event loop; see `save`."""
        return await self.origin.run(self._write(path, overwrite))

    def __fspath__(self) -> str:
        if (path := self._on_disk()) is None:
            with self.origin.blocking() as driver:
                path = driver.call(self._download())
        return str(path)

    @contextlib.contextmanager
    def part(self) -> Generator[tuple[str, BinaryIO, str], None, None]:
        """Open the file as a part of a multipart form: its name, content and MIME type."""
        kind = self.mime_type or ""
        with self.open() as content:
            yield self.name, content, kind if kind.isascii() and kind.isprintable() else BINARY

    def load(self) -> Effects[None]:
        """Load the content, of at most 512 MiB, into memory, so that `read` does not block."""
        if not isinstance(self._content, bytes):
            self._keep((yield from self._fetch(LARGEST_BODY)))

    def cache(self) -> Effects[None]:
        """Make the content available locally; a download is saved to disk."""
        if not self.is_local:
            yield from self._download()
        elif self.size is None:
            yield from self.load()

    def as_url(self, default_mime: str = BINARY) -> str:
        """Return its own URL or a data URL, for servers that fetch files."""
        is_given = self.answer is None and not self.origin.base
        if self.url and (is_given or not self.is_local):
            return self.url
        return self.data_url(default_mime)

    def reference(self, base: str) -> dict[str, Any] | None:
        """Return a FileData object that the Space at `base` accepts; `None` before an upload."""
        meta, url = {"_type": "gradio.FileData"}, self.url or ""
        if self.answer is not None:
            is_there = url.startswith((f"{base}/file=", f"{base}/stream/"))
            return {**self.answer, "meta": meta} if is_there else None
        if self.is_local or not is_public(url):
            return None
        return {"path": url, "url": url, "orig_name": self.name, "meta": meta}

    @property
    def _declared(self) -> int | None:
        """The size limit of a download without a Content-Length: the size the Space declared."""
        is_said = self.answer is not None and not self.answer.get("is_stream")
        return self.size if is_said else None

    def _fetch(self, largest: int = sys.maxsize) -> Effects[bytes]:
        if self.is_local:
            return (yield Run(self.read))
        pieces: list[bytes] = []
        declared = self._declared or LARGEST_BODY
        kind = yield from self.origin.fetch(self.url or "", pieces.append, declared, largest)
        if kind and self.mime_type in (None, mimetypes.guess_type(self.name)[0]):
            self.mime_type = kind
        return b"".join(pieces)

    def _write(self, path: str | os.PathLike[str], overwrite: bool = False) -> Effects[Path]:
        target = destination(path, self.name, overwrite)
        with atomic_file(target) as output:
            if self.is_local:
                yield Run(partial(output.writelines, self.chunks()))
            else:
                yield from self.origin.fetch(self.url or "", output.write, self._declared)
            yield Run(output.flush)
        return target

    def _download(self) -> Effects[Path]:
        with self.origin.new_folder() as folder:
            path = yield from self._write(folder)
        self._keep(path)
        return path

    def _keep(self, content: Content) -> None:
        if isinstance(content, Path):
            self._path, self.size = content, content.stat().st_size
            return
        self._content = content
        if isinstance(content, bytes):
            self.size, self.mime_type = len(content), self.mime_type or type_of(content)

    def __getstate__(self) -> dict[str, Any]:
        # A copy is downloaded again: it may be gone by then, or not exist on the other machine.
        path, content = (None, None) if self.url else (self._path, self._content and self.read())
        return {**vars(self), "_path": path, "_content": content}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from pydantic_core import core_schema as schemas  # Slow to import.

        stored = schemas.plain_serializer_function_ser_schema(cls._stored, when_used="json")
        return schemas.with_info_plain_validator_function(_validate, serialization=stored)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        return {"type": "string", "format": "uri"}

    @property
    def __pydantic_serializer__(self) -> Any:  # For files in a field declared as `Any`.
        return pydantic.TypeAdapter(File).serializer

    def _stored(self) -> str | dict[str, Any]:
        """Return the JSON form for a stored request."""
        if self.answer is not None:
            return {**self.answer, "url": self.url}
        if self.url is None and self._path is not None:
            return str(self._path)
        default_name = "file" if self.url is None else file_argument(self.url)[0]
        url = self.url or self.data_url()
        return url if self.name == default_name else {"url": url, "orig_name": self.name}


def _validate(value: object, info: Any) -> File:
    """Validate a file in an argument or, if the context is a `FileOrigin`, in an answer."""
    origin = info.context if isinstance(info.context, FileOrigin) else None
    if isinstance(value, dict):
        return answered_file(cast("dict[str, Any]", value), origin or _NO_ORIGIN)
    if origin is not None:  # A server's string is never a path on this machine.
        raise ValueError("the answer is not a file object")
    return value if isinstance(value, File) else File(cast("Any", value))


FileInput: TypeAlias = Annotated[
    File | str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Image,
    pydantic.GetPydanticSchema(lambda source, handler: handler(File)),
]
"""What a file argument accepts; it is converted to a `File`."""


def handle_file(path_or_url: str | os.PathLike[str]) -> File:
    """Return a `File` for a path or URL; a `MissingFileError` if the path has no file."""
    return File(path_or_url)


def answered_file(answer: dict[str, Any], origin: FileOrigin) -> File:
    """Return a handle on an answer's FileData object; a `ValidationError` if it names no file."""
    path, url = as_text(answer.get("path")), as_text(answer.get("url"))
    if path and origin.base:
        # The server's own `url` is wrong behind some proxies and in old versions. The path of a
        # stream cannot be downloaded as a file; the joined file is next to its playlist.
        place, where = "file=", path
        if answer.get("is_stream"):
            place, where = "stream/", path.replace("playlist.m3u8", "playlist-file")
        url = f"{origin.base}/{place}{quote(where, errors='replace')}"
    if not url.startswith(("data:", "http://", "https://")):
        raise ValidationError("this is not a file: it has neither a path nor a URL")
    name = as_text(answer.get("orig_name")) or path
    file = File(url, name=name and safe_name(name), mime_type=as_text(answer.get("mime_type")))
    file.origin = origin
    if path and file.url is not None:
        file.answer, file.size = dict(answer), as_count(answer.get("size"))
    return file
