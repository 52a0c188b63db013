"""Jobs that providers take: they are asked after until they are over, within the caller's timeout."""

from __future__ import annotations

from typing import Any

import pytest
from hubsmith_runtime import InferenceTimeoutError, ResultError, Retries
from hubsmith_runtime.effects import DeadlineExceeded, Send, Sleep
from hubsmith_runtime.errors import ConnectionFailedError
from hubsmith_runtime.files import File
from hubsmith_runtime.inference.errors import InferenceError
from hubsmith_runtime.inference.polling import InferenceProgress
from hubsmith_runtime.inference.request import call

from tests.inference.exchange import Server, answer, headers_of, payload, providers, run, target

CDN = "https://cdn.example.org/out.bin"
MEDIA = {f"GET {CDN}": answer(b"MEDIA")}
ROUTER = "https://router.huggingface.co"
PICTURE = File(b"IMG")

FAL_JOB = {
    "status": "IN_QUEUE",
    "request_id": "r1",
    "queue_position": 2,
    "response_url": "https://queue.fal.run/own/base/requests/r1",
}
WAVESPEED_JOB = {
    "data": {
        "status": "created",
        "urls": {"get": "https://api.wavespeed.ai/api/v3/predictions/1/result"},
    }
}
REPLICATE_JOB = {
    "status": "starting",
    "output": None,
    "urls": {"get": "https://api.replicate.com/v1/predictions/1"},
}


@pytest.mark.parametrize(
    ("provider", "task", "is_routed", "first", "submitted", "polled", "answers"),
    [
        ("fal-ai", "text-to-video", False, "https://queue.fal.run/own/model", FAL_JOB,
         "https://queue.fal.run/own/base/requests/r1/status",
         [{"status": "IN_PROGRESS"}, {"status": "COMPLETED"}]),
        ("fal-ai", "image-to-video", True, f"{ROUTER}/fal-ai/own/model?_subdomain=queue", FAL_JOB,
         f"{ROUTER}/fal-ai/own/base/requests/r1/status?_subdomain=queue",
         [{"status": "COMPLETED"}]),
        ("wavespeed", "text-to-image", False, "https://api.wavespeed.ai/api/v3/own/model",
         WAVESPEED_JOB, "https://api.wavespeed.ai/api/v3/predictions/1/result",
         [{"data": {"status": "processing"}}, {"data": {"status": "completed", "outputs": [CDN]}}]),
        ("wavespeed", "image-to-video", True, f"{ROUTER}/wavespeed/api/v3/own/model", WAVESPEED_JOB,
         f"{ROUTER}/wavespeed/api/v3/predictions/1/result",
         [{"data": {"status": "completed", "outputs": [CDN]}}]),
        ("together", "text-to-video", False, "https://api.together.xyz/v2/videos",
         {"id": "job-123"}, "https://api.together.xyz/v2/videos/job-123",
         [{"status": "queued"}, {"status": "in_progress"},
          {"status": "completed", "outputs": {"video_url": CDN}}]),
        ("together", "image-to-video", True, f"{ROUTER}/together/v2/videos", {"id": "a/../b"},
         f"{ROUTER}/together/v2/videos/a%2F..%2Fb",
         [{"status": "completed", "outputs": {"video_url": CDN}}]),
        ("zai-org", "text-to-image", False,
         "https://api.z.ai/api/paas/v4/async/images/generations",
         {"id": "9", "task_status": "PROCESSING"}, "https://api.z.ai/api/paas/v4/async-result/9",
         [{"task_status": "PROCESSING"},
          {"task_status": "SUCCESS", "image_result": [{"url": CDN}]}]),
        ("zai-org", "text-to-image", True,
         f"{ROUTER}/zai-org/api/paas/v4/async/images/generations",
         {"id": 9, "task_status": "PROCESSING"}, f"{ROUTER}/zai-org/api/paas/v4/async-result/9",
         [{"task_status": "SUCCESS", "image_result": [{"url": CDN}]}]),
        ("replicate", "text-to-image", False,
         "https://api.replicate.com/v1/models/own/model/predictions", REPLICATE_JOB,
         "https://api.replicate.com/v1/predictions/1",
         [{"status": "processing"}, {"status": "succeeded", "output": [CDN]}]),
        ("replicate", "text-to-speech", True,
         f"{ROUTER}/replicate/v1/models/own/model/predictions", REPLICATE_JOB,
         f"{ROUTER}/replicate/v1/predictions/1", [{"status": "succeeded", "output": CDN}]),
        ("novita", "text-to-video", False, "https://api.novita.ai/v3/hf/own/model",
         {"task_id": "t1"}, "https://api.novita.ai/v3/async/task-result?task_id=t1",
         [{"task": {"status": "TASK_STATUS_PROCESSING"}},
          {"task": {"status": "TASK_STATUS_SUCCEED"}, "videos": [{"video_url": CDN}]}]),
        ("black-forest-labs", "text-to-image", False, "https://api.us1.bfl.ai/v1/own/model",
         {"id": "1", "polling_url": "https://api.eu4.bfl.ai/v1/get_result?id=1"},
         "https://api.eu4.bfl.ai/v1/get_result?id=1",
         [{"status": "Pending"}, {"status": "Ready", "result": {"sample": CDN}}]),
    ],
)  # fmt: skip
def test_a_job_is_asked_after_until_it_is_done(
    provider: str,
    task: str,
    is_routed: bool,
    first: str,
    submitted: Any,
    polled: str,
    answers: list[Any],
) -> None:
    routes: dict[str, Any] = {
        f"POST {first}": answer(submitted),
        f"GET {polled}": [answer(found) for found in answers],
        **MEDIA,
    }
    result: list[str] = []
    if provider == "fal-ai":  # The result stands at an address of its own.
        at = polled.replace("/status", "")
        routes[f"GET {at}"] = answer({"video": {"url": CDN}})
        result = [f"GET {at}"]
    key = "hf_1" if is_routed else "key-1"
    inputs = PICTURE if task.startswith("image-") else "a cat"

    reply, server = run(routes, provider, task, inputs, is_routed=is_routed, key=key)

    assert reply.content == b"MEDIA"
    polls = [f"GET {polled}"] * len(answers)
    assert server.lines == [f"POST {first}", *polls, *result, f"GET {CDN}"]
    poll = providers()[provider].tasks[task].poll
    assert poll is not None
    assert server.slept == [poll.interval] * len(polls)
    told = [headers_of(request) for request in server.asked]
    carrier = "x-key" if provider == "black-forest-labs" else "authorization"
    assert all(key in headers[carrier] for headers in told[:-1])
    assert told[-1] == {}


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.org/api/v3/predictions/1/result",
        "https://api.wavespeed.ai.evil.example.org/api/v3/predictions/1/result",
        "https://api.wavespeed.ai@evil.example.org/api/v3/predictions/1/result",
        "http://api.wavespeed.ai:8080/api/v3/predictions/1/result",
        "/api/v3/predictions/1/result",
    ],
)
def test_a_key_stays_at_the_providers_host_whatever_the_answer_names(location: str) -> None:
    polled = "https://api.wavespeed.ai/api/v3/predictions/1/result"
    routes = {
        "POST https://api.wavespeed.ai/api/v3/own/model": answer(
            {"data": {"urls": {"get": location}}}
        ),
        f"GET {polled}": answer({"data": {"status": "completed", "outputs": [CDN]}}),
        **MEDIA,
    }
    _, server = run(routes, "wavespeed", "text-to-image")

    assert server.lines[1] == f"GET {polled}"


