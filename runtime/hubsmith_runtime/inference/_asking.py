"""`Asking`: the requests that follow the first one of a call, at the provider and elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from .._errors import ResultError
from .._http import Exchange, HttpRequest, Response, shown
from .._retries import Retries
from ._failures import Callee, sent
from ._template import fill_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What the requests of one call have in common.

    Attributes:
        root: The provider's own address, or the one it has at the router.
        query: What the router needs behind every address; may be empty.
        headers: What the provider is told, the key included.
        hosts: Hosts beside that of `root` which may be told so, with all below them.
        callee: Who is asked, for messages.
        retries: Which failures are tried again.
        began: When the call began, of `time.monotonic`.
        deadline: When it must be over.
    """

    root: str
    query: str = ""
    headers: Mapping[str, str] = field(repr=False)
    hosts: tuple[str, ...] = ()
    callee: Callee
    retries: Retries
    began: float = field(default_factory=time.monotonic)
    deadline: float = float("inf")

    def send(self, request: HttpRequest) -> Exchange[Response]:
        """Send a request until it succeeds; see `_failures.sent`."""
        return (yield from sent(request, self.callee, retries=self.retries, deadline=self.deadline))

    def get(self, url: str, *, after: float = 0.0) -> Exchange[Response]:
        """Ask the provider, as the caller."""
        return (yield from self.send(HttpRequest("GET", url, {"headers": self.headers}, after)))

    def download(self, url: str) -> Exchange[Response]:
        """Fetch a file from wherever it is, as nobody."""
        return (yield from self.send(HttpRequest("GET", url, {})))

    def address(self, template: str, answer: Mapping[str, object]) -> str:
        """Return the address at the provider that a template over an answer leads to.

        Raises:
            MissingValueError: where the answer lacks what the template names.
            ResultError: where it leads nowhere, or elsewhere.
        """
        if template.startswith("/"):
            return self._with_query(self.root + fill_text(template, answer, _segment))
        url = fill_text(template, answer)
        try:
            parts = urlsplit(url)
            host, port, own = parts.hostname or "", parts.port, urlsplit(self.root)
        except ValueError:
            raise self._odd(url) from None
        path = parts.path
        if (host, port) == (own.hostname, own.port):
            path = path.removeprefix(own.path) if path.startswith(f"{own.path}/") else path
        if not path.startswith("/") or ".." in unquote(path).split("/"):
            raise self._odd(url)
        known = (f".{host}".endswith(f".{allowed}") for allowed in self.hosts)
        if parts.scheme == "https" and port is None and any(known):
            return f"https://{host}{path}" + (f"?{parts.query}" if parts.query else "")
        # The key goes to the provider's own address only, whatever host the answer names.
        return self._with_query(self.root + path + (f"?{parts.query}" if parts.query else ""))

    def _with_query(self, url: str) -> str:
        if not self.query or self.query in url:
            return url
        return f"{url}{'&' if '?' in url else '?'}{self.query}"

    def _odd(self, url: str) -> ResultError:
        return ResultError(f"{self.callee}: the answer names an odd address: {shown(url)!r}.")


def _segment(value: str) -> str:
    return quote(value, safe="")
