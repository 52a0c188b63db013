"""HTTP connections: the only module that uses httpx, which is imported for the first request.

Credentials belong to origins (scheme, host and port): each of these origins has its own client,
with its headers and cookies. All other hosts, reached by a redirect or named by an answer, share
one client that has neither. Only httpx's public interface is used.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import functools
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

from . import effects, errors
from .effects import Deadline
from .errors import ConnectionFailedError
from .http import Body, HttpRequest, is_public, origin_of, shown

if TYPE_CHECKING:
    import ssl

log = logging.getLogger("hubsmith")

_CONNECT_SECONDS = 10.0
_REDIRECTS = 5
_FORWARDED_HEADERS = ("accept", "range")
_SHOWN_HEADERS = {
    *_FORWARDED_HEADERS, "accept-encoding", "connection", "content-type", "user-agent",
    "x-gradio-user", "x-hf-bill-to",
}  # fmt: skip
_SHORTEST_SECRET = 6  # Characters. Shorter values would also be found in unrelated text.
_SECRETS = 256  # How many are remembered from requests; those of origins always are.

Credentials: TypeAlias = Mapping[str, Mapping[str, str]]  # Headers by origin; never log them.


class Origins:
    """Which origins may see which headers and cookies. It outlives the connections to them.

    `silence` is the default read timeout of a request: seconds without a byte until it fails.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        verify: bool | ssl.SSLContext = True,
        silence: float = 60.0,
    ) -> None:
        self.headers = dict(credentials or {})
        self.cookies: dict[str, CookieJar] = {}
        self.verify, self.silence = verify, silence
        self._secrets: dict[str, None] = {}

    def allow(self, credentials: Credentials) -> None:
        self.headers.update(credentials)

    def hide(self, headers: Mapping[str, str]) -> None:
        """Hide the values of a request's headers, or of a form's fields, in messages."""
        for name, value in headers.items():
            if value not in self._secrets and name.lower() not in _SHOWN_HEADERS:
                self._secrets = dict.fromkeys([*self._secrets, value][-_SECRETS:])

    def masked(self, text: str) -> str:
        """Return a text with `***` for every secret that this client was given or has sent."""
        secrets = [cookie.value or "" for jar in self.cookies.values() for cookie in jar]
        for headers in self.headers.values():
            secrets += [value for name, value in headers.items() if name not in _SHOWN_HEADERS]
        forms = {form for value in [*secrets, *self._secrets] for form in _forms(str(value))}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "***")
        return text

    def mask(self, error: errors.HubsmithError) -> None:
        """Mask secrets in the texts of an error, except in `value`, the answer as received."""
        error.args = tuple(self._masked_text(part) for part in error.args)
        for name, value in vars(error).items():
            if name != "value":
                setattr(error, name, self._masked_text(value))

    def _masked_text(self, value: Any) -> Any:
        return self.masked(value) if isinstance(value, str) else value


def _forms(value: str) -> Iterator[str]:
    """Iterate over the forms in which a server may echo the value of a header."""
    scheme, _, rest = value.partition(" ")  # Such as `Bearer` and a token.
    parts = {value, rest, *(pair.partition("=")[2] for pair in value.split("; "))}
    if scheme.lower() == "basic":
        with contextlib.suppress(ValueError):
            pair = base64.b64decode(rest).decode()
            parts |= {pair, pair.partition(":")[2]}
    for part in parts:
        if len(part) >= _SHORTEST_SECRET:
            yield from (part, repr(part)[1:-1], json.dumps(part)[1:-1], quote(part, safe=""))


class _NoCookies(CookieJar):
    """The cookies of the client shared by all hosts without credentials: none."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Keep none."""


