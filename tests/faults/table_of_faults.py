"""The faults of the table: what is done to an exchange, by name."""

from __future__ import annotations

import asyncio
import functools
import gzip
import json
import random
import sys
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.fault_proxy import Act, Exchange, Reply, chunked, head

DRIP_SECONDS = 0.2  # Between two bytes.
_HELD_SECONDS = 0.15  # In which a server that was asked does its work, and its answer is lost.
_FOR_EVER = 3600.0
_JSON = {"content-type": "application/json"}
_BOMB_BYTES = 600 << 20  # More than is read of an answer.
_DEPTH = 100_000
# What the parser of JSON still takes, and code that calls itself at each level does not.
_DEEP = 900 if sys.version_info < (3, 12) else 1900
_NOWHERE = "http://127.0.0.1:1/nowhere"


@dataclass(frozen=True)
class Fault:
    """Something that networks and servers do.

    Attributes:
        act: What the proxy does instead of passing on the answer.
        times: How often it does that; afterwards all is well.
        is_slow: Whether nothing but a limit of time ends it.
        is_heavy: Whether it takes the whole machine, so that nothing should run beside it.
        is_content: Whether the answer is in order, with another content than that of the server.
        drips: Whether bytes come without end, none of them late.
        keeps_port: Whether the server can be connected to; `None` where it is away for a moment.
    """

    name: str
    act: Act
    times: float = float("inf")
    is_slow: bool = False
    is_heavy: bool = False
    is_content: bool = False
    drips: bool = False
    keeps_port: bool | None = True


# What is left of an answer


@asynccontextmanager
async def _lost(exchange: Exchange) -> AsyncGenerator[None, None]:
    """Let the server do what it was asked, and lose its answer."""
    async with exchange.forwarded() as reply:
        if reply.is_stream:
            await asyncio.sleep(_HELD_SECONDS)
        else:
            async for _ in reply.pieces:
                pass
        yield


def _end(then: str) -> Act:
    """Give how an answer that is not whole goes on: `reset`, `close` or `stall`."""

    async def act(exchange: Exchange) -> None:
        await asyncio.sleep(0.01)  # What came before should arrive.
        if then == "stall":
            await asyncio.sleep(_FOR_EVER)
        getattr(exchange, then)()

    return act


def at_once(then: str) -> Act:
    """End before the server is asked."""
    return _end(then)


def unanswered(then: str) -> Act:
    """Ask the server, and end before any header."""

    async def act(exchange: Exchange) -> None:
        async with _lost(exchange):
            await _end(then)(exchange)

    return act


def in_headers(then: str, pace: float = 0.0) -> Act:
    """End, or drip, in the headers."""

    async def act(exchange: Exchange) -> None:
        async with exchange.forwarded() as reply:
            content = head(reply.status, {**reply.headers, "content-length": "5"})
            for byte in content[:-10]:
                exchange.transport.write(bytes([byte]))
                if pace:
                    await asyncio.sleep(pace)
            await _end(then)(exchange)

    return act


def in_body(then: str, position: float, pace: float = 0.0) -> Act:
    """End, or drip, in the body: at a byte, or at a fraction of what is there."""

    async def act(exchange: Exchange) -> None:
        async with exchange.forwarded() as reply:
            content = b"".join([encoded async for encoded in _encoded(exchange, reply)])
            until = round(position * len(content)) if isinstance(position, float) else position
            until = min(until, len(content) - 1)
            if not pace:
                await exchange.write(content[:until])
            for byte in content if pace else b"":
                exchange.transport.write(bytes([byte]))
                await asyncio.sleep(pace)
            await _end(then)(exchange)

    return act


async def _encoded(exchange: Exchange, reply: Reply) -> AsyncIterator[bytes]:
    """Write the head, and return the body as it is sent: what came of a stream, or all."""
    if reply.is_stream:
        exchange.write_head(reply.status, {**reply.headers, "transfer-encoding": "chunked"})
        async for piece in _first_pieces(reply):
            yield chunked(piece)
    else:
        content = await _content(reply)
        exchange.write_head(reply.status, {**reply.headers, "content-length": str(len(content))})
        yield content


