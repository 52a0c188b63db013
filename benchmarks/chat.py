"""Chats beside huggingface_hub, openai and bare httpx: `make bench-chat`.

One server process answers all of them, in turns. Parsing a stream is measured in CPU seconds of
this process, a whole answer in seconds as they pass. The aims are printed beside the ratios, they
are not assertions.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Generator, Iterable
from multiprocessing.connection import Connection
from typing import Any

CHUNKS = 4000
STREAMS = 8
CALLS = 300
WARM_UP = 20
PIECE = 16384
MODEL = "org/chat"
MESSAGES = [{"role": "user", "content": "Hello"}]
AIMS_STREAM = {"huggingface_hub": 8.0, "openai": 15.0, "iter_lines + json.loads": 0.4}
AIM_CALL = 1.1


def chunk(content: str, finish_reason: str | None = None) -> bytes:
    """Return one event as text-generation-inference writes it."""
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
    """Return a body in chunked encoding."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests on one connection."""
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
    """Run the server, and tell its port."""

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        started.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextlib.contextmanager
def server() -> Generator[str, None, None]:
    """Give the address of a server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(sender,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def callers(url: str) -> tuple[dict[str, Callable[[str], int]], dict[str, Callable[[], Any]]]:
    """Return who reads streams (and counts their chunks), and who asks for whole answers."""
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

    def by_openai(form: str) -> int:
        messages: Any = MESSAGES
        stream = opened.chat.completions.create(
            messages=messages, model=MODEL, stream=True, user=form
        )
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
        "iter_lines + json.loads": by_lines,
    }
    calls = {
        "hubsmith": lambda: ours.chat_completion(MESSAGES, model=MODEL).choices[0].message.content,
        "huggingface_hub": lambda: (
            theirs.chat_completion(MESSAGES, model=MODEL).choices[0].message.content
        ),
        "bare httpx": lambda: bare.post(address, json=body).json()["choices"][0]["message"][
            "content"
        ],
    }
    return streams, calls


def in_turns(
    names: list[str],
    rounds: int,
    warm_up: int,
    clock: Callable[[], float],
    run: Callable[[str], Any],
) -> dict[str, float]:
    """Return the median seconds of a run by name."""
    seconds: dict[str, list[float]] = {name: [] for name in names}
    order = list(names)
    for turn in range(rounds + warm_up):
        order.append(order.pop(0))  # Nobody is always the first.
        for name in order:
            start = clock()
            run(name)
            if turn >= warm_up:
                seconds[name].append(clock() - start)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def report_streams(streams: dict[str, Callable[[str], int]]) -> None:
    """Print the chunks a second of each, for both forms of HTTP chunks."""

    def read(name: str) -> None:
        if (count := streams[name](form)) != CHUNKS:
            raise RuntimeError(f"{name} read {count} of {CHUNKS} chunks")

    for form, title in (("large", f"{PIECE} bytes"), ("single", "one event")):
        medians = in_turns(list(streams), STREAMS, 1, time.process_time, read)
        print(f"\n{STREAMS} streams of {CHUNKS} chunks each, {title} in each chunk of HTTP")
        for name, median in medians.items():
            print(f"{name:<26}{CHUNKS / median:10,.0f} chunks per CPU second")
        for name, aim in AIMS_STREAM.items():
            ratio = medians[name] / medians["hubsmith"]
            # A chunk of HTTP for each event costs all of them the same, in the library below.
            wanted = f"aim {aim:g}   {'ok' if ratio >= aim else 'UNDER'}" if form == "large" else ""
            print(f"hubsmith / {name:<26}{ratio:6.2f}   {wanted}")


def report_calls(calls: dict[str, Callable[[], Any]]) -> None:
    """Print how long a whole answer takes."""
    medians = in_turns(list(calls), CALLS, WARM_UP, time.perf_counter, lambda name: calls[name]())
    print(f"\n{CALLS} whole answers of each")
    for name, median in medians.items():
        print(f"{name:<26}{median * 1e3:10.3f} ms")
    for name in ("bare httpx", "huggingface_hub"):
        ratio = medians["hubsmith"] / medians[name]
        verdict = f"aim {AIM_CALL:g}   {'ok' if ratio <= AIM_CALL else 'OVER'}"
        print(f"hubsmith / {name:<26}{ratio:6.2f}   {verdict if name == 'bare httpx' else ''}")


def main() -> None:
    """Measure and print."""
    os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "0"  # Otherwise huggingface_hub refuses loopback, too.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    with server() as url:
        streams, calls = callers(url)
        report_streams(streams)
        report_calls(calls)


if __name__ == "__main__":
    main()
