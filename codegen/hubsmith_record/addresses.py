"""Rewrites addresses, headers and cookies between the Space and the browser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias
from urllib.parse import urlsplit

Headers: TypeAlias = "list[tuple[bytes, bytes]]"

_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
# Headers about the connection to the Space, which must not apply to the recorder's.
_OWN = frozenset({"alt-svc", "strict-transport-security"})
_ENDS_ADDRESS = (b'"', b" ", b"\n", b"<")


class Addresses:
    """Replaces the addresses of the Space by those of the recorder, and the other way round.

    Args:
        root: The URL of the app, without a trailing slash.
    """

    def __init__(self, root: str) -> None:
        parts = urlsplit(root)
        self.root, self.path = root, parts.path
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._patterns = [(_address(f"//{parts.netloc}"), "")]

    def add_root(self, stated: object) -> None:
        """Add the address that the app itself states, which may differ."""
        if isinstance(stated, str) and (named := stated.rstrip("/")) != self.root:
            parts = urlsplit(named)
            if parts.scheme in ("http", "https") and parts.netloc:
                self._patterns.insert(0, (_address(f"//{parts.netloc}{parts.path}"), self.path))

    def for_page(self, text: bytes, here: str) -> bytes:
        """Replace the Space's addresses by that of the recorder, `here`."""
        for pattern, path in self._patterns:
            text = pattern.sub(partial(_constant, (here + path).encode()), text)
        return text

    def for_space(self, text: bytes, here: str) -> bytes:
        """Replace the recorder's address, `here`, by that of the Space."""
        return _address(here.removeprefix("http:")).sub(
            partial(_constant, self.origin.encode()), text
        )


class Rewriter:
    """Replaces the Space's addresses in a response that arrives in arbitrary pieces."""

    def __init__(self, addresses: Addresses, here: str) -> None:
        self._addresses, self._here = addresses, here
        self._rest: list[bytes] = []

    def feed(self, piece: bytes) -> bytes:
        """Take the next bytes; return those that cannot end within an address, rewritten."""
        end = max(piece.rfind(one) for one in _ENDS_ADDRESS) + 1
        if not end:
            self._rest.append(piece)
            return b""
        whole = b"".join([*self._rest, piece[:end]])
        self._rest = [piece[end:]]
        return self._addresses.for_page(whole, self._here)

    def finish(self) -> bytes:
        """Return the rest."""
        return self._addresses.for_page(b"".join(self._rest), self._here)


class Cookies:
    """The cookies that the Space has set during the recording.

    Browsers share cookies among all ports of a host, so only these are passed on to the Space. They
    lose the attributes that would prevent a browser from storing them for http on loopback.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # By their names in the browser.

    def for_page(self, line: str) -> str:
        """Return a `Set-Cookie` header for the browser."""
        pair, *attributes = line.split(";")
        name, equals, value = pair.strip().partition("=")
        # These prefixes require https.
        shown = re.sub("^__(?:Host|Secure)-", "", name, flags=re.IGNORECASE)
        self._names[shown] = name
        kept = [
            one
            for one in attributes
            if one.strip().partition("=")[0].lower()
            not in ("domain", "secure", "samesite", "partitioned")
        ]
        return ";".join([f"{shown}{equals}{value}", *kept])

    def for_space(self, line: str) -> str:
        """Return a `Cookie` header for the Space; empty if none of the cookies are its own."""
        pairs = (pair.strip().partition("=") for pair in line.split(";"))
        return "; ".join(
            f"{self._names[name]}={value}" for name, _, value in pairs if name in self._names
        )


def for_page(
    headers: Headers, addresses: Addresses, cookies: Cookies, here: str, *without: str
) -> Headers:
    """Return the headers of a response for the browser, except those named."""
    own: Headers = []
    for name, value in _passed_on(headers, without):
        if name == "set-cookie":
            value = cookies.for_page(value)
        elif name in _OWN:
            continue
        own.append((name.encode(), addresses.for_page(value.encode("latin-1"), here)))
    return own


def for_space(
    headers: Headers,
    addresses: Addresses,
    cookies: Cookies,
    credentials: Mapping[str, str],
    here: str,
    *,
    is_asset: bool = False,
) -> Headers:
    """Return the headers of a request for the Space, with its credentials.

    Except for assets, they ask for an uncompressed response. Some servers only compress assets.
    """
    own: Headers = []
    unpacked = {} if is_asset else {"accept-encoding": "identity"}
    without = ("host", "content-length", *unpacked, *credentials)
    for name, value in _passed_on(headers, without):
        if name == "cookie" and not (value := cookies.for_space(value)):
            continue
        own.append((name.encode(), addresses.for_space(value.encode("latin-1"), here)))
    added = {**unpacked, **credentials}
    return [*own, *((name.encode(), value.encode()) for name, value in added.items())]


def _passed_on(headers: Headers, without: Sequence[str]) -> list[tuple[str, str]]:
    """Return headers except those named and the hop-by-hop ones, which concern one connection."""
    text = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
    stated = ",".join(value for name, value in text if name == "connection")
    dropped = _HOP_BY_HOP | {*without} | {word.strip().lower() for word in stated.split(",")}
    return [(name, value) for name, value in text if name not in dropped]


def _constant(text: bytes, _: object) -> bytes:
    return text


def _address(rest: str) -> re.Pattern[bytes]:
    """Match an http or https address, but not as the beginning of a longer one."""
    return re.compile(rb"https?:" + re.escape(rest.encode()) + rb"(?![\w.:-])")
