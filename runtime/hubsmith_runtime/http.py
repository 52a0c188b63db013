"""HTTP as values: `HttpRequest`, `Response`, and what a URL says about its server."""

from __future__ import annotations

import functools
import ipaddress
import itertools
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias
from urllib.parse import urlsplit

from pydantic_core import from_json

from .errors import ConnectionFailedError, SpecError

LARGEST_BODY = 512 << 20  # Bytes of an answer that are held in memory; files may be larger.

_PACKED = ("gzip", "x-gzip", "deflate")
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)

FormFile: TypeAlias = tuple[str, tuple[str, BinaryIO, str]]  # The field; name, content, type.


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request that is described, not sent.

    A redirect to another origin gets none of its headers but `accept` and `range`.
    """

    method: str
    url: str = field(repr=False)  # Of a model server it may hold a key.
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    content: bytes | None = field(default=None, repr=False)  # A login has the password here.
    files: Sequence[FormFile] | None = field(default=None, repr=False)  # A form, not `content`.
    silence: float | None = (
        None  # Seconds without a byte until it fails, if not those of the client.
    )
    largest: int = LARGEST_BODY  # Bytes that the answer may have, where it is read as a whole.
    is_bare: bool = False  # Goes without credentials of any origin: an answer named the URL.
    attempts: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer: headers by lower-case name, the URL after redirects.

    Servers repeat what they were sent: no text of theirs is put in a message before it is `masked`,
    and none is shortened before that.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    masked: Callable[[str], str] = field(default=str, repr=False, compare=False)

    def json(self) -> Any:
        """Return the parsed content, or `None` where it is not JSON."""
        try:
            return parsed(self.body)
        except ValueError:
            return None


class Body:
    """An answer whose content is read piece by piece, once. Its head is as in `Response`."""

    def __init__(
        self, request: HttpRequest, response: Any, masked: Callable[[str], str] = str
    ) -> None:
        self.request = request  # What was asked, after redirects.
        self.masked = masked
        self.response = response  # As httpx has it.
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.url = request.url
        self.pieces: Any = None  # An iterator over what is left, once its reading has begun.
        self.is_waited_for = False  # Whether somebody waits for the next piece.
        self.size = 0  # Bytes that were taken of it.
        self.largest = request.largest
        self.patience = 0.0  # Seconds that its next piece may take, where that is limited.
        encoding = self.headers.get("content-encoding", "").lower()
        # httpx has nothing to unpack; what a test plays instead of a server it may have read already.
        self.is_raw = encoding in ("", *_PACKED) and not response.is_stream_consumed
        # Then it is unpacked here: httpx does not notice where such an answer is cut.
        self.is_packed = self.is_raw and encoding != ""
        self._unpacker: Any = None
        self._kept: list[bytes] = []

    def unpacked(self, piece: bytes | None) -> bytes | None:
        """Return a piece without its packing, or `None` for the end of what was not cut."""
        try:
            if piece and self.is_packed:
                if self._unpacker is None:  # What some servers call deflate has no header.
                    self._unpacker = zlib.decompressobj(47 if piece[0] & 15 in (8, 15) else -15)
                return b"" if self._unpacker.eof else self._unpacker.decompress(piece)
            if piece is None and self._unpacker is not None and not self._unpacker.eof:
                raise zlib.error("it is cut")
        except zlib.error as error:
            what = f"{self.request.method} {shown(self.url)}"
            raise ConnectionFailedError(f"{what}: the answer is not whole: {error}.") from None
        return piece

    def keep(self, piece: bytes) -> None:
        """Hold a piece of the content in memory, if the request allows so much."""
        self.size += len(piece)
        if self.size > self.request.largest:
            raise SpecError(
                f"{self.request.method} {shown(self.url)}: the answer is larger than "
                f"{self.request.largest >> 20} MiB, which is more than is read."
            )
        self._kept.append(piece)

    def kept(self) -> Response:
        pieces, self._kept = self._kept, []  # They are not held a second time while it is parsed.
        return Response(
            status=self.status,
            headers=self.headers,
            body=b"".join(pieces),
            url=self.url,
            masked=self.masked,
        )


def parsed(content: bytes) -> Any:
    """Parse JSON; a `ValueError` for any other text."""
    try:
        # Other than `json.loads` it makes no text of all of it first. Its cache outlives the client.
        return from_json(content, cache_strings="keys")
    except ValueError:  # Also about what Python's parser takes, such as a byte order mark.
        try:
            return json.loads(content)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def origin_of(url: str) -> str:
    """Return scheme, host and port of an http(s) URL, such as `https://example.org:443`."""
    return _origin_of("/".join(shown(url).split("/", 3)[:3]))


@functools.lru_cache(maxsize=256)  # Of addresses without paths and secrets.
def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        raise SpecError(f"{address!r} is not an http or https URL.") from None
    if not parts.hostname:
        raise SpecError(f"{address!r} names no host.")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def shown(url: str) -> str:
    """Return a URL without user, password, query and fragment, fit for a message."""
    plain = url.partition("#")[0].partition("?")[0]
    scheme, mark, rest = plain.partition("://")
    if not mark:
        return plain
    authority, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{authority.rpartition('@')[2]}{slash}{path}"


def is_public(url: str) -> bool:
    """Whether a URL may be one of the internet, and not of this machine or a private network."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:  # A name; but one that ends in a number is an address in an old spelling.
        is_address = host.rpartition(".")[2][:1].isdigit()
        return "." in host and not is_address and not host.endswith(_PRIVATE_NAMES)


def plain_words(response: Response) -> str:
    """Return the beginning of a page or a text without markup and secrets, on one line."""
    text = response.masked(response.body.decode(errors="replace"))[:20000]
    return " ".join(_MARKUP.sub(" ", text).split())


def read_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, be it a number or a date."""
    if value is None:
        return None
    if seconds := re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*", value, re.ASCII):
        return float(seconds[1])
    import email.utils  # Importing it takes long.

    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
