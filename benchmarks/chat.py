"""Chats compared with huggingface_hub, openai and bare httpx.

All of them call the same server process, alternately. Parsing a stream is measured in CPU seconds
of this process, a whole answer in elapsed seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.rows import Row, in_turns

CHUNKS = 4000
CONCURRENT = 1000
PIECE = 16384
MODEL = "org/chat"
MESSAGES = [{"role": "user", "content": "Hello"}]
BARE = "httpx + json.loads"
TARGETS_STREAM = {"huggingface_hub": 8.0, "openai": 15.0, BARE: 0.4}


def chunk(content: str, finish_reason: str | None = None) -> bytes:
    """Return one event in the format of text-generation-inference."""
    choice = {
        "index": 0,
        "delta": {"role": "assistant", "content": content},
        "logprobs": None,
        "finish_reason": finish_reason,
    }
    event = {
        "object": "chat.completion.chunk",
        "id": "",
        "created": 1719907176,
        "model": MODEL,
        "system_fingerprint": "3.2.1-native",
        "choices": [choice],
        "usage": None,
    }
    return f"data: {json.dumps(event, separators=(',', ':'))}\n\n".encode()


EVENTS = [*(chunk(f" token{at}") for at in range(CHUNKS - 1)), chunk("", "stop")]
ANSWER = json.dumps(
    {
        "object": "chat.completion",
        "id": "",
        "created": 1719907176,
        "model": MODEL,
        "system_fingerprint": "3.2.1-native",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello. " * 100},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 200, "total_tokens": 210},
    }
).encode()


def http_chunks(pieces: Iterable[bytes]) -> bytes:
    """Return a body in chunked transfer encoding."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests on one connection."""
    whole = b"".join(EVENTS) + b"data: [DONE]\n\n"
    large = http_chunks(whole[at : at + PIECE] for at in range(0, len(whole), PIECE))
    single = http_chunks([*EVENTS, b"data: [DONE]\n\n"])
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n\r\n"
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in request.split(b"\r\n")[1:-2])
            asked = json.loads(await reader.readexactly(int(fields[b"content-length"])))
            if asked.get("stream"):
                body = single if asked.get("user") == "single" else large
                writer.write(head % (b"text/event-stream", b"transfer-encoding: chunked") + body)
            else:
                writer.write(head % (b"application/json", b"content-length: %d" % len(ANSWER)))
                writer.write(ANSWER)
            await writer.drain()
    writer.close()


def serve(started: Connection) -> None:
    """Run the server, and send its port to `started`."""

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2 * CONCURRENT)
        started.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextlib.contextmanager
