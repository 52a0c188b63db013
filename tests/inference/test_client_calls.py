"""Calls of the blocking client: arguments, retries, timeouts, streams, raw answers, errors."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from typing import Any

import httpx
import pytest
from hubsmith._client import InferenceClient
from hubsmith_runtime import (
    ArgumentError,
    ConnectionFailedError,
    HubsmithError,
    InferenceTimeoutError,
    Retries,
    ValidationError,
)
from hubsmith_runtime.inference import (
    BadRequestError,
    GenerationError,
    InferenceApi,
    InferenceAuthenticationError,
    InferenceError,
    InferenceProgress,
    ModelNotFoundError,
    OverloadedError,
    PaymentRequiredError,
    RateLimitError,
    TextGenerationValidationError,
    UnknownError,
)

from tests.support.fake_hub import FakeHub
from tests.support.fake_inference import (
    LABELS,
    FakeChatServer,
    FakeRouter,
    chunks,
    trickle,
)
from tests.support.recorder import Answer, Seen

MESSAGES = [{"role": "user", "content": "Where is the Louvre?"}]
CHAT = "/v1/chat/completions"


# The constructor


def test_aliases_exclude_each_other() -> None:
    with pytest.raises(ArgumentError, match="base_url"):
        InferenceClient("a/b", base_url="http://127.0.0.1:9")
    with pytest.raises(ArgumentError, match="api_key"):
        InferenceClient(token="hf_1", api_key="hf_2")
    with pytest.raises(ArgumentError, match="max_retries"):
        InferenceClient(retries=Retries(), max_retries=0)


@pytest.mark.parametrize("token", [True, False, 1])
def test_a_token_that_is_no_string_is_a_type_error(token: Any) -> None:
    with pytest.raises(TypeError, match="token"):
        InferenceClient(token=token)


def test_progress_is_told_to_a_plain_function() -> None:
    async def told(progress: InferenceProgress) -> None: ...

    with pytest.raises(TypeError, match="on_progress: must be a plain function"):
        InferenceClient(on_progress=told)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1}, {"max_retries": -1}])
def test_odd_numbers_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(options))):
        InferenceClient(**options)


def test_bill_to_replaces_a_header_and_says_so() -> None:
    mine = {"x-hf-bill-to": "old"}
    with pytest.warns(UserWarning, match="'new' replaces the header 'old'") as warned:
        client = InferenceClient(token="hf_1", headers=mine, bill_to="new")
    assert warned[0].filename == __file__
    assert client.headers == {"X-HF-Bill-To": "new"}
    assert mine == {"x-hf-bill-to": "old"}
    with pytest.warns(UserWarning, match="no effect"):
        InferenceClient(provider="groq", api_key="gsk_1", bill_to="new")


def test_making_a_client_imports_nothing_heavy() -> None:
    code = (
        "import sys; from hubsmith import AsyncInferenceClient, InferenceClient;"
        "InferenceClient('a/b', token='hf_1', timeout=3); AsyncInferenceClient();"
        "print(*{'asyncio', 'http.cookiejar', 'httpx', 'pydantic'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == []


@pytest.mark.parametrize("is_used", [True, False])
def test_a_closed_client_is_closed(chat_server: FakeChatServer, is_used: bool) -> None:
    client = InferenceClient(chat_server.url)
    raw = client.with_raw_response
    if is_used:
        client.health_check()
    client.close()
    client.close()
    for call in (client.health_check, raw.health_check, lambda: client.post(json={})):
        with pytest.raises(HubsmithError, match="closed"):
            call()
    assert chat_server.paths() == ["/health"] * is_used


def test_threads_share_a_client(
    chat_server: FakeChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[str] = []
    made: list[object] = []
    make = httpx.Client.__init__

    def counted(self: httpx.Client, **options: Any) -> None:
        made.append(self)
        make(self, **options)

    monkeypatch.setattr(httpx.Client, "__init__", counted)
    with InferenceClient(chat_server.url) as client:
        threads = [
            threading.Thread(target=lambda: answers.append(client.chat_completion(MESSAGES).model))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == ["tiny"] * 8
    assert len(made) == 1, "certificates are loaded once, not by each thread"


def test_an_unused_and_an_unclosed_client_leave_nothing_open(chat_server: FakeChatServer) -> None:
    client = InferenceClient(chat_server.url)
    client.chat_completion(MESSAGES)
    gone = weakref.ref(client)
    del client
    gc.collect()  # A socket left open would warn here, and warnings are errors.
    assert gone() is None


# Retries


def test_passing_failures_are_tried_again(chat_server: FakeChatServer) -> None:
    chat_server.plan("/", (429, {"retry-after": "0"}, {}), (503, {"retry-after": "0"}, {}))
    with InferenceClient(chat_server.url) as client:
        assert client.text_classification("fine")[0].label == "POSITIVE"
    assert len(chat_server.seen) == 3


def test_a_broken_connection_is_tried_again(chat_server: FakeChatServer) -> None:
    chat_server.plan("/", (0, {}, None))
    with InferenceClient(chat_server.url) as client:
        client.text_classification("fine")
    assert len(chat_server.seen) == 2


@pytest.mark.parametrize(("status", "count"), [(429, 1), (500, 1), (400, 1), (504, 1)])
def test_nothing_is_tried_again_where_that_is_not_wanted(
    chat_server: FakeChatServer, status: int, count: int
) -> None:
    chat_server.plan("/", *[(status, {}, {"error": "no"})] * 3)
    with InferenceClient(chat_server.url, max_retries=0) as client, pytest.raises(InferenceError):
        client.text_classification("fine")
    assert len(chat_server.seen) == count


def test_a_long_retry_after_is_told_instead_of_waited(chat_server: FakeChatServer) -> None:
    chat_server.plan("/", (429, {"retry-after": "3600"}, {"error": "quota"}))
    with InferenceClient(chat_server.url) as client, pytest.raises(RateLimitError) as caught:
        client.text_classification("fine")
    assert caught.value.retry_after == 3600
    assert len(chat_server.seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Model tiny is currently loading", "estimated_time": 0.01},
        {"error": "no", "estimated_time": 0},
    ],
)
def test_a_model_that_loads_is_waited_for(chat_server: FakeChatServer, body: Any) -> None:
    chat_server.plan("/", *[(503, {}, body)] * 4)
    with InferenceClient(chat_server.url, max_retries=0) as client:
        assert client.text_classification("fine")[0].label == "POSITIVE"
    assert len(chat_server.seen) == 5


def test_a_model_that_loads_for_too_long_is_a_timeout(chat_server: FakeChatServer) -> None:
    chat_server.plan("/", (503, {}, {"error": "loading", "estimated_time": 300}))
    with InferenceClient(chat_server.url, timeout=5) as client:
        with pytest.raises(InferenceTimeoutError, match="loading"):
            client.text_classification("fine")


def test_a_stream_is_opened_again_before_it_began(chat_server: FakeChatServer) -> None:
    loading = {"error": "loading", "estimated_time": 0.01}
    chat_server.plan(CHAT, (503, {}, loading), (429, {"retry-after": "0"}, {}), (0, {}, None))
    with InferenceClient(chat_server.url) as client:
        stream = client.chat_completion(MESSAGES, model="tiny", stream=True)
        assert "".join(c.choices[0].delta.content or "" for c in stream) == "Paris."
    assert len(chat_server.seen) == 4


# Timeouts: every one is an InferenceTimeoutError


def test_a_server_that_does_not_answer_in_time() -> None:
    with trickle(10.0) as url, InferenceClient(url, timeout=0.2) as client:
        with pytest.raises(InferenceTimeoutError, match="in time"):
            client.text_classification("fine")
        with pytest.raises(TimeoutError):
            client.post(json={})
        with pytest.raises(InferenceTimeoutError):
            client.with_raw_response.text_classification("fine")


def test_a_timeout_is_for_the_whole_answer_however_it_trickles_in() -> None:
    parts = [part for _ in range(100) for part in (b" ", 0.05)]
    with trickle(*parts, kind="application/json") as url, InferenceClient(url) as client:
        with pytest.raises(InferenceTimeoutError, match="in time"):
            client.text_classification("fine", timeout=0.3)


def test_a_stream_that_stops_is_a_timeout() -> None:
    first, *_ = chunks("Pa", "ris").partition(b"\n\n")
    with trickle(first + b"\n\n", 10.0) as url, InferenceClient(url, timeout=1.5) as client:
        stream = client.chat_completion(MESSAGES, stream=True)
        assert next(stream).choices[0].delta.content == "Pa"
        with pytest.raises(InferenceTimeoutError):
            next(stream)


def test_a_stream_may_last_longer_than_the_timeout_between_its_chunks() -> None:
    events = chunks(*"abcdef").split(b"\n\n")[:-1]
    parts = [part for event in events for part in (event + b"\n\n", 0.5)]
    with trickle(*parts) as url, InferenceClient(url, timeout=2.5) as client:
        stream = client.chat_completion(MESSAGES, stream=True)
        assert [chunk.choices[0].delta.content for chunk in stream] == [*"abcdef"]


def test_a_slow_hub_is_a_timeout_too(tokenless: pytest.MonkeyPatch) -> None:
    class SlowHub(FakeHub):
        def answer(self, seen: Seen) -> Answer:
            time.sleep(0.5)
            return super().answer(seen)

    hub = SlowHub()
    tokenless.setenv("HF_ENDPOINT", hub.url)
    with hub.running(), InferenceClient("slow/hub", token="hf_1", timeout=0.1) as client:
        with pytest.raises(InferenceTimeoutError):
            client.fill_mask("[MASK]")


def test_nobody_listens(tokenless: object) -> None:
    with InferenceClient("http://127.0.0.1:9", max_retries=0) as client:
        with pytest.raises(ConnectionFailedError, match="no connection"):
            client.text_classification("fine")
        assert client.health_check() is False


# Streams


def test_a_stream_outlives_the_variable_of_its_client(chat_server: FakeChatServer) -> None:
    def begin() -> Any:
        client = InferenceClient(chat_server.url)
        return client.chat_completion(MESSAGES, stream=True)

    stream = begin()
    gc.collect()
    assert "".join(chunk.choices[0].delta.content for chunk in stream) == "Paris."
    assert stream.headers["x-request-id"] == "stream-1"


def test_a_stream_that_is_refused_says_why(chat_server: FakeChatServer) -> None:
    chat_server.plan(CHAT, (400, {}, {"error": {"message": "too many tokens", "type": "bad"}}))
    with InferenceClient(chat_server.url) as client:
        with pytest.raises(BadRequestError, match="too many tokens"):
            client.chat_completion(MESSAGES, model="tiny", stream=True)


# Raw answers, and requests beside the tasks


def test_any_method_can_give_its_answer_as_it_came(
    hub: FakeHub, router: FakeRouter, chat_server: FakeChatServer
) -> None:
    hub.add_model("a/b", {}, tag="text-classification")
    with InferenceClient("a/b", provider="hf-inference") as client:
        raw = client.with_raw_response.text_classification("fine")
        assert (raw.status, raw.headers["x-compute-time"]) == (200, "0.25")
        assert raw.json() == [LABELS]
        assert raw.parse()[0].label == "POSITIVE"
    with InferenceClient(chat_server.url) as client:
        raw = client.with_raw_response.chat.completions.create(messages=MESSAGES)
        assert raw.parse().model == raw.json()["model"] == "tiny"
        assert raw.headers["x-request-id"] == "request-1"
        raw = client.with_raw_response.chat_completion(MESSAGES, stream=True)
        assert raw.headers["x-request-id"] == "stream-1"
        assert len(list(raw.parse())) == 3


def test_a_reshaped_answer_is_raw_as_the_provider_sent_it(hub: FakeHub, router: FakeRouter) -> None:
    hub.add_model("bge/base", {"scaleway": {"providerId": "bge", "task": "feature-extraction"}})
    sent = {"data": [{"embedding": [0.5]}], "usage": {"total_tokens": 1}}
    router.plan("/scaleway/v1/embeddings", (200, {}, sent))
    with InferenceClient("bge/base", provider="scaleway", token="hf_1") as client:
        raw = client.with_raw_response.feature_extraction("a")
    assert raw.json() == sent
    assert raw.parse().tolist() == [[0.5]]


def test_raw_media_are_the_download_as_it_came(
    hub: FakeHub, router: FakeRouter, chat_server: FakeChatServer
) -> None:
    hub.add_model("flux/dev", {"fal-ai": {"providerId": "fal/flux", "task": "text-to-image"}})
    image = {"images": [{"url": f"{chat_server.url}/cat.png"}]}
    router.plan("/fal-ai/fal/flux", (200, {"x-request-id": "job"}, image))
    chat_server.plan("/cat.png", (200, {"content-type": "image/png", "etag": "cat"}, b"PNG"))
    with InferenceClient("flux/dev", provider="fal-ai", token="hf_1") as client:
        raw = client.with_raw_response.text_to_image("a cat")
    assert (raw.status, raw.headers["etag"], raw.content) == (200, "cat", b"PNG")


def test_post_sends_anything(hub: FakeHub, router: FakeRouter) -> None:
    hub.tasks = {"fill-mask": {"widgetModels": ["mask/er"]}}
    with InferenceClient(token="hf_1") as client:
        answer = client.post(json={"inputs": "a"}, model="bert-base")
        assert answer.json() == [LABELS] == answer.parse()
        assert answer.content.startswith(b"[[")
        assert (answer.status_code, answer.headers["x-compute-time"]) == (200, "0.25")
        client.post(data=b"\x89PNG\r\n\x1a\n", model="a/b")
        client.post(json=[1], task="fill-mask")
        client.post(json=[1], model="a/b", task="feature-extraction")
    assert router.paths() == [
        "/hf-inference/models/bert-base", "/hf-inference/models/a/b",
        "/hf-inference/models/mask/er", "/hf-inference/models/a/b/pipeline/feature-extraction",
    ]  # fmt: skip
    assert router.seen[0].body == b'{"inputs": "a"}'
    assert router.seen[1].headers["content-type"] == "image/png"
    assert router.seen[0].headers["authorization"] == "Bearer hf_1"


def test_post_needs_one_body_and_a_model() -> None:
    with InferenceClient() as client:
        for options in ({}, {"json": {}, "data": b"x", "model": "a/b"}, {"json": {}}):
            with pytest.raises(ArgumentError, match="post: pass"):
                client.post(**options)
    with InferenceClient(provider="groq", api_key="gsk_1") as client:
        with pytest.raises(ValidationError, match="groq has no such route"):
            client.post(json={}, model="a/b")


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/chat/completions"])
def test_a_server_tells_of_itself(chat_server: FakeChatServer, path: str) -> None:
    with InferenceClient(base_url=chat_server.url + path) as client:
        assert client.health_check() is True
        assert client.get_endpoint_info() == {"model_id": "/info"}
        chat_server.plan("/health", (503, {}, {"error": "loading"}))
        assert client.health_check() is False


def test_endpoint_info_of_a_model_and_health_of_none(router: FakeRouter) -> None:
    with InferenceClient("a/b") as client:
        assert client.get_endpoint_info() == {"model_id": "/hf-inference/models/a/b/info"}
        with pytest.raises(ValidationError, match="URL"):
            client.health_check()
    with InferenceClient() as client, pytest.raises(ValidationError, match="pass the URL"):
        client.get_endpoint_info()


def test_the_legacy_style(router: FakeRouter) -> None:
    with InferenceApi("bert-base", token="hf_1") as api:
        assert api(inputs="The goal of life is [MASK].") == [LABELS]
        assert api("text", {"candidate_labels": ["refund", "legal"]}) == [LABELS]
        assert api(data=b"\x89PNG\r\n\x1a\n", raw_response=True).status == 200
    with InferenceApi("para/phrase", task="feature-extraction", token="hf_1") as api:
        api("a")
    assert router.seen[1].json() == {
        "inputs": "text", "parameters": {"candidate_labels": ["refund", "legal"]},
    }  # fmt: skip
    assert router.paths()[-1] == "/hf-inference/models/para/phrase/pipeline/feature-extraction"
    assert router.seen[0].headers["authorization"] == "Bearer hf_1"


# Errors


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"error": "bad input"}, BadRequestError, "bad input"),
        (400, {"error": {"message": "no tools", "type": "x"}}, BadRequestError, "no tools"),
        (400, {"error": ["one", "two"]}, BadRequestError, "one; two"),
        (422, {"detail": "Unexpected fields"}, BadRequestError, "Unexpected fields"),
        (422, {"detail": [{"loc": ["body", "seed"], "msg": "not an integer"}]},
         BadRequestError, "body.seed: not an integer"),
        (400, {"message": "odd", "code": 3}, BadRequestError, "odd"),
        (400, {"status": "error", "reason": "no quota"}, BadRequestError, "no quota"),
        (400, {"error": "invalid_token", "error_description": "it expired"}, BadRequestError,
         "invalid_token: it expired"),
        (422, {"title": "Invalid version", "detail": "none such", "status": 422}, BadRequestError,
         "none such: Invalid version"),
        (400, {"errors": [{"message": "one"}, {"message": "two"}]}, BadRequestError, "one; two"),
        (400, ["a list"], BadRequestError, "a list"),
        (400, "a text", BadRequestError, "a text"),
        (400, b"<html><style>x{}</style><h1>Bad</h1> gateway</html>", BadRequestError, "Bad gateway"),
        (400, b"", BadRequestError, "no reason given"),
        (401, {"error": "who?"}, InferenceAuthenticationError, "who?"),
        (403, {"error": "not you"}, InferenceAuthenticationError, "not you"),
        (402, {"error": "no credit"}, PaymentRequiredError, "no credit"),
        (404, {"error": "no model"}, ModelNotFoundError, "no model"),
        (418, {"error": "tea"}, InferenceError, "tea"),
        (422, {"error": "x", "error_type": "validation"}, TextGenerationValidationError, "x"),
        (424, {"error": "x", "error_type": "generation"}, GenerationError, "x"),
        (418, {"error": "x", "error_type": "overloaded"}, OverloadedError, "x"),
        (418, {"error": "x", "error_type": "new"}, UnknownError, "x"),
    ],
)  # fmt: skip
def test_an_error_says_who_what_and_why(
    hub: FakeHub, router: FakeRouter, status: int, body: Any, kind: type, words: str
) -> None:
    hub.add_model("a/b", {}, tag="text-classification")
    router.plan("/hf-inference/models/a/b", (status, {"x-request-id": "r-77"}, body))
    with InferenceClient("a/b", provider="hf-inference") as client:
        with pytest.raises(kind) as caught:
            client.text_classification("fine")
    error: InferenceError = caught.value
    assert type(error) is kind
    assert (error.provider, error.model, error.status) == ("hf-inference", "a/b", status)
    assert (error.request_id, error.server_message) == (
        "r-77",
        words if body else "no reason given",
    )
    for part in ("hf-inference", "a/b", str(status), words, "r-77"):
        assert part in str(error)
    assert str(error).count(words) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no slot"}},
        {"error": "no slot"},
        {"error": "no slot", "choices": None},
    ],
)
def test_an_error_that_is_sent_as_a_success_is_an_error(
    chat_server: FakeChatServer, body: dict[str, Any]
) -> None:
    chat_server.plan("/v1/chat/completions", (200, {}, body))
    chat_server.plan("/v1/images/generations", (200, {}, body))
    with InferenceClient(base_url=f"{chat_server.url}/v1") as client:
        with pytest.raises(InferenceError, match=f"{chat_server.url}.*no slot") as caught:
            client.chat_completion([{"role": "user", "content": "Hi"}], model="m")
        assert (caught.value.status, caught.value.server_message) == (200, "no slot")
        with pytest.raises(InferenceError, match="no slot"):
            client.text_to_image("a cat", model="m")


def test_a_bad_argument_sends_nothing(hub: FakeHub, router: FakeRouter) -> None:
    with InferenceClient("a/b", token="hf_1") as client:
        with pytest.raises(ValidationError):
            client.chat_completion("a string")  # type: ignore[arg-type]
        with pytest.raises(ValidationError, match="timeout"):
            client.text_classification("fine", timeout=-1)
    assert hub.seen == router.seen == []
