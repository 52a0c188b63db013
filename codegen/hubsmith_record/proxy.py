"""The proxy between the browser and the Space: passes everything on, and records calls."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
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

from .addresses import Addresses, Cookies, Headers, Rewriter, for_page, for_space
from .traffic import EventStream, Traffic
from .uploads import Spool, files_of, joined

LARGEST_CALL = 256 << 20
"""The maximum size of a call in bytes, as it is held in memory. Files are uploaded separately."""

_CALL = re.compile(r"/(?:queue/join|(?:run|api)/([^/]+))/?$")
_EVENTS, _UPLOAD, _CANCEL = (re.compile(f"/{end}/?$") for end in ("queue/data", "upload", "cancel"))
_NOT_KEPT = {
    "component_server": "The page called a server function of a component, which is no endpoint.",
    "process_recording": "The page had a screen recording processed, which no endpoint does.",
    "stream": "The page streamed media into a running call, which clients cannot do.",
    "call": "A program called an endpoint through /call. Only calls of the page are recorded.",
}
_NOT_KEPT_PATH = re.compile(rf"/({'|'.join(_NOT_KEPT)})(?:/[^=]*)?$")
_ASSET = re.compile(r"\.(?:css|m?js|svg|wasm|woff2?)$")
_FILE = re.compile("/file[=/]")
_REWRITTEN = ("text/html", "application/json", "text/event-stream")
_ENCODINGS = ("gzip", "deflate")  # Not requested, but httpx decompresses them.
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?")
# Gradio's server closes connections that are idle for 5 s, so drop them before that.
_LIMITS, _DOCUMENT_SECONDS = (
    httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=2.0),
    20,
)


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request, the address of the recorder in the browser, and the headers for the Space."""

    request: Request
    here: str
    headers: Headers


