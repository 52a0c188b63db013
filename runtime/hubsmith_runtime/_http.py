"""HTTP as it is described, not done: `HttpRequest`, `Response`, and conversations of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias, TypedDict, TypeVar
from urllib.parse import urlsplit

from ._errors import SpecError

T = TypeVar("T")


class Options(TypedDict, total=False):
    """What a request may carry."""

    headers: Mapping[str, str]
    content: bytes
    files: Sequence[tuple[str, tuple[str, BinaryIO, str]]]  # Field, then name, content and type.
    timeout: float  # Seconds without progress until it fails; infinity for no limit.


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request that is described, not sent."""

    method: str
    url: str
    options: Options = field(repr=False)  # A login has the password here.
    after: float = 0.0  # Seconds to wait before it is sent.


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer: headers by lower-case name, the URL after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    def json(self) -> Any:
        """Return the parsed content, or `None` where it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


Exchange: TypeAlias = Generator[HttpRequest, Response, T]
"""A conversation without I/O: it yields requests and is sent their answers."""


@functools.lru_cache(maxsize=512)  # It is asked for several times per request.
def origin_of(url: str) -> str:
    """Return scheme, host and port of an http(s) URL, such as `https://example.org:443`."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        raise SpecError(f"{shown(url)!r} is not an http or https URL.") from None
    if not parts.hostname:
        raise SpecError(f"{shown(url)!r} names no host.")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def shown(url: str) -> str:
    """Return a URL without user, password, query and fragment, fit for a message."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"
