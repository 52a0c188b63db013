"""Downloads files, and writes them to disk completely or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.request import Request

from .driver import Driver
from .effects import Close, Effects, Open, Read, Run
from .errors import ConnectionFailedError, DownloadError, HubsmithError
from .http import Body, HttpRequest, is_public, origin_of, shown
from .transport import Origins

if TYPE_CHECKING:
    from .async_driver import AsyncDriver

T = TypeVar("T")

_SLOWEST = 1024  # Bytes per second.
_NAME_LENGTH = 120
_PORTS = (f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³")
# Names that Windows reserves for devices, with any extension.
_RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *_PORTS}


class FileOrigin:
    """How the files of one client are downloaded, and the folder they are stored in.

    The credentials of its driver are sent only to URLs under `base`, the API root of a Space. The
    default folder is temporary: it is removed by `cleanup`, with this object or at process exit. A
    download fails if no data arrives for `timeout` seconds (by default the read timeout of the
    origins), or if it is slower than 1 KiB a second for longer than that.
    """

    def __init__(
        self,
        base: str = "",
        driver: Driver | AsyncDriver | None = None,
        folder: Path | None = None,
        timeout: float | None = None,
    ) -> None:
        self.base, self.driver, self.folder, self.timeout = base, driver, folder, timeout
        self._origins = Origins() if driver is None else driver.origins
        self._remover: Callable[[], object] | None = None  # For a temporary folder.

    def fetch(
        self,
        url: str,
        write: Callable[[bytes], object],
        declared: int | None = None,
        largest: int = sys.maxsize,
    ) -> Effects[str]:
        """Pass a whole file to `write`, or raise a `DownloadError`; return the server's MIME type.

        An answer may have at most `largest` bytes; one without a length, at most `declared`.

        A private address that a public Space names is refused.
        """
        body = yield from self._begin(url, declared, largest)
        try:
            while piece := (yield from _next_piece(body)):
                yield Run(partial(write, piece))
        except BaseException as error:
            if not isinstance(error, GeneratorExit):  # Nothing can be yielded then.
                yield Close(body)
            raise
        kind = body.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind if "/" in kind and not kind.endswith("/octet-stream") else ""

    def pieces(self, url: str, declared: int | None = None) -> Iterator[bytes]:
        """Yield the pieces of a file as they arrive; see `fetch`."""
        with self.blocking() as driver:
            body = driver.run(self._begin(url, declared))
            with contextlib.closing(body.response):
                while piece := driver.run(_next_piece(body)):
                    yield piece

    def _begin(self, url: str, declared: int | None, largest: int = sys.maxsize) -> Effects[Body]:
        if is_public(self.base) and not is_public(url):
            raise DownloadError(
                f"{shown(url)} is not fetched: it is an address of this machine or of a private "
                "network, but the Space that names it is public."
            )
        is_own = bool(self.base) and url.startswith(f"{self.base}/")
        headers = {**(self._credentials(url) if is_own else {}), "accept-encoding": "identity"}
        silence = self._origins.silence if self.timeout is None else self.timeout
        request = HttpRequest(
            method="GET", url=url, headers=headers, silence=silence, is_bare=not is_own
        )
        body: Body = yield Open(request, silence)
        body.patience = silence
        has_length = "content-length" in body.headers and not body.is_compressed
        body.largest = largest if has_length else min(largest, declared or largest)
        encoding = body.headers.get("content-encoding", "identity").lower()
        if encoding != "identity" and not body.is_compressed:
            yield Close(body)
            raise DownloadError(f"{shown(url)} has a content-encoding that was not requested.")
        if body.status not in (200, 203):
            yield Close(body)
            advice = "Pass the file itself if its URL needs a login."
            if self.base:
                advice = "Spaces delete results after a while: download them soon."
            raise DownloadError(
                f"GET {shown(body.url)} answered with status {body.status}: the file does not "
                f"exist, or you may not read it. {advice}"
            )
        return body

    @property
    def lasting_folder(self) -> Path | None:
        """The folder, unless it is a temporary one."""
        return None if self._remover is not None else self.folder

    def masked(self, text: str) -> str:
        """Return a server's text with the secrets that were sent to it masked."""
        return self._origins.masked(text)

    def _credentials(self, url: str) -> dict[str, str]:
        # The client that downloads may be another one than the Space's.
        origin = origin_of(url)
        request = Request(url, headers=dict(self._origins.headers.get(origin, {})))
        if jar := self._origins.cookies.get(origin):
            request.remove_header("Cookie")
            jar.add_cookie_header(request)
        return dict(request.header_items())

    @contextlib.contextmanager
    def blocking(self) -> Generator[Driver, None, None]:
        """Yield the client's driver or, if that is closed or asynchronous, a temporary one."""
        if isinstance(self.driver, Driver) and not self.driver.is_closed:
            yield self.driver
        else:
            with contextlib.closing(Driver(self._origins)) as driver:
                yield driver

    async def run(self, call: Effects[T]) -> T:
        """Carry out a call with the client's driver, or a temporary one; see `blocking`."""
        from .async_driver import AsyncDriver  # Not at the top: asyncio is slow to import.

        if isinstance(self.driver, AsyncDriver) and not self.driver.is_closed:
            return await self.driver.call(call)
        driver = AsyncDriver(self._origins)
        try:
            return await driver.run(call)
        finally:
            await driver.close()

    @contextlib.contextmanager
    def new_folder(self) -> Generator[Path, None, None]:
        """Create a private folder for one file; it is removed again if it stays empty."""
        try:
            if self.folder is None:
                self.folder = Path(tempfile.mkdtemp(prefix="hubsmith-"))
                self._remover = weakref.finalize(self, _remove, self.folder, os.getpid())
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="hubsmith-", dir=self.folder))
        except OSError as error:
            raise DownloadError(f"Cannot create a folder for files: {error}.") from error
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def cleanup(self) -> None:
        """Remove the temporary folder; its files are downloaded again when they are needed."""
        if self._remover is not None:
            self._remover()
            self.folder = self._remover = None

    def __reduce__(self) -> tuple[Any, ...]:
        return FileOrigin, (self.base,)  # Without credentials.

    def __deepcopy__(self, memo: object) -> FileOrigin:
        return self


