"""Sending files: one multipart request, streamed from where they lie."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, cast

from ._encode import Upload
from ._errors import FileTooLargeError, UploadError
from ._files import File


def check_sizes(uploads: Sequence[Upload], limit: int | None, source: str) -> None:
    """Refuse files that the Space would refuse, before a byte is sent.

    Raises:
        FileTooLargeError: when one is larger than `limit` bytes.
    """
    for upload in uploads:
        size = upload.file.measure()
        if limit is not None and size is not None and size > limit:
            raise FileTooLargeError(
                f"{source} takes files of at most {limit} bytes, {upload.file.name!r} has {size}."
            )


class Multipart:
    """The body of an upload: every file as a part named `files`.

    Attributes:
        headers: What the request needs: type and, where the sizes are known, length.
    """

    def __init__(self, files: Sequence[File]) -> None:
        boundary = secrets.token_hex(16)
        self._parts = [(_header(file, boundary), file) for file in files]
        self._end = f"--{boundary}--\r\n".encode()
        self.headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        sizes = [file.size for file in files]
        if None not in sizes:
            parts = sum(len(header) + 2 for header, _ in self._parts)
            length = parts + len(self._end) + sum(cast("list[int]", sizes))
            self.headers["content-length"] = str(length)

    def __iter__(self) -> Iterator[bytes]:
        for header, file in self._parts:
            yield header
            yield from file.chunks()
            yield b"\r\n"
        yield self._end

    async def aiter(self) -> AsyncIterator[bytes]:
        """Iterate in an asynchronous request."""
        for chunk in self:
            yield chunk


def assign_paths(uploads: Sequence[Upload], answer: Any, source: str) -> None:
    """Write the server's paths into the call.

    Raises:
        UploadError: when the server did not name one path per file.
    """
    paths = cast("list[Any]", answer) if isinstance(answer, list) else []
    if len(paths) != len(uploads) or not all(isinstance(path, str) for path in paths):
        raise UploadError(
            f"{source}: the upload of {len(uploads)} files was answered oddly. Try again."
        )
    for upload, path in zip(uploads, paths, strict=True):
        for reference in upload.references:
            reference["path"] = path


def _header(file: File, boundary: str) -> bytes:
    name = file.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    kind = file.mime_type or "application/octet-stream"
    return (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n'
        f"Content-Type: {kind if kind.isprintable() else 'application/octet-stream'}\r\n\r\n"
    ).encode()
