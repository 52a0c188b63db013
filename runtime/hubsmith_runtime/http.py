"""HTTP as values: `HttpRequest` and `Response`, and functions on URLs."""

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

LARGEST_BODY = 512 << 20  # Bytes of an answer held in memory; files may be larger.

_COMPRESSED = ("gzip", "x-gzip", "deflate")
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)

FormFile: TypeAlias = tuple[str, tuple[str, BinaryIO, str]]  # The field; name, content, type.


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """The description of a request, without I/O.

    A redirect to another origin forwards none of its headers except `accept` and `range`.
    """

    method: str
    url: str = field(repr=False)  # May contain an API key.
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    content: bytes | None = field(default=None, repr=False)  # A login's password.
    files: Sequence[FormFile] | None = field(default=None, repr=False)  # Instead of `content`.
    silence: float | None = None  # Read timeout in seconds; the client's by default.
    largest: int = LARGEST_BODY  # The most bytes of an answer that is read into memory.
    is_bare: bool = False  # Sent without credentials, because the URL comes from an answer.
    attempts: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer: headers by lower-case name, the URL after redirects.

    Servers may echo secrets that were sent to them, so their text must be `masked` before it is
    put in a message, and before it is shortened.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    masked: Callable[[str], str] = field(default=str, repr=False, compare=False)

    def json(self) -> Any:
        """Return the parsed content, or `None` if it is not JSON."""
        try:
            return parsed(self.body)
        except ValueError:
            return None


class Body:
    """An answer whose content is read once, in pieces; the other fields are as in `Response`."""

    def __init__(
        self, request: HttpRequest, response: Any, masked: Callable[[str], str] = str
    ) -> None:
        self.request = request  # The last one, after redirects.
        self.masked = masked
        self.response = response  # The httpx response.
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.url = request.url
        self.pieces: Any = None  # An iterator over the unread content, once reading has begun.
        self.is_waited_for = False  # Whether a thread waits for the next piece.
        self.size = 0  # Bytes read so far.
        self.largest = request.largest
        self.patience = 0.0  # Seconds that the next piece may take, if limited.
        encoding = self.headers.get("content-encoding", "").lower()
        # Read without httpx's decoding. A mock transport's response may be read already.
        self.is_raw = encoding in ("", *_COMPRESSED) and not response.is_stream_consumed
        # Decompressed here, because httpx does not detect that a compressed answer is truncated.
        self.is_compressed = self.is_raw and encoding != ""
        self._decompressor: Any = None
        self._kept: list[bytes] = []

    def unpacked(self, piece: bytes | None) -> bytes | None:
        """Return a piece, decompressed; `None` at the end, an error if the answer is truncated."""
        try:
            if piece and self.is_compressed:
                if self._decompressor is None:  # Some servers send deflate without its header.
                    bits = 47 if piece[0] & 15 in (8, 15) else -15
                    self._decompressor = zlib.decompressobj(bits)
                return b"" if self._decompressor.eof else self._decompressor.decompress(piece)
            if piece is None and self._decompressor is not None and not self._decompressor.eof:
                raise zlib.error("it is truncated")
        except zlib.error as error:
            what = f"{self.request.method} {shown(self.url)}"
            raise ConnectionFailedError(f"{what}: the answer is incomplete: {error}.") from None
        return piece

    def keep(self, piece: bytes) -> None:
        """Keep a piece of the content in memory, up to the request's limit."""
        self.size += len(piece)
        if self.size > self.request.largest:
            raise SpecError(
                f"{self.request.method} {shown(self.url)}: the answer is larger than "
                f"{self.request.largest >> 20} MiB, the limit."
            )
        self._kept.append(piece)

    def kept(self) -> Response:
        pieces, self._kept = self._kept, []  # Freed before the body is parsed.
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
        # Unlike json.loads, this does not decode the whole body to str first. Its cache of strings
        # outlives the client, so only keys are cached.
        return from_json(content, cache_strings="keys")
    except ValueError:  # Python's parser accepts more, such as a byte order mark.
        try:
            # A lone surrogate, such as half of a truncated emoji, is not text: it becomes `?`.
            text = json.dumps(json.loads(content), ensure_ascii=False)
            return json.loads(text.encode(errors="replace"))
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def origin_of(url: str) -> str:
    """Return scheme, host and port of an http(s) URL, such as `https://example.org:443`."""
    return _origin_of("/".join(shown(url).split("/", 3)[:3]))


@functools.lru_cache(maxsize=256)  # Its keys have no paths and no secrets.
def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
        usual = {"http": 80, "https": 443}[parts.scheme]
        port = parts.port or usual
    except (ValueError, KeyError):
        raise SpecError(f"{address!r} is not an http or https URL.") from None
    if not parts.hostname:
        raise SpecError(f"{address!r} has no host.")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def shown(url: str) -> str:
    """Return a URL without user, password, query and fragment, for messages."""
    plain = url.partition("#")[0].partition("?")[0]
    scheme, mark, rest = plain.partition("://")
    if not mark:
        return plain
    authority, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{authority.rpartition('@')[2]}{slash}{path}"


def is_public(url: str) -> bool:
    """Whether a URL may be on the internet, not on this machine or in a private network."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:  # A name, unless it ends in a number: an IPv4 address in an old format.
        is_address = host.rpartition(".")[2][:1].isdigit()
        return "." in host and not is_address and not host.endswith(_PRIVATE_NAMES)


def plain_words(response: Response) -> str:
    """Return the beginning of a page's text on one line, without markup and secrets."""
    text = response.masked(response.body.decode(errors="replace"))[:20000]
    return " ".join(_MARKUP.sub(" ", text).split())


def read_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header, a number or a date, asks to wait."""
    if value is None:
        return None
    if seconds := re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*", value, re.ASCII):
        return float(seconds[1])
    import email.utils  # Slow to import.

    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