def _remove(folder: Path, process: int) -> None:
    if process == os.getpid():  # Not a process forked from it.
        shutil.rmtree(folder, ignore_errors=True)


def _next_piece(body: Body) -> Effects[bytes]:
    """Return the next piece of a file; `b""` at its end."""
    piece = b""
    try:
        while piece == b"":  # A compressed file's header decompresses to nothing.
            began = time.monotonic()
            piece = yield Read(body, body.patience)
            # A server that drips bytes exhausts it.
            gained = len(piece or b"") / _SLOWEST - (time.monotonic() - began)
            body.patience = min(body.request.silence or 0.0, body.patience + gained)
    except ConnectionFailedError as error:
        raise DownloadError(f"{error} The file is incomplete: try again.") from error
    piece = piece or b""
    body.size += len(piece)
    if body.size > body.largest:
        limit = f"{body.largest:,} bytes that are allowed"
        raise DownloadError(f"{shown(body.url)} is larger than the {limit}.")
    return piece


def safe_name(name: str) -> str:
    """Return a file name from a server as a plain name, safe to use inside a folder."""
    base = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join("_" if c in '<>:"|?*' else c for c in base if c.isprintable()).strip(" .")
    if len(kept.encode()) > _NAME_LENGTH:
        stem, dot, ending = kept.rpartition(".")
        stem, ending = (stem, dot + ending) if stem and len(ending) < 20 else (kept, "")
        kept = stem.encode()[: _NAME_LENGTH - len(ending.encode())].decode(errors="ignore") + ending
        kept = kept.strip(" .")
    is_reserved = kept.partition(".")[0].rstrip().upper() in _RESERVED
    return f"_{kept}" if is_reserved else kept or "file"


def destination(path: str | os.PathLike[str], name: str, overwrite: bool = False) -> Path:
    """Return the file to write: `path` itself or, if that is a folder, `name` inside it."""
    target = Path(path)
    if os.path.isdir(target):  # noqa: PTH112  # unlike Path, it takes any string
        encoding = sys.getfilesystemencoding()  # Not always UTF-8, as with LC_ALL=C.
        target /= safe_name(name.encode(encoding, "replace").decode(encoding))
        if target.exists() and not overwrite:  # The server chose the name, not the caller.
            raise DownloadError(
                f"{target} already exists: pass overwrite=True, or the path of a file."
            )
        return target
    if os.fspath(path).endswith(("/", os.sep)) or not target.parent.is_dir():
        raise DownloadError(
            f"There is no folder to save {safe_name(name)!r} in: {target}. Create it first."
        )
    return target


@contextlib.contextmanager
def atomic_file(target: Path) -> Generator[BinaryIO, None, None]:
    """Write to a file next to the target, and move it there when it is complete."""
    # Not from `tempfile`: those are private, and this file gets the default permissions.
    temporary = target.parent / f".hubsmith-{os.urandom(8).hex()}"
    try:
        with temporary.open("xb") as stream:
            yield stream
        temporary.replace(target)
    except HubsmithError:  # A timeout of a download is an OSError, too.
        raise
    except OSError as error:
        raise DownloadError(f"Cannot save {target}: {error.strerror}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
