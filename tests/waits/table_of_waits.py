"""The rows of the table of waits: what is called, and how the server is slow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hubsmith import AsyncInferenceClient, InferenceClient, handle_file

from tests.waits.scripted_http import SLOW, Answer, Fault, Plan, endless, stream
from tests.waits.scripted_inference import DONE, chunk
from tests.waits.scripted_space import Script, completed, heartbeat, partial

TIMEOUT = 1.0

MESSAGES = [{"role": "user", "content": "hi"}]
API = "/gradio_api"
CHAT_PATH = "/v1/chat/completions"


def done() -> Script:
    return [completed("x")]


def a_file() -> Script:
    file = {"path": "/tmp/a.txt", "meta": {"_type": "gradio.FileData"}}
    return [completed(file)]


def lasting() -> Script:
    return [60.0]


Calls = tuple[Callable[[Any], Any], Callable[[Any], Awaitable[Any]]]
"""A call of a blocking client, and of one for asyncio."""


@dataclass(frozen=True)
class Row:
    """A call that has to wait.

    Attributes:
        calls: What is called: of a client, or of a job of its where `is_job`.
        plans: What the server, or the Hub and its router, do by path.
        script: What happens to the jobs of a Space.
        source: What the client is made with; empty for the URL of the server.
        options: Further arguments of the client.
        good: What the call returns, where it must not time out.
    """

    name: str
    calls: Calls
    plans: dict[str, Plan] = field(default_factory=dict)
    script: Callable[[], Script] = done
    source: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    good: Any = None

    @property
    def is_job(self) -> bool:
        return self.calls in (ITERATE, RESULT, UNLIMITED, CANCEL)


def same(call: Callable[[Any], Any]) -> Calls:
    """Give a call that is written alike for both clients."""
    return call, call


async def _list(job: Any) -> list[Any]:
    return [part async for part in job]


def _stream(client: InferenceClient) -> list[Any]:
    return [item.choices[0].delta.content for item in client.chat_completion(MESSAGES, stream=True)]


async def _astream(client: AsyncInferenceClient) -> list[Any]:
    items = await client.chat_completion(MESSAGES, stream=True)
    return [item.choices[0].delta.content async for item in items]


async def _aread(client: Any) -> bytes:
    return await (await client.predict("x", api_name="/echo")).aread()


FETCH: Calls = (lambda client: client.predict("x", api_name="/echo").read(), _aread)
PREDICT = same(lambda client: client.predict("x", api_name="/echo"))
UPLOAD = same(lambda client: client.predict(handle_file(__file__), api_name="/upper_file"))
SUBMIT = same(lambda client: client.submit("x", api_name="/echo"))
ITERATE: Calls = (list, _list)
RESULT = same(lambda job: job.result(timeout=TIMEOUT))
UNLIMITED = same(lambda job: job.result())
CANCEL = same(lambda job: job.cancel())
CHAT = same(lambda client: client.chat_completion(MESSAGES))
STREAMED: Calls = (_stream, _astream)
PICTURE = same(lambda client: client.text_to_image("a cat"))

BUSY = Answer({"detail": "busy"}, 503, {"retry-after": "5"})
COMMENTS = endless(b": still here\n\n")
WORDS: tuple[Any, ...] = ("a", 0.5, "b", 0.5, "c", 0.5, "d", 0.5, "e")


def slow(
    name: str,
    calls: Calls,
    path: str,
    source: str = "",
    script: Callable[[], Script] = done,
    **options: Any,
) -> Iterator[Row]:
    """Give a row for each way to be slow; `{}` tells those apart that ask one Hub."""
    for fault in SLOW:
        own = fault.value.replace(" ", "-")
        yield Row(
            f"{name}, {fault.value}", calls, {path.format(own): fault}, script,
            source=source.format(own), options=options,
        )  # fmt: skip


def without_end(step: Any) -> Callable[[], Script]:
    def script() -> Script:
        while True:
            yield step
            yield 0.1

    return script


def a_part_at_a_time() -> Script:
    return [*(partial(w) if isinstance(w, str) else w for w in WORDS), completed("e")]


def space_rows() -> Iterator[Row]:
    """Give the waits of a call of a Space."""
    queue, stream, silent = f"{API}/queue/join", f"{API}/queue/data", Fault.SILENT
    yield from slow("the Hub, host", PREDICT, "/api/spaces/a/host-{}/host", "a/host-{}")
    yield from slow("the Hub, stage", PREDICT, "/api/spaces/a/stage-{}/runtime", "a/stage-{}")
    yield from slow("login", PREDICT, "/login", auth=("ann", "password"))
    yield from slow("config", PREDICT, "/config")
    yield from slow("info", PREDICT, f"{API}/info")
    yield from slow("upload", UPLOAD, f"{API}/upload")
    yield from slow("join", PREDICT, queue)
    yield from slow("events", PREDICT, stream)
    yield from slow("file", FETCH, f"{API}/file=/tmp/a.txt", script=a_file)
    yield from slow("events of a job", RESULT, stream)
    yield from slow("cancel", CANCEL, f"{API}/cancel", script=lasting)
    yield Row("config, Retry-After", PREDICT, {"/config": BUSY})
    yield Row("join, Retry-After", PREDICT, {queue: BUSY})
    yield Row("events, Retry-After", PREDICT, {stream: BUSY})
    yield Row("events, comments only", PREDICT, {stream: COMMENTS})
    yield Row("events, heartbeats only", PREDICT, script=without_end(heartbeat()))
    yield Row("events, parts without end", PREDICT, script=without_end(partial("x")))
    yield Row("events and cancel, silent", PREDICT, {f"{API}/cancel": silent}, lasting)
    long = [1.5, completed("x")]
    yield Row("result of a job, without a limit", UNLIMITED, script=lambda: long, good="x")
    yield Row("iterated, comments only", ITERATE, {stream: COMMENTS})
    yield Row("iterated, heartbeats only", ITERATE, script=without_end(heartbeat()))
    yield Row("iterated, silent after a part", ITERATE, script=lambda: [partial("x"), 60.0])
    yield Row("iterated, a part each 0.5 s", ITERATE, script=a_part_at_a_time, good=[*"abcde"])


def inference_rows() -> Iterator[Row]:
    """Give the waits of a call of inference."""
    fal, replicate = {"provider": "fal-ai"}, {"provider": "replicate"}
    job = "/replicate/v1/jobs/org/job-{}"
    yield from slow("the Hub, mapping", PICTURE, "/api/models/org/hub-{}", "org/hub-{}", **fal)
    yield from slow("picture", PICTURE, "/fal-ai/org/picture-{}", "org/picture-{}", **fal)
    yield from slow("poll", PICTURE, job, "org/job-{}", **replicate)
    yield from slow("media", PICTURE, "/media/org/media-{}", "org/media-{}", **fal)
    yield from slow("/v1/models", CHAT, "/v1/models")
    yield from slow("chat", CHAT, CHAT_PATH)
    yield from slow("streamed chat", STREAMED, CHAT_PATH)
    yield from slow("health", same(lambda client: client.health_check()), "/health")
    yield from slow("server info", same(lambda client: client.get_endpoint_info()), "/info")
    yield from slow("post", same(lambda client: client.post(json={})), "/")
    never = Answer({"status": "processing"})
    yield Row(
        "poll, never done", PICTURE, {job.format("x"): never}, source="org/job-x", options=replicate
    )
    for name, calls in (("chat", CHAT), ("streamed chat", STREAMED)):
        for seconds in (0.2, 30.0):
            loading = Answer({"error": "tiny is loading", "estimated_time": seconds}, 503)
            yield Row(f"{name}, loading, {seconds:g} s to go", calls, {CHAT_PATH: loading})
        yield Row(f"{name}, Retry-After", calls, {CHAT_PATH: BUSY})
    yield Row("streamed chat, comments only", STREAMED, {CHAT_PATH: COMMENTS})
    yield Row("streamed chat, silent after a word", STREAMED, {CHAT_PATH: stream(chunk("a"), 60.0)})
    words = [chunk(word) if isinstance(word, str) else word for word in WORDS]
    spoken = stream(*words, chunk("", "stop"), DONE)
    yield Row(
        "streamed chat, a word each 0.5 s", STREAMED, {CHAT_PATH: spoken}, good=[*"abcde", ""]
    )