async def _first_pieces(reply: Reply) -> AsyncIterator[bytes]:
    """Return what comes of a stream within a moment."""
    until = asyncio.get_running_loop().time() + _HELD_SECONDS
    waiting = asyncio.ensure_future(anext(reply.pieces, None))
    try:
        while True:
            left = until - asyncio.get_running_loop().time()
            await asyncio.wait([waiting], timeout=max(0.0, left))
            if not waiting.done() or (piece := waiting.result()) is None:
                return
            yield piece
            waiting = asyncio.ensure_future(anext(reply.pieces, None))
    finally:
        waiting.cancel()


async def _content(reply: Reply) -> bytes:
    pieces = _first_pieces(reply) if reply.is_stream else reply.pieces
    return b"".join([piece async for piece in pieces])


# Answers that say something wrong about themselves


def told(headers: dict[str, str], share: float = 1.0, status: int = 200) -> Act:
    """Send a share of the content with other headers; `{}` is the length of all of it."""

    async def act(exchange: Exchange) -> None:
        async with exchange.forwarded() as reply:
            content = await _content(reply)
            sent = content[: int(len(content) * share)]
            named = {name: value.format(len(content)) for name, value in headers.items()}
            exchange.write_head(
                status, {**reply.headers, "content-length": str(len(sent)), **named}
            )
            await exchange.write(sent)

    return act


def of_length(difference: int, then: str) -> Act:
    """Declare another length than that of the content."""

    async def act(exchange: Exchange) -> None:
        async with exchange.forwarded() as reply:
            content = await _content(reply)
            length = max(0, len(content) + difference)
            exchange.write_head(reply.status, {**reply.headers, "content-length": str(length)})
            await exchange.write(content)
            await _end(then)(exchange)

    return act


async def without_length(exchange: Exchange) -> None:
    """Send content that ends with the connection, which is in order."""
    async with exchange.forwarded() as reply:
        exchange.write_head(reply.status, {**reply.headers, "connection": "close"})
        await exchange.write(await _content(reply))
        await _end("close")(exchange)


async def chunks_of_no_size(exchange: Exchange) -> None:
    async with exchange.forwarded() as reply:
        exchange.write_head(reply.status, {**reply.headers, "transfer-encoding": "chunked"})
        await exchange.write(b"zz\r\n" + await _content(reply))


def compressed(share: float = 1.0) -> Act:
    async def act(exchange: Exchange) -> None:
        async with exchange.forwarded() as reply:
            content = gzip.compress(await _content(reply))
            sent = content[: int(len(content) * share)]
            length = {"content-encoding": "gzip", "content-length": str(len(sent))}
            exchange.write_head(reply.status, {**reply.headers, **length})
            await exchange.write(sent)

    return act


# Answers of somebody else


def status(
    code: int | str,
    headers: dict[str, str] | None = None,
    *,
    asks: bool = False,
    body: bytes = b'{"error": "that went wrong"}',
) -> Act:
    """Answer with a status; `{}` in a header is the path that was asked for."""

    async def act(exchange: Exchange) -> None:
        content = b"" if code in (204, 304) else body
        shown = dict(_JSON) | ({"content-length": str(len(content))} if content else {})
        for name, value in (headers or {}).items():
            shown[name] = value.replace("{}", exchange.asked.path)
        if asks:
            async with _lost(exchange):
                pass
        exchange.write_head(code, shown)
        await exchange.write(content)

    return act


def nonsense(content: bytes, kind: str = "application/json") -> Act:
    """Let the server do what it was asked, and answer with something else."""

    async def act(exchange: Exchange) -> None:
        async with exchange.forwarded() as reply:
            is_stream = reply.is_stream
            await _content(reply)
        as_event = is_stream and kind == "application/json"
        sent = b"data: " + content + b"\n\n" if as_event else content
        about = {"content-type": "text/event-stream" if as_event else kind}
        exchange.write_head(200, {**about, "content-length": str(len(sent))})
        await exchange.write(sent)

    return act


def edited(old: bytes, new: bytes) -> Act:
    """Pass on what the server says, with one thing replaced by another."""

    async def act(exchange: Exchange) -> None:
        async with exchange.forwarded() as reply:
            exchange.write_head(reply.status, {**reply.headers, "transfer-encoding": "chunked"})
            async for piece in reply.pieces:
                if edit := piece.replace(old, new):
                    await exchange.write(chunked(edit))
            await exchange.write(b"0\r\n\r\n")

    return act