@pytest.mark.parametrize(
    "location", ["https://eu.bfl.ai.evil.org/x", "https://evilbfl.ai/x", "http://eu.bfl.ai/x",
                 "https://eu.bfl.ai:444/x", "https://bfl.ai@evil.org/x"]
)  # fmt: skip
def test_only_hosts_of_the_table_are_asked_beside_the_providers_own(location: str) -> None:
    routes = {
        "POST https://api.us1.bfl.ai/v1/own/model": answer({"polling_url": location}),
        "GET https://api.us1.bfl.ai/x": answer({"status": "Ready", "result": {"sample": CDN}}),
        **MEDIA,
    }
    _, server = run(routes, "black-forest-labs", "text-to-image")

    assert server.lines[1] == "GET https://api.us1.bfl.ai/x"


@pytest.mark.parametrize(
    "location",
    ["https://api.wavespeed.ai/../fal-ai/x", "https://x/a/%2e%2e/b", "file", "https://[", 7],
)
def test_an_odd_address_in_an_answer_is_an_error(location: object) -> None:
    submitted = answer({"data": {"urls": {"get": location}}})
    with pytest.raises(ResultError, match=r"wavespeed: .*unexpected address"):
        run(
            {"POST https://api.wavespeed.ai/api/v3/own/model": submitted},
            "wavespeed",
            "text-to-image",
        )


