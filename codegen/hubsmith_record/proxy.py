"""The proxy between the page in a browser and the Space: everything passes, and calls are noted."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from hubsmith_runtime.http import parsed
from hubsmith_runtime.reading import as_list, as_object, as_text
from hubsmith_runtime.transport import Origins
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .addresses import Addresses, Cookies, Rewriter, for_page, for_space
from .traffic import EventStream, Traffic
from .uploads import Spool, files_of, joined

LARGEST_CALL = 256 << 20
"""Bytes that a call may have: it is held in memory. Files are uploaded apart from it."""

_CALL = re.compile(r"/(?:queue/join|(?:run|api)/([^/]+))/?$")
_EVENTS, _UPLOAD, _CANCEL = (re.compile(f"/{end}/?$") for end in ("queue/data", "upload", "cancel"))
_NOT_KEPT = {
    "component_server": "The page asked a component's own server function, which no endpoint does.",
    "process_recording": "The page had a recording of the screen processed.",
    "stream": "The page streamed media into a running call, which no call of an endpoint does.",
    "call": "Something called an endpoint by /call, as scripts do; only calls of the page are kept.",
}
_NOT_KEPT_PATH = re.compile(rf"/({'|'.join(_NOT_KEPT)})(?:/[^=]*)?$")
_FILE = re.compile("/file[=/]")
_REWRITTEN = ("text/html", "application/json", "text/event-stream")
_ENCODINGS = ("gzip", "deflate")  # Asked for is none; httpx unpacks these.
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?")
# Gradio's server closes what was idle for 5 s: an older connection is not used again.
_LIMITS, _DOCUMENT_SECONDS = (
    httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=2.0),
    20,
)


class Proxy:
    """An ASGI application that passes requests on to a Space, and notes its calls.

    Args:
        addresses: Where the Space runs.
        origins: Has the credentials of the Space, by origin, and hides secrets in what is kept.
        credentials: The headers that the Space gets beside those of the browser.
        traffic: Is given the calls.
        folder: Where large uploads are put.
    """

    def __init__(
        self,
        *,
        addresses: Addresses,
        origins: Origins,
        credentials: Mapping[str, str],
        traffic: Traffic,
        folder: Path,
    ) -> None:
        self._addresses, self._origins, self._credentials = addresses, origins, credentials
        self._traffic, self._folder = traffic, folder
        self._cookies = Cookies()
        # A stream may be silent for as long as it likes. Redirects are for the browser to follow.
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(None, connect=10), limits=_LIMITS)
        self._client.headers.clear()
        self._learning = asyncio.Lock()
        self.documents: dict[str, Mapping[str, Any]] = {}
        """What the Space says about itself: `config`, `info` and `openapi`, once it was read."""

    async def aclose(self) -> None:
        """Close the connections to the Space."""
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        except httpx.HTTPError as error:
            reason = str(error).partition(": ")[0] or type(error).__name__
            response = _refusal(502, f"{self._addresses.root} gives no answer: {reason}")
        await response(scope, receive, send)

    async def learn(self, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        """Read the documents of the Space, unless they are known or a login must come first."""
        headers = self._headers([], "") if headers is None else headers
        async with self._learning:
            if self.documents:
                return
            config = await self._document("/config", headers)
            if not isinstance(config.get("dependencies"), list):
                return
            prefix = as_text(config.get("api_prefix")).rstrip("/")
            self._traffic.config = config
            self._addresses.add_root(config.get("root"))
            self.documents["config"] = config
            self.documents["info"] = await self._document(f"{prefix}/info", headers)
            if prefix:
                self.documents["openapi"] = await self._document(f"{prefix}/openapi.json", headers)

    async def _document(self, path: str, headers: list[tuple[bytes, bytes]]) -> Mapping[str, Any]:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            answer = await self._client.get(
                self._addresses.root + path, headers=headers, timeout=_DOCUMENT_SECONDS
            )
            if answer.status_code == 200:
                return as_object(parsed(answer.content))
        return {}

    async def _respond(self, request: Request) -> Response:
        host, path = request.headers.get("host", ""), request.url.path
        here = f"http://{host}"
        if refusal := _refused(request, host, here):
            return refusal
        if request.headers.get("upgrade", "").lower() == "websocket":
            self._traffic.note("The page asked for a WebSocket, which does not pass the recorder.")
            return _refusal(501, "WebSockets do not pass the recorder")
        headers = self._headers(_pairs(request.headers.raw), here)
        if request.method == "POST":
            if call := _CALL.search(path):
                return await self._call(request, here, headers, call[1] or "")
            if _UPLOAD.search(path):
                return await self._upload(request, here, headers)
            if _CANCEL.search(path):
                body = await _whole(request)
                self._traffic.cancel(body)
                return await self._whole_answer(request, here, headers, body)
            if unseen := _NOT_KEPT_PATH.search(path):
                self._traffic.note(_NOT_KEPT[unseen[1]])
        elif "text/html" in request.headers.get("accept", "") or path.endswith("/config"):
            await self.learn(headers)  # Where the Space says it runs must be known for its page.
        return await self._stream(request, here, headers)

    async def _call(
        self, request: Request, here: str, headers: list[tuple[bytes, bytes]], name: str
    ) -> Response:
        body = self._addresses.for_space(await _whole(request), here)
        if len(body) > LARGEST_CALL:
            return _refusal(413, f"a call of more than {LARGEST_CALL >> 20} MiB cannot be recorded")
        await self.learn(headers)
        call = self._traffic.begin(body, name=name)
        is_answered = False
        try:
            answer = await self._send(request, headers, body)
            content = await _content(answer)
            is_answered = True
        finally:
            if call is not None and not is_answered:
                self._traffic.lost(call)
        if call is not None:
            self._traffic.answer(call, answer.status_code, self._masked(content))
        return self._answered(answer, content, here)

    async def _upload(
        self, request: Request, here: str, headers: list[tuple[bytes, bytes]]
    ) -> Response:
        spool = Spool(self._folder)

        async def passing() -> AsyncIterator[bytes]:
            async for piece in request.stream():
                spool.write(piece)
                yield piece

        try:
            answer = await self._send(request, headers, passing())
            content = await _content(answer)
            if answer.status_code == 200:
                content_type = request.headers.get("content-type", "")
                files = await asyncio.to_thread(
                    files_of, spool.content(), content_type, self._folder
                )
                with contextlib.suppress(ValueError):
                    paths = [as_text(path) for path in as_list(parsed(content))]
                    self._traffic.uploads.update(joined(files, paths))
        finally:
            spool.discard()
        return self._answered(answer, content, here)

    async def _whole_answer(
        self, request: Request, here: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> Response:
        answer = await self._send(request, headers, body)
        return self._answered(answer, await _content(answer), here)

    async def _stream(
        self, request: Request, here: str, headers: list[tuple[bytes, bytes]]
    ) -> Response:
        has_body = {"content-length", "transfer-encoding"} & {*request.headers}
        answer = await self._send(request, headers, request.stream() if has_body else None)
        path, kind = request.url.path, answer.headers.get("content-type", "")
        is_rewritten = kind.startswith(_REWRITTEN) and not _FILE.search(path)
        events: EventStream | None = None
        if _EVENTS.search(path):
            (session_hash,) = parse_qs(request.url.query).get("session_hash", [""])[:1]
            events = EventStream(self._traffic, session_hash, self._masked)

        async def pieces() -> AsyncIterator[bytes]:
            rewriter = Rewriter(self._addresses, here)
            try:
                async for piece in _pieces(answer):
                    if events is not None:
                        events.feed(piece)
                    if shown := rewriter.feed(piece) if is_rewritten else piece:
                        yield shown
                yield rewriter.finish()
            finally:
                await answer.aclose()

        response = StreamingResponse(pieces(), answer.status_code)
        response.raw_headers = self._shown_headers(answer, here, is_changed=is_rewritten)
        return response

    def _answered(self, answer: httpx.Response, content: bytes, here: str) -> Response:
        shown = self._addresses.for_page(content, here)
        response = Response(shown, answer.status_code)
        own = self._shown_headers(answer, here, is_changed=True)
        response.raw_headers = [*own, (b"content-length", str(len(shown)).encode())]
        return response

    def _shown_headers(
        self, answer: httpx.Response, here: str, *, is_changed: bool
    ) -> list[tuple[bytes, bytes]]:
        without = ["content-encoding"] if _is_unpacked(answer) else []
        if is_changed:
            without += ["content-length", "cache-control"]
        elif without:
            without.append("content-length")
        own = for_page(_pairs(answer.headers.raw), self._addresses, self._cookies, here, *without)
        # What has an address in it is right for this recording only.
        return [*own, (b"cache-control", b"no-store")] if is_changed else own

    def _headers(self, given: list[tuple[str, str]], here: str) -> list[tuple[bytes, bytes]]:
        secret = {name: value for name, value in given if name in ("authorization", "cookie")}
        self._origins.hide(secret)
        return for_space(given, self._addresses, self._cookies, self._credentials, here)

    async def _send(
        self,
        request: Request,
        headers: list[tuple[bytes, bytes]],
        content: bytes | AsyncIterator[bytes] | None,
    ) -> httpx.Response:
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        query: bytes = request.scope.get("query_string", b"")
        url = self._addresses.origin + (raw + b"?" + query if query else raw).decode("ascii")
        length = request.headers.get("content-length")
        if length is not None and not isinstance(content, bytes):
            headers = [*headers, (b"content-length", length.encode())]
        built = self._client.build_request(request.method, url, headers=headers, content=content)
        return await self._client.send(built, stream=True)

    def _masked(self, content: bytes) -> bytes:
        text = self._origins.masked(content.decode("utf-8", "surrogateescape"))
        return text.encode("utf-8", "surrogateescape")


def _refused(request: Request, host: str, here: str) -> Response | None:
    """Refuse what another site asks: by a name that leads here, or from within its page."""
    if not _LOOPBACK.fullmatch(host):
        return _refusal(421, "the recorder answers at 127.0.0.1 and localhost only")
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "")
    is_elsewhere = site in ("cross-site", "same-site")
    is_visit = request.headers.get("sec-fetch-mode") == "navigate"
    if (origin is not None and origin != here) or (is_elsewhere and not is_visit):
        return _refusal(403, "the recorder answers its own page only")
    return None


def _refusal(status: int, words: str) -> Response:
    return PlainTextResponse(f"hubsmith record: {words}.\n", status)


async def _whole(request: Request) -> bytes:
    """Read a body, up to where it is known to be too large."""
    body = bytearray()
    async for piece in request.stream():
        if len(body) <= LARGEST_CALL:
            body += piece
    return bytes(body)


async def _content(answer: httpx.Response) -> bytes:
    try:
        return b"".join([piece async for piece in _pieces(answer)])
    finally:
        await answer.aclose()


def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    return answer.aiter_bytes() if _is_unpacked(answer) else answer.aiter_raw()


def _is_unpacked(answer: httpx.Response) -> bool:
    return answer.headers.get("content-encoding", "").lower() in _ENCODINGS


def _pairs(raw: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw]