@functools.cache  # Packing takes a while, and the call that is timed runs in this process, too.
def packed_zeros() -> bytes:
    packer, zeros = zlib.compressobj(wbits=31), bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(_BOMB_BYTES >> 20)) + packer.flush()


async def bomb(exchange: Exchange) -> None:
    """Send little that becomes much."""
    async with _lost(exchange):
        pass
    content = packed_zeros()
    about = {"content-encoding": "gzip", "content-length": str(len(content))}
    exchange.write_head(200, _JSON | about)
    await exchange.write(content)


def endless(piece: bytes, start: bytes | None = None) -> Act:
    """Send the same for ever: as content, or as what comes before it."""

    async def act(exchange: Exchange) -> None:
        async with _lost(exchange):
            pass
        exchange.transport.write(head(200, _JSON) if start is None else start)
        while True:
            await exchange.write(piece)
            await asyncio.sleep(0.01)

    return act


def _stages() -> Iterator[Fault]:
    nothing = in_headers("close")  # Never used: nobody can connect.
    yield Fault("refused", nothing, keeps_port=False)
    yield Fault("away for a moment", nothing, keeps_port=None)
    for then in ("reset", "close", "stall"):
        is_slow = then == "stall"
        stages = {
            "before the request": at_once(then),
            "before the headers": unanswered(then),
            "in the headers": in_headers(then),
            "at the start of the body": in_body(then, 0),
            "after a byte": in_body(then, 1),
            "in the middle": in_body(then, 0.5),
            "before the last byte": in_body(then, 1.0),
        }
        for stage, act in stages.items():
            yield Fault(f"{then} {stage}", act, is_slow=is_slow)
            if then != "close":
                yield Fault(f"{then} {stage}, once", act, times=1, is_slow=is_slow)
    yield Fault("headers drip", in_headers("stall", DRIP_SECONDS), is_slow=True, drips=True)
    yield Fault("body drips", in_body("stall", 0, DRIP_SECONDS), is_slow=True)


def _forms() -> Iterator[Fault]:
    yield Fault("length one short", of_length(-1, "close"), is_content=True)
    yield Fault("length far too short", of_length(-1_000_000, "close"), is_content=True)
    yield Fault("length too long, closed", of_length(10, "close"))
    yield Fault("length too long, stalled", of_length(10, "stall"), is_slow=True)
    for length in ("-5", "abc", "9" * 30, "5, 6"):
        yield Fault(f"length {length:.9}", told({"content-length": length}))
    yield Fault("no length", without_length)
    yield Fault("chunks of no size", chunks_of_no_size)
    for kind in ("text/html", "image/png", "", ";;;", "application/json; charset=nonsense"):
        yield Fault(f"type {kind}", told({"content-type": kind}))
    yield Fault("gzip", compressed())
    yield Fault("gzip cut", compressed(0.5))
    for encoding in ("gzip", "deflate", "br", "zstd"):
        name = f"not {encoding}"
        yield Fault(name, told({"content-encoding": encoding}), is_content=encoding != "gzip")
    yield Fault("unknown encoding", told({"content-encoding": "rot13"}))
    partial = {"content-range": "bytes 0-4/{}"}
    yield Fault("half of it, 206", told(partial, 0.5, status=206))
    yield Fault("all of it, 201", told({}, status=201))


def _statuses() -> Iterator[Fault]:
    for code in (204, 304, 401, 404, 418, 429, 503):
        yield Fault(f"status {code}", status(code))
    for code in (500, 502, 504):
        yield Fault(f"status {code}", status(code, asks=True))
    for code in (429, 502, 503, 504):
        act = status(code, asks=code in (502, 504))
        yield Fault(f"status {code}, once", act, times=1)
    # Seconds in many forms; "never" is no form of them.
    for after in (
        "0",
        "5",
        "-5",
        "nan",
        "1e9",
        "9" * 400,
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "never",
    ):
        yield Fault(f"retry after {after:.14}", status(429, {"retry-after": after}))
    yield Fault("503, retry after 999999999", status(503, {"retry-after": "999999999"}))
    for code in ("999 Odd", "99 Odd", "abc", ""):
        yield Fault(f"status line {code!r}", status(code))
    for code in (301, 302, 303, 307, 308):
        yield Fault(f"{code} to nowhere", status(code, {"location": _NOWHERE}))
    yield Fault("302 loop", status(302, {"location": "{}"}))
    yield Fault("307 loop", status(307, {"location": "{}"}))
    for to in ("http://[::1", "file:///etc/passwd", "", "//", "http://127.0.0.1:99999/", "\x7f"):
        yield Fault(f"302 to {to!r}", status(302, {"location": to}))