class Clients:
    """The httpx clients of some origins, of the class named `kind`, created when needed."""

    def __init__(
        self, origins: Origins, kind: str, trace: Callable[..., None] | None = None
    ) -> None:
        self._origins, self._kind = origins, kind
        self._extensions = {"trace": trace} if trace else {}  # Reports network streams.
        self._made: dict[str, Any] = {}
        self._located = functools.lru_cache(maxsize=64)(_located)  # Parsing is slow.
        self._is_closed = False
        self._lock = threading.Lock()  # Loading certificates is slow: threads must not repeat it.

    def prepare(self, request: HttpRequest, deadline: Deadline) -> tuple[Any, Any]:
        """Return the httpx client for a request, and the httpx request."""
        origin, url = self._located(request.url)
        name = origin if origin in self._origins.headers and not request.is_bare else ""
        with self._lock:
            if self._is_closed:
                where = shown(request.url)
                raise errors.HubsmithError(f"{where}: the client is closed. Make a new one.")
            client = self._made.get(name)
            if client is None:
                client = self._made[name] = self._make(name)
            self._origins.hide(request.headers)
        silence = self._origins.silence if request.silence is None else request.silence
        read = None if silence == float("inf") else silence
        connect = deadline.cap(min(silence, _CONNECT_SECONDS))
        # Passed as an extension, which is faster than building an `httpx.Timeout`.
        seconds = {"connect": connect, "read": read, "write": read, "pool": deadline.cap(silence)}
        built = client.build_request(
            request.method,
            url,
            headers=request.headers,
            content=request.content,
            files=request.files,
            extensions={**self._extensions, "timeout": seconds},
        )
        return client, built

    def _make(self, origin: str) -> Any:
        import httpx

        headers = {"user-agent": "hubsmith", **self._origins.headers.get(origin, {})}
        pairs = headers.pop("cookie", "")
        jar = self._origins.cookies.setdefault(origin, CookieJar() if origin else _NoCookies())
        if pairs and not len(jar):
            host = urlsplit(origin).hostname or ""
            # As if the server had set them, so that it can replace them.
            domain, cookies = host if "." in host else f"{host}.local", httpx.Cookies(jar)
            for pair in pairs.split("; "):
                name, _, value = pair.partition("=")
                cookies.set(name, value, domain=domain)
        sent = httpx.Headers(headers)
        try:
            return getattr(httpx, self._kind)(
                cookies=jar,
                follow_redirects=False,
                headers=sent,
                # `Limit` bounds the number of calls. Gradio's server closes idle connections after
                # 5 s: a job sent at that moment would be lost.
                limits=httpx.Limits(max_keepalive_connections=20, keepalive_expiry=4.0),
                verify=self._origins.verify,
            )
        except ImportError as error:
            raise errors.MissingDependencyError(str(error), name="socksio") from None
        except (OSError, ValueError, httpx.InvalidURL) as error:
            # httpx may quote a part of the password from an invalid URL.
            is_url = isinstance(error, httpx.InvalidURL)
            reason = "the address of a proxy is not a URL" if is_url else error
            failure = _refused(
                f"The network settings in the environment are not valid: {reason}. Check "
                "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSLKEYLOGFILE."
            )
            failure.was_sent = False
            raise failure from None

    def end(self) -> list[Any]:
        """Refuse further requests, and return the clients that must be closed."""
        with self._lock:
            self._is_closed = True
            return list(self._made.values())


def _located(url: str) -> tuple[str, Any]:
    """Return the origin of a URL, and the URL as an `httpx.URL`."""
    import httpx

    return origin_of(url), httpx.URL(url)


def log_request(
    request: HttpRequest, began: float, masked: Callable[[str], str], outcome: object
) -> None:
    """Log a request and its outcome: the status of the answer, or an error."""
    if log.isEnabledFor(logging.DEBUG):
        shown_outcome = type(outcome).__name__ if isinstance(outcome, BaseException) else outcome
        took, attempt = (time.monotonic() - began) * 1000, next(request.attempts)
        what = request.method, masked(shown(request.url)), shown_outcome, took, attempt
        log.debug("%s %s: %s after %.0f ms, attempt %d", *what)


