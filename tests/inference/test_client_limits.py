"""The limits of a call: `timeout` holds whatever a server does, and without it there is an end, too."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import hubsmith
import hubsmith_runtime
import pytest
from hubsmith._async_client import AsyncInferenceClient
from hubsmith._client import InferenceClient
from hubsmith_runtime import InferenceTimeoutError, Retries
from hubsmith_runtime.inference.base import SILENCE

from tests.support.fake_inference import Dripping, FakeChatServer, chunks, trickle
from tests.support.recorder import Recorder
from tests.support.tokens import forget_tokens

MESSAGES = [{"role": "user", "content": "Where is the Louvre?"}]
MOST_AGAIN = 4  # More late calls than that are not the machine's fault.
LOADING = {"error": "Model is currently loading", "estimated_time": 0.3}

Call = Callable[[Any, str], Any]
"""Calls a client with the URL of a server; gives the result, or what is awaited for it."""


def classify(client: Any, url: str) -> Any:
    return client.text_classification("fine", model=url)


def chat(client: Any, url: str) -> Any:
    return client.chat_completion(MESSAGES, model=url)


def stream(client: Any, url: str) -> Any:
    return client.chat_completion(MESSAGES, model=f"{url}/v1", stream=True)


def post(client: Any, url: str) -> Any:
    return client.post(json={}, model=url)


def info(client: Any, url: str) -> Any:
    return client.get_endpoint_info(model=url)


def health(client: Any, url: str) -> Any:
    return client.health_check(url)


def classify_what_is_at(client: Any, url: str) -> Any:
    return client.image_classification(f"{url}/cat.png", model=f"{url}/model")


class Busy(Recorder):
    """Answers every request in the same way."""

    def __init__(self, status: int, headers: dict[str, str], content: Any) -> None:
        super().__init__()
        self._given = status, headers, content

    def answer(self, seen: Any) -> Any:
        return self._given


@contextmanager
def busy(*answer: Any) -> Iterator[str]:
    server = Busy(*answer)
    with server.running():
        yield server.url


def dripping(point: str, status: int = 200, only: str = "") -> Callable[[], Any]:
    return lambda: Dripping(point, status, only=only, usual={}).running()


CASES: dict[str, tuple[Callable[[], Any], Call]] = {
    **{
        f"{call.__name__} {point}": (dripping(point), call)
        for call in (classify, chat, post, info, health)
        for point in ("silence", "head", "body")
    },
    "chat names": (dripping("head", only="/v1/models"), chat),
    "stream silence": (dripping("silence", only="/chat/"), stream),
    "stream head": (dripping("head", only="/chat/"), stream),
    "stream refusal": (dripping("body", 400, only="/chat/"), stream),
    "refusal": (dripping("body", 500), classify),
    "upload": (dripping("body", only="/cat.png"), classify_what_is_at),
    "loading": (lambda: busy(503, {}, LOADING), classify),
    "loading stream": (lambda: busy(503, {}, LOADING), stream),
    "long loading": (lambda: busy(503, {}, LOADING | {"estimated_time": 60}), classify),
    "asked to wait": (lambda: busy(429, {"retry-after": "5"}, {}), classify),
}


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what the first call imports, which is no part of a limit."""
    server = FakeChatServer("tiny")
    with server.running(), InferenceClient(server.url) as client:
        client.chat_completion(MESSAGES)
        client.image_classification(b"", model=server.url)


@dataclass(frozen=True)
class Outcome:
    """How a call ended, after so many seconds."""

    seconds: float
    error: Exception | None

    def is_right(self) -> bool:
        words = re.search(r"127\.0\.0\.1.* Try a longer timeout", str(self.error))
        return isinstance(self.error, InferenceTimeoutError) and bool(words) and self.seconds < 1.5


async def _aoutcome(call: Call, url: str) -> Outcome:
    began, error = time.monotonic(), None
    try:
        async with AsyncInferenceClient(timeout=1) as client:
            await call(client, url)
    except Exception as raised:
        error = raised
    return Outcome(time.monotonic() - began, error)