class Proxy:
    """An ASGI application that passes requests on to a Space, and records its calls.

    Args:
        addresses: The addresses of the Space.
        origins: Knows the credentials by origin, and masks secrets in the recording.
        credentials: Headers to add to those of the browser.
        traffic: Receives the calls.
        folder: The folder for large uploads.
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
        # No read timeout, as streams can be silent. Redirects are followed by the browser.
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(None, connect=10), limits=_LIMITS)
        self._client.headers.clear()
        self._learning = asyncio.Lock()
        self.documents: dict[str, Mapping[str, Any]] = {}
        """The documents of the Space, once read: `config`, `info` and `openapi`."""

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
            response = _refusal(502, f"{self._addresses.root} does not answer: {reason}")
        await response(scope, receive, send)

    async def learn(self, headers: Headers | None = None) -> None:
        """Read the documents of the Space, unless they are known or a login is needed first."""
        headers = headers or self._headers([], "")
        async with self._learning:
            if self.documents:
                return
            config = await self._document("/config", headers)
            if "dependencies" not in config:
                return
            prefix = as_text(config.get("api_prefix")).rstrip("/")
            self._traffic.config = config
            self._addresses.add_root(config.get("root"))
            self.documents["config"] = config
            self.documents["info"] = await self._document(f"{prefix}/info", headers)
            if prefix:
                self.documents["openapi"] = await self._document(f"{prefix}/openapi.json", headers)

    async def _document(self, path: str, headers: Headers) -> Mapping[str, Any]:
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
            self._traffic.note("The page opened a WebSocket, which the recorder does not support.")
            return _refusal(501, "WebSockets are not supported")
        is_asset = _ASSET.search(path) is not None
        visit = _Visit(request, here, self._headers(request.headers.raw, here, is_asset=is_asset))
        if request.method == "POST":
            if call := _CALL.search(path):
                return await self._call(visit, call[1] or "")
            if _UPLOAD.search(path):
                return await self._upload(visit)
            if _CANCEL.search(path):
                body = await _whole(request)
                self._traffic.cancel(body)
                return self._answered(visit, *await self._ask(visit, body))
            if unseen := _NOT_KEPT_PATH.search(path):
                self._traffic.note(_NOT_KEPT[unseen[1]])
        elif "text/html" in request.headers.get("accept", "") or path.endswith("/config"):
            await self.learn(visit.headers)  # The page may contain the address in /config.
        return await self._stream(visit)

    async def _call(self, visit: _Visit, name: str) -> Response:
        body = self._addresses.for_space(await _whole(visit.request), visit.here)
        if len(body) > LARGEST_CALL:
            return _refusal(413, f"a call of more than {LARGEST_CALL >> 20} MiB cannot be recorded")
        await self.learn(visit.headers)
        call = self._traffic.begin(body, name=name)
        try:
            answer, content = await self._ask(visit, body)
        except BaseException:
            if call is not None:
                self._traffic.lost(call)
            raise
        if call is not None:
            self._traffic.answer(call, answer.status_code, self._masked(content))
        return self._answered(visit, answer, content)

    async def _upload(self, visit: _Visit) -> Response:
        spool = Spool(self._folder)

        async def passing() -> AsyncIterator[bytes]:
            async for piece in visit.request.stream():
                spool.write(piece)
                yield piece

        try:
            answer, content = await self._ask(visit, passing())
            if answer.status_code == 200:
                kind = visit.request.headers.get("content-type", "")
                # In a thread, because it can be gigabytes.
                files = await asyncio.to_thread(files_of, spool.content(), kind, self._folder)
                with contextlib.suppress(ValueError):
                    paths = [as_text(path) for path in as_list(parsed(content))]
                    self._traffic.uploads.update(joined(files, paths))
        finally:
            spool.discard()
        return self._answered(visit, answer, content)

    async def _stream(self, visit: _Visit) -> Response:
        request, path = visit.request, visit.request.url.path
        has_body = {"content-length", "transfer-encoding"} & {*request.headers}
        answer = await self._send(visit, request.stream() if has_body else None)
        kind = answer.headers.get("content-type", "")
        is_rewritten = kind.startswith(_REWRITTEN) and not _FILE.search(path)
        events: EventStream | None = None
        if _EVENTS.search(path):
            (session_hash,) = parse_qs(request.url.query).get("session_hash", [""])[:1]
            events = EventStream(self._traffic, session_hash, self._masked)

        async def pieces() -> AsyncIterator[bytes]:
            rewriter = Rewriter(self._addresses, visit.here)
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
        response.raw_headers = self._shown_headers(visit, answer, is_changed=is_rewritten)
        return response

    def _answered(self, visit: _Visit, answer: httpx.Response, content: bytes) -> Response:
        shown = self._addresses.for_page(content, visit.here)
        response = Response(shown, answer.status_code)
        own = self._shown_headers(visit, answer, is_changed=True)
        response.raw_headers = [*own, (b"content-length", str(len(shown)).encode())]
        return response

    def _shown_headers(self, visit: _Visit, answer: httpx.Response, *, is_changed: bool) -> Headers:
        # Content with the address of the recorder must not be cached.
        without = ["content-length", "cache-control"] if is_changed else []
        if _is_unpacked(answer):
            without += ["content-encoding", "content-length"]
        own = for_page(answer.headers.raw, self._addresses, self._cookies, visit.here, *without)
        return [*own, (b"cache-control", b"no-store")] if is_changed else own

    def _headers(self, given: Headers, here: str, *, is_asset: bool = False) -> Headers:
        secret = {b"authorization", b"cookie"}
        for name, value in given:
            if name.lower() in secret:
                self._origins.hide({name.decode(): value.decode("latin-1")})
        return for_space(
            given, self._addresses, self._cookies, self._credentials, here, is_asset=is_asset
        )

    async def _ask(
        self, visit: _Visit, content: bytes | AsyncIterator[bytes]
    ) -> tuple[httpx.Response, bytes]:
        answer = await self._send(visit, content)
        try:
            return answer, b"".join([piece async for piece in _pieces(answer)])
        finally:
            await answer.aclose()

    async def _send(
        self, visit: _Visit, content: bytes | AsyncIterator[bytes] | None
    ) -> httpx.Response:
        request, headers = visit.request, visit.headers
        raw: bytes = request.scope["raw_path"]  # Unchanged, with its percent-encoding.
        query: bytes = request.scope["query_string"]
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
    """Refuse requests of other sites, be it through DNS rebinding or from their pages."""
    if not _LOOPBACK.fullmatch(host):
        return _refusal(421, "the recorder only answers at 127.0.0.1 and localhost")
    is_elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    is_visit = request.headers.get("sec-fetch-mode") == "navigate"
    if request.headers.get("origin", here) != here or (is_elsewhere and not is_visit):
        return _refusal(403, "the recorder only answers its own page")
    return None


def _refusal(status: int, words: str) -> Response:
    return PlainTextResponse(f"hubsmith record: {words}.\n", status)


async def _whole(request: Request) -> bytes:
    """Read a body, storing no more than is needed to see that it is too large."""
    body = bytearray()
    async for piece in request.stream():
        if len(body) <= LARGEST_CALL:
            body += piece
    return bytes(body)


def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    return answer.aiter_bytes() if _is_unpacked(answer) else answer.aiter_raw()


def _is_unpacked(answer: httpx.Response) -> bool:
    return answer.headers.get("content-encoding", "").lower() in _ENCODINGS