def failure_of(error: BaseException, effect: effects.Effect, deadline: Deadline) -> BaseException:
    """Return the error that a call gets for a failed effect: one of ours instead of httpx's."""
    match effect:
        case effects.Send(request) | effects.Open(request):
            pass
        case effects.Read(body):
            request = body.request
        case _:
            return error
    if not isinstance(error, Exception) or isinstance(error, errors.HubsmithError):
        return error
    return effects.DeadlineExceeded() if deadline.is_over() else _translated(error, request)


def _translated(error: Exception, request: HttpRequest) -> Exception:
    import httpx

    # After a redirect, this is not the URL of the request.
    url = str(error.request.url) if isinstance(error, httpx.RequestError) else request.url
    what = f"{request.method} {shown(url)}"
    match error:
        case httpx.ConnectTimeout():
            return errors.ConnectionTimeoutError(f"{what}: no connection in time. Is it running?")
        case httpx.TimeoutException() | effects.DeadlineExceeded():
            return errors.InferenceTimeoutError(f"{what}: no answer in time. Try a longer timeout.")
        case httpx.ConnectError() | httpx.ProxyError():
            is_proxy = isinstance(error, httpx.ProxyError)
            advice = "So the proxy says: check the environment's HTTPS_PROXY and ALL_PROXY."
            advice = advice if is_proxy else "Is the address right, and is it running?"
            failure = ConnectionFailedError(f"{what}: no connection: {error}. {advice}")
            failure.was_sent = False
            return failure
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return errors.SpecError(f"{what}: this is not an http or https URL.")
        case httpx.RemoteProtocolError() if "location header" in str(error):
            return _refused(f"{what} was redirected to something that is not a URL.")
        case UnicodeError() if not isinstance(error, UnicodeEncodeError):  # In a host name.
            return errors.SpecError(f"{what}: this is not an http or https URL.")
        case httpx.LocalProtocolError() | UnicodeEncodeError():
            # The text of this error may quote a header, and with it a token.
            return ConnectionFailedError(
                f"{what}: a header or the token contains a character that HTTP does not allow."
            )
        case TypeError() if "Header value" in str(error):
            return errors.ArgumentError(f"{what}: {error}. Headers are strings.")
        case httpx.HTTPError() | httpx.StreamError():
            # After the colon, h11 quotes what the server sent.
            reason = str(error).partition(": ")[0] or type(error).__name__
            return ConnectionFailedError(f"{what}: the connection broke: {reason}")
        case _:
            return error


def _refused(text: str) -> ConnectionFailedError:
    """Return an error that trying again cannot help, such as a redirect that is never followed."""
    failure = ConnectionFailedError(text)
    failure.may_pass = False
    return failure


def redirected(body: Body, hop: int) -> HttpRequest:
    """Return the request that a redirect leads to; an error if it must not be followed."""
    request, source = body.request, body.url
    what = f"{request.method} {shown(source)}"
    if hop >= _REDIRECTS:
        raise _refused(f"{what}: more than {_REDIRECTS} redirects.")
    try:
        target = urljoin(source, body.headers["location"])
        is_same = origin_of(target) == origin_of(source)
    except (ValueError, errors.SpecError):
        raise _refused(f"{what} was redirected to something that is not a URL.") from None
    is_repeatable = body.status in (307, 308) and is_same and request.files is None
    if request.method not in ("GET", "HEAD") and not is_repeatable:
        raise _refused(f"{what} was redirected to {shown(target)}. Use that address as the source.")
    if is_same:
        return dataclasses.replace(request, url=target)
    if is_public(source) and not is_public(target):
        raise _refused(
            f"{what} was redirected to {shown(target)}, which is an address of a private network."
        )
    # Only harmless headers are sent to another origin than they were meant for.
    headers = {k: v for k, v in request.headers.items() if k.lower() in _FORWARDED_HEADERS}
    return dataclasses.replace(request, url=target, headers=headers, is_bare=True)