def _outcome(call: Call, url: str) -> Outcome:
    began, error = time.monotonic(), None
    try:
        with InferenceClient(timeout=1) as client:
            call(client, url)
    except Exception as raised:
        error = raised
    return Outcome(time.monotonic() - began, error)


def _run(names: Sequence[str], is_async: bool) -> dict[str, Outcome]:
    """Make calls at once, each to a server of its own."""

    async def main(urls: Sequence[str]) -> list[Outcome]:
        return await asyncio.gather(*map(_aoutcome, calls, urls))

    calls = [CASES[name][1] for name in names]
    with ExitStack() as stack:
        urls = [stack.enter_context(CASES[name][0]()) for name in names]
        if is_async:
            return dict(zip(names, asyncio.run(main(urls)), strict=True))
        with ThreadPoolExecutor(len(names)) as pool:
            return dict(zip(names, pool.map(_outcome, calls, urls), strict=True))


@pytest.fixture(scope="module")
def outcomes(
    warm: object, tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, dict[str, Outcome]]:
    """Make every call, blocking and with asyncio; what was late once more by itself."""
    found: dict[bool, dict[str, Outcome]] = {}
    with pytest.MonkeyPatch.context() as patch:
        forget_tokens(patch, tmp_path_factory.mktemp("home"))
        # One for all: a dozen at once take half a second, which is not the wait that is measured.
        context = ssl.create_default_context()
        patch.setattr(ssl, "create_default_context", lambda **_: context)
        for is_async in (False, True):
            found[is_async] = _run(list(CASES), is_async)
            wrong = [name for name in CASES if not found[is_async][name].is_right()]
            for name in wrong[:MOST_AGAIN]:
                found[is_async] |= _run([name], is_async)
    return found


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("is_async", [False, True])
def test_a_call_is_over_when_its_time_is(
    outcomes: dict[bool, dict[str, Outcome]], name: str, is_async: bool
) -> None:
    assert outcomes[is_async][name].is_right(), outcomes[is_async][name]


@pytest.mark.parametrize("point", ["silence", "head", "body"])
def test_the_hub_is_no_exception(tokenless: pytest.MonkeyPatch, point: str) -> None:
    with Dripping(point).running() as url:
        tokenless.setenv("HF_ENDPOINT", url)
        with InferenceClient("a/b", provider="hf-inference", timeout=0.5) as client:
            began = time.monotonic()
            with pytest.raises(InferenceTimeoutError, match=r"^the Hub: a/b: no answer in time"):
                client.fill_mask("[MASK]")
            assert time.monotonic() - began < 1


@pytest.mark.slow
@pytest.mark.parametrize("is_async", [False, True])
def test_a_stream_has_its_whole_timeout_for_each_chunk_however_late_it_began(
    tokenless: object, is_async: bool
) -> None:
    first, _, rest = chunks("Pa", "ris", ".").partition(b"\n\n")
    parts = (first + b"\n\n", 2.1, rest)

    async def main(url: str) -> str:
        async with AsyncInferenceClient(timeout=3) as client:
            opened = await client.chat_completion(MESSAGES, model=url, stream=True)
            return "".join([chunk.choices[0].delta.content async for chunk in opened])

    with trickle(*parts, loading=(0.6, 0.6, 0.6)) as url:  # Leaves 1.2 s of the opening's time.
        if is_async:
            assert asyncio.run(main(url)) == "Paris."
            return
        with InferenceClient(timeout=3) as client:
            opened = client.chat_completion(MESSAGES, model=url, stream=True)
            assert "".join(chunk.choices[0].delta.content for chunk in opened) == "Paris."


def test_without_a_timeout_a_server_may_be_silent_for_ten_minutes() -> None:
    with InferenceClient("http://127.0.0.1:9") as client:
        assert client._driver.origins.silence == SILENCE == 600


# How often, and how deep