@pytest.mark.parametrize(
    ("provider", "task", "first", "found", "words"),
    [
        ("replicate", "text-to-image",
         "https://api.replicate.com/v1/models/own/model/predictions",
         {"status": "failed", "error": "NSFW content", "urls": {}}, r"\(failed\): NSFW content"),
        ("together", "text-to-video", "https://api.together.xyz/v2/videos",
         {"id": "1", "status": "failed", "error": {"message": "no GPU"}}, "no GPU"),
        ("zai-org", "text-to-image", "https://api.z.ai/api/paas/v4/async/images/generations",
         {"id": "1", "task_status": "FAIL"}, r"\(FAIL\): no reason given"),
        ("wavespeed", "text-to-image", "https://api.wavespeed.ai/api/v3/own/model",
         {"data": {"status": "failed", "error": "bad prompt"}}, "bad prompt"),
        ("fal-ai", "text-to-video", "https://queue.fal.run/own/model",
         {"status": "FAILED", "detail": [{"msg": "bad"}]}, "bad"),
        ("novita", "text-to-video", "https://api.novita.ai/v3/hf/own/model",
         {"task": {"status": "TASK_STATUS_FAILED", "reason": "odd"}}, "odd"),
        ("black-forest-labs", "text-to-image", "https://api.us1.bfl.ai/v1/own/model",
         {"status": "Content Moderated", "details": {"message": "no"}}, "Content Moderated.*no"),
    ],
)  # fmt: skip
def test_a_job_that_failed_is_an_error_with_the_providers_reason(
    provider: str, task: str, first: str, found: Any, words: str
) -> None:
    with pytest.raises(
        InferenceError, match=f"{provider}: org/model: the job failed.*{words}"
    ) as e:
        run({f"POST {first}": answer(found)}, provider, task)

    assert (e.value.provider, e.value.model) == (provider, "org/model")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time as a list of one number, which the test moves."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def _drive(server: Server, retries: Retries) -> Any:
    at = target("wavespeed", "text-to-image")
    return server.run(call(at, payload("text-to-image", "a"), {}, retries=retries))


POLLED = "GET https://api.wavespeed.ai/api/v3/predictions/1/result"
SUBMIT = "POST https://api.wavespeed.ai/api/v3/own/model"


def test_a_job_whose_time_is_over_says_how_far_it_came(clock: list[float]) -> None:
    busy = {SUBMIT: answer(WAVESPEED_JOB), POLLED: answer({"data": {"status": "processing"}})}
    server = Server(busy, clock=clock, timeout=1.9)

    with pytest.raises(
        DeadlineExceeded, match=r"wavespeed: .*did not finish in time: processing after"
    ):
        _drive(server, Retries(attempts=1))

    assert server.slept == [0.5, 0.5, 0.5]


def test_a_job_is_given_up_even_without_a_timeout(clock: list[float]) -> None:
    busy = {SUBMIT: answer(WAVESPEED_JOB)}
    busy[POLLED] = [answer({"data": {"status": "processing"}})] * 10000  # type: ignore[assignment]
    server = Server(busy, clock=clock)

    with pytest.raises(InferenceTimeoutError, match="did not finish in time"):
        _drive(server, Retries(attempts=1))

    assert 3590 < sum(server.slept) < 3600


def test_a_poll_that_fails_in_passing_is_repeated(clock: list[float]) -> None:
    routes: dict[str, Any] = {
        SUBMIT: answer(WAVESPEED_JOB),
        POLLED: [
            answer(b"bad gateway", 502),
            ConnectionFailedError("the connection broke"),
            answer({"data": {"status": "completed", "outputs": [CDN]}}),
        ],
        **MEDIA,
    }
    response = _drive(Server(routes, clock=clock), Retries(attempts=3))

    assert response.content == b"MEDIA"


def test_a_model_that_loads_is_waited_for_within_the_timeout(clock: list[float]) -> None:
    loading = answer({"error": "Model x is currently loading", "estimated_time": 4.0}, 503)
    done = answer({"data": {"status": "completed", "outputs": [CDN]}})
    server = Server({SUBMIT: [loading, loading, done], **MEDIA}, clock=clock, timeout=30.0)
    assert _drive(server, Retries(attempts=1)).content == b"MEDIA"
    assert server.slept == [4.0, 4.0]

    with pytest.raises(DeadlineExceeded, match=r"wavespeed: org/model: no answer in time.*loading"):
        _drive(Server({SUBMIT: loading}, clock=clock, timeout=5.0), Retries(attempts=1))


def test_progress_is_reported() -> None:
    seen: list[InferenceProgress] = []
    polled = "https://queue.fal.run/own/base/requests/r1"
    routes = {
        "POST https://queue.fal.run/own/model": answer(FAL_JOB),
        f"GET {polled}/status": [
            answer({"status": "IN_QUEUE", "queue_position": 1}),
            answer({"status": "IN_PROGRESS"}),
            answer({"status": "COMPLETED"}),
        ],
        f"GET {polled}": answer({"video": {"url": CDN}}),
        **MEDIA,
    }
    run(routes, "fal-ai", "text-to-video", on_progress=seen.append)

    assert [(p.status, p.position) for p in seen] == [
        ("IN_QUEUE", 2), ("IN_QUEUE", 1), ("IN_PROGRESS", None)
    ]  # fmt: skip


def test_a_call_that_is_cancelled_between_polls_asks_no_more() -> None:
    at = target("wavespeed", "text-to-image")
    asked = call(at, payload("text-to-image", "a"), {}, retries=Retries())
    assert isinstance(next(asked), Send)
    assert isinstance(asked.send(answer(WAVESPEED_JOB)), Sleep)

    asked.close()
    with pytest.raises(StopIteration):
        next(asked)