def _contents() -> Iterator[Fault]:
    html = b"<!doctype html><h1>Your Space is sleeping</h1>"
    noise = random.Random(0).randbytes(500)
    yield Fault("a page", nonsense(html, "text/html"), is_content=True)
    yield Fault("noise", nonsense(noise, "application/octet-stream"), is_content=True)
    others = {
        "nothing": b"",
        "a page as JSON": html,
        "noise as JSON": noise,
        "JSON cut": b'{"event_id": "abc", "msg": "process_comp',
        "deep lists": b"[" * _DEPTH,
        "deep lists, closed": b"[" * _DEPTH + b"]" * _DEPTH,
        "deep objects": b'{"a":' * _DEPTH,
        "null": b"null",
        "a list": b"[]",
        "a list of lists": b"[[[]]]",
        "an object": b"{}",
        "a number": b"1e999",
        "many digits": b"9" * 5000,
        "NaN": b"NaN",
        "text": b'"text"',
        "a surrogate": b'{"error": "\\ud800", "event_id": "\\ud800", "msg": "\\ud800"}',
        "not UTF-8": b'{"error": "\xff\xfe", "event_id": "\xff"}',
        "another encoding": json.dumps({"event_id": "abc"}).encode("utf-16"),
    }
    for name, content in others.items():
        yield Fault(name, nonsense(content), is_content=True)


def _floods() -> Iterator[Fault]:
    yield Fault("bomb", bomb, is_heavy=True)
    yield Fault("endless zeros", endless(bytes(1 << 16)), is_slow=True, is_content=True)
    yield Fault("endless spaces", endless(b" " * 4096), is_slow=True, is_content=True)
    yield Fault("endless lines", endless(b"data: {}\n\n"), is_slow=True, is_content=True)
    header = head(200, _JSON).removesuffix(b"\r\n")
    yield Fault("endless headers", endless(b"x: y\r\n" * 100, header), is_slow=True, drips=True)
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    yield Fault("endless early hints", endless(early, early), is_slow=True, drips=True)


def _messages() -> Iterator[Fault]:
    """Give what can be wrong in the events of a Space alone."""
    edits: dict[str, Any] = {
        "an end of no kind": (b'"process_completed"', b'["process_completed"]'),
        "an end of another job": (b'"event_id":"', b'"event_id":"x'),
        "an end without output": (b'"output":', b'"tuptuo":'),
        "an end without data": (b'"data":', b'"atad":'),
        "an end with null": (b'"data":[', b'"data":null,"x":['),
        "an end of deep lists": (b'"data":[', b'"data":[' + b"[" * _DEEP + b"]" * _DEEP + b","),
        "success is no word": (b'"success":true', b'"success":[]'),
        "odd numbers": (b'"rank":0', b'"rank":1e999,"rank_eta":NaN'),
        "odd estimate": (b'"eta":', b'"eta":1e400,"rank_eta":NaN,"x":'),
        "odd progress": (b'"progress_data":[{', b'"progress_data":[null,5,{"index":1e999},{'),
        "odd output": (b'"output":{', b'"output":[],"x":{'),
        "lines end elsewhere": (b"\n\n", b"\r\r"),
        "a field of no name": (b"data: ", b": comment\nxdata: 5\ndata: "),
        "no blank lines": (b"\n\n", b"\n"),
    }
    for name, (old, new) in edits.items():
        yield Fault(name, edited(old, new), is_slow=True)


def _loads() -> Iterator[Fault]:
    """Give what an inference server may say of a model that loads."""
    for seconds in ("NaN", "1e999", "-1e9", "1" + "0" * 400, "20", '"soon"', "[]"):
        body = b'{"error": "Model is loading", "estimated_time": %b}' % seconds.encode()
        yield Fault(f"loading, {seconds:.6} to go", status(503, body=body), is_slow=True)


FAULTS = [*_stages(), *_forms(), *_statuses(), *_contents(), *_floods()]
MESSAGES = list(_messages())
LOADS = list(_loads())