def test_retries_are_the_same_as_those_of_spaces(chat_server: FakeChatServer) -> None:
    told: list[str] = []
    retries = Retries(
        attempts=2, base=0.0, on_retry=lambda attempt, error, wait: told.append(str(error))
    )
    chat_server.plan("/", (500, {}, {"error": "first"}), (500, {}, {"error": "second"}))
    with InferenceClient(chat_server.url, retries=retries) as client:
        with pytest.raises(Exception, match="second"):
            client.text_classification("fine")
    assert len(told) == 1
    assert "first" in told[0]


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_chat_reaches_httpx_in_a_few_steps(
    chat_server: FakeChatServer, monkeypatch: pytest.MonkeyPatch, is_stream: bool
) -> None:
    depths: list[list[str]] = []
    send = httpx.Client.send
    ours = tuple(str(Path(module.__file__).parent) for module in (hubsmith, hubsmith_runtime))

    def measured(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        frame, found = sys._getframe(), list[str]()
        while frame is not None:
            if frame.f_code.co_filename.startswith(ours):
                found.append(frame.f_code.co_name)
            frame = frame.f_back
        depths.append(found)
        return send(self, request, **options)

    monkeypatch.setattr(httpx.Client, "send", measured)
    with InferenceClient(chat_server.url) as client:
        answer: Any = client.chat_completion(MESSAGES, model="tiny", stream=is_stream)
        assert not is_stream or len(list(answer)) == 3
    assert depths
    assert all(len(found) <= 8 for found in depths), depths


# What is shared, and what is not


def test_a_call_does_not_hold_up_the_others(chat_server: FakeChatServer) -> None:
    with Dripping("silence").running() as url, InferenceClient() as client:

        def wait() -> None:
            with pytest.raises(InferenceTimeoutError):
                client.text_classification("fine", model=url, timeout=2)

        waiting = threading.Thread(target=wait)
        waiting.start()
        began = time.monotonic()
        for _ in range(5):
            assert client.text_classification("fine", model=chat_server.url)[0].label
        assert time.monotonic() - began < 1.5
        waiting.join()


def test_a_process_that_was_forked_needs_a_client_of_its_own(chat_server: FakeChatServer) -> None:
    code = f"""
import os, sys
from hubsmith import HubsmithError, InferenceClient
client = InferenceClient({chat_server.url!r})
assert client.health_check()
if (child := os.fork()) == 0:
    try:
        client.health_check()
    except HubsmithError as error:
        os._exit(0 if "fork" in str(error) else 2)
    os._exit(1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0


# The body of a post, and what a client shows


@pytest.mark.parametrize("value", [float("nan"), {"a": [float("inf")]}, object(), {1: {2}}])
def test_post_sends_json_only(chat_server: FakeChatServer, value: Any) -> None:
    with InferenceClient(chat_server.url) as client:
        with pytest.raises(TypeError, match="post: json: this is not a JSON value") as caught:
            client.post(json=value)
    assert isinstance(caught.value, ValueError)
    assert chat_server.seen == []


@pytest.mark.parametrize(
    "url", ["https://host?code=SECRET", "https://host#SECRET", "https://me:SECRET@host/v1?x=1"]
)
def test_no_part_of_a_url_that_may_be_secret_is_shown(url: str) -> None:
    assert "SECRET" not in repr(InferenceClient(url))


def test_the_answer_of_a_post_that_is_no_json_hides_the_key(chat_server: FakeChatServer) -> None:
    key = "hf_0123456789_0123456789_0123456789"
    text = ("." * 20 + key) * 6
    chat_server.plan("/", (200, {}, text.encode()))
    with InferenceClient(chat_server.url, token=key) as client:
        with pytest.raises(Exception, match=r"not JSON.*\*\*\*") as caught:
            client.post(json={}).parse()
    assert key[:8] not in str(caught.value)


def test_a_model_that_is_loading_is_said_to_be(tokenless: object) -> None:
    with busy(503, {}, LOADING) as url, InferenceClient(timeout=0.5) as client:
        with pytest.raises(InferenceTimeoutError, match="The model is still loading"):
            client.text_classification("fine", model=url)