def server() -> Generator[str, None, None]:
    """Run the server in a separate process; yield its URL."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(sender,), daemon=True)
    process.start()
    sender.close()  # So that recv() raises if the process fails.
    try:
        yield f"http://127.0.0.1:{receiver.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def callers(url: str) -> tuple[dict[str, Callable[[str], int]], dict[str, Callable[[], Any]]]:
    """Return functions that read a stream (and count its chunks), and that get a whole answer."""
    import httpx
    import hubsmith
    import huggingface_hub
    import openai

    ours = hubsmith.InferenceClient(url, token="none")
    theirs: Any = huggingface_hub.InferenceClient(url, token="none")
    opened = openai.OpenAI(base_url=url, api_key="none")
    bare = httpx.Client(timeout=60)
    address = f"{url}/chat/completions"
    body = {"model": MODEL, "messages": MESSAGES}

    def by_hubsmith(form: str) -> int:
        stream = ours.chat_completion(MESSAGES, model=MODEL, stream=True, user=form)
        return sum(1 for one in stream if one.choices[0].delta.content is not None)

    def by_huggingface_hub(form: str) -> int:
        stream = theirs.chat_completion(
            MESSAGES, model=MODEL, stream=True, extra_body={"user": form}
        )
        return sum(1 for one in stream if one.choices[0].delta.content is not None)

    typed: Any = MESSAGES

    def by_openai(form: str) -> int:
        stream = opened.chat.completions.create(messages=typed, model=MODEL, stream=True, user=form)
        return sum(1 for one in stream if one.choices[0].delta.content is not None)

    def by_lines(form: str) -> int:
        count = 0
        with bare.stream("POST", address, json={**body, "stream": True, "user": form}) as answered:
            for line in answered.iter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    count += json.loads(line[6:])["choices"][0]["delta"]["content"] is not None
        return count

    streams = {
        "hubsmith": by_hubsmith,
        "huggingface_hub": by_huggingface_hub,
        "openai": by_openai,
        BARE: by_lines,
    }
    calls = {
        "hubsmith": lambda: ours.chat_completion(MESSAGES, model=MODEL).choices[0].message.content,
        "huggingface_hub": lambda: (
            theirs.chat_completion(MESSAGES, model=MODEL).choices[0].message.content
        ),
        "openai": lambda: (
            opened.chat.completions.create(messages=typed, model=MODEL).choices[0].message.content
        ),
        "httpx": lambda: bare.post(address, json=body).json()["choices"][0]["message"]["content"],
    }
    return streams, calls


def streams_of(url: str, rounds: int) -> Iterator[Row]:
    """Measure the CPU time of reading a stream, with large and with single-event HTTP chunks."""
    streams, _ = callers(url)

    def read(name: str, form: str) -> None:
        if (count := streams[name](form)) != CHUNKS:
            raise RuntimeError(f"{name} read {count} of {CHUNKS} chunks")

    for form, title in (("large", "several events at a time"), ("single", "one event at a time")):
        subjects = {name: functools.partial(read, name, form) for name in streams}
        taken = in_turns(subjects, rounds, time.process_time)
        for peer, target in TARGETS_STREAM.items():
            # The cost of one HTTP chunk per event is in the HTTP library, the same for all.
            yield Row(
                what=f"a streamed chat, {title}",
                unit="chunks / CPU s",
                ours=CHUNKS / taken["hubsmith"],
                peer=peer,
                theirs=CHUNKS / taken[peer],
                target=target if form == "large" else None,
                more=True,
            )


def whole_answers(url: str, rounds: int) -> Iterator[Row]:
    """Measure the time of a whole answer."""
    _, calls = callers(url)
    taken = in_turns(calls, rounds, time.perf_counter, warm_up=20)
    for peer in ("httpx", "huggingface_hub", "openai"):
        yield Row(
            what="a whole chat answer",
            unit="ms",
            ours=taken["hubsmith"] * 1e3,
            peer=peer,
            theirs=taken[peer] * 1e3,
            target=1.1 if peer == "httpx" else None,
            why="about 100 µs of CPU: arguments and answer are checked, the call is routed and timed",
        )


async def _at_once(client: Any, call: Callable[[Any], Awaitable[Any]]) -> None:
    async with client:
        await asyncio.gather(*(call(client) for _ in range(CONCURRENT)))


def at_once(url: str, rounds: int) -> Iterator[Row]:
    """Measure many concurrent chats on one client."""
    import httpx
    import hubsmith
    import huggingface_hub
    import openai

    body = {"model": MODEL, "messages": MESSAGES}
    subjects: dict[str, Callable[[], Any]] = {
        "hubsmith": lambda: _at_once(
            hubsmith.AsyncInferenceClient(url, token="none"),
            lambda client: client.chat_completion(MESSAGES, model=MODEL),
        ),
        "huggingface_hub": lambda: _at_once(
            huggingface_hub.AsyncInferenceClient(url, token="none"),
            lambda client: client.chat_completion(MESSAGES, model=MODEL),
        ),
        "openai": lambda: _at_once(
            openai.AsyncOpenAI(base_url=url, api_key="none"),
            lambda client: client.chat.completions.create(messages=MESSAGES, model=MODEL),
        ),
        "httpx": lambda: _at_once(
            httpx.AsyncClient(timeout=60),
            lambda client: client.post(f"{url}/chat/completions", json=body),
        ),
    }
    runs = {name: lambda make=make: asyncio.run(make()) for name, make in subjects.items()}
    best = in_turns(runs, rounds, time.perf_counter, warm_up=0, reduce=min)
    for peer in ("huggingface_hub", "openai", "httpx"):
        yield Row(
            what=f"{CONCURRENT:,} chats at once",
            unit="s",
            ours=best["hubsmith"],
            peer=peer,
            theirs=best[peer],
        )


def rows(*, quick: bool) -> Iterator[Row]:
    """Run all measurements against one server process."""
    with server() as url:
        yield from streams_of(url, 3 if quick else 9)
        yield from whole_answers(url, 100 if quick else 500)
        yield from at_once(url, 1 if quick else 3)
