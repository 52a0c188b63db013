"""`Space` against a real Gradio server."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hubsmith_runtime import (
    SKIPPED,
    AppError,
    Completed,
    ConnectionFailedError,
    Endpoint,
    EndpointNotFoundError,
    Failed,
    HubsmithError,
    InferenceTimeoutError,
    Job,
    JobCancelledError,
    Log,
    Partial,
    Progress,
    Request,
    ResultError,
    SpaceChangedError,
    SpaceValidationError,
    SpecError,
    Started,
    ValidationError,
    ZeroGPUQuotaError,
)
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.http import HttpRequest

from tests.runtime.kitchen_client import (
    CountRequest,
    CrashMidwayRequest,
    CrashRequest,
    EchoRequest,
    EndlessRequest,
    HeadersRequest,
    Kitchen,
    LineBreaksRequest,
    NothingRequest,
    OneByOneRequest,
    QuotaRequest,
    RefuseRequest,
    ReportRequest,
    SkipRequest,
    SlowRequest,
    StepsRequest,
    StructuresRequest,
    TokensRequest,
    TwoRequest,
    TwoResult,
    UnqueuedRequest,
    UpdateRequest,
    ValidatedRequest,
)


def event_threads() -> int:
    return sum(thread.name == "hubsmith" for thread in threading.enumerate())


def test_a_method_blocks_and_returns_the_typed_result(kitchen: Kitchen) -> None:
    assert kitchen.echo("hi", times=3) == "hihihi"


def test_several_outputs_are_a_named_tuple(kitchen: Kitchen) -> None:
    assert kitchen.run(TwoRequest(a="x", b="y")) == TwoResult(total="xy", joined="x-y")


def test_no_output_is_none(kitchen: Kitchen) -> None:
    assert kitchen.run(NothingRequest(text="x")) is None


def test_an_integer_arrives_as_one_where_the_space_takes_any_number(kitchen: Kitchen) -> None:
    assert kitchen.run(StepsRequest(count=3)) == ["int", [0, 1, 2]]


def test_line_breaks_and_scripts_survive(kitchen: Kitchen) -> None:
    assert kitchen.run(LineBreaksRequest()) == "a\x85b\u2028c\n\nd\r\ne é 漢"
    assert kitchen.echo("é\u2028\x85漢\n", times=1) == "é\u2028\x85漢\n"


def test_updates_are_unwrapped(kitchen: Kitchen) -> None:
    assert kitchen.run(UpdateRequest(text="x")) == "new x"
    assert kitchen.run(SkipRequest()) is SKIPPED


def test_an_unqueued_endpoint_is_called_the_same_way(kitchen: Kitchen) -> None:
    assert kitchen.run(UnqueuedRequest(text="x", times=2)) == "xx"


def test_a_session_keeps_state_until_it_is_reset(kitchen: Kitchen) -> None:
    before = kitchen.session_hash
    assert [kitchen.run(CountRequest(add=2)) for _ in range(3)] == [2, 4, 6]
    assert kitchen.session_hash == before
    kitchen.reset_session()
    assert kitchen.session_hash != before
    assert kitchen.run(CountRequest(add=2)) == 2


def test_a_call_is_two_requests_after_the_first(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    original = Driver._open

    def counted(self: Driver, request: HttpRequest, deadline: Any) -> Any:
        sent.append(f"{request.method} {request.url.partition('?')[0].rpartition('/')[2]}")
        return original(self, request, deadline)

    monkeypatch.setattr(Driver, "_open", counted)
    for _ in range(3):
        kitchen.echo("x")
    assert sent == ["GET config", *["POST join", "GET data"] * 3]


def test_a_client_sends_nothing_until_it_is_called() -> None:
    with Kitchen("http://127.0.0.1:9") as client:
        assert client.session_hash
        with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1:9"):
            client.echo("x")


def test_a_blocking_call_starts_no_thread(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert kitchen.echo("x") == "xx"


def test_many_threads_share_one_client(kitchen: Kitchen) -> None:
    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(lambda n: kitchen.echo(f"{n},", times=2), range(60)))
    assert results == [f"{n},{n}," for n in range(60)]
    assert event_threads() == 0


def test_jobs_and_blocking_calls_mix(kitchen: Kitchen) -> None:
    jobs = [kitchen.jobs.tokens(5) for _ in range(6)]
    assert event_threads() <= 1
    assert kitchen.echo("x") == "xx"
    assert [job.result() for job in jobs] == ["t0 t1 t2 t3 t4 "] * 6


def test_a_generator_job_yields_each_partial_result(kitchen: Kitchen) -> None:
    job = kitchen.jobs.tokens(3)
    assert list(job) == ["t0 ", "t0 t1 ", "t0 t1 t2 "]
    assert job.result() == "t0 t1 t2 "
    assert list(job) == ["t0 ", "t0 t1 ", "t0 t1 t2 "]  # A late reader sees it all, too.
    assert job.status().stage == "finished"


def test_partial_results_of_several_structured_outputs(kitchen: Kitchen) -> None:
    partials = list(kitchen.submit(StructuresRequest(count=3)))
    assert [partial.text for partial in partials] == ["", "x", "xx"]
    assert [partial.structure["items"] for partial in partials] == [[0], [0, 1], [0, 1, 2]]
    assert partials[2].structure["last"] == {"n": 2}


def test_a_plain_job_yields_its_result_once(kitchen: Kitchen) -> None:
    assert list(kitchen.jobs.echo("x")) == ["xx"]


def test_events_tell_everything(kitchen: Kitchen) -> None:
    job = kitchen.submit(ReportRequest(text="x"))
    events = list(job.events())
    kinds = Counter(type(event) for event in events)
    assert kinds[Started] == 1
    assert kinds[Partial] == 0
    assert events[-1] == Completed(value="x")
    logs = [event.line for event in events if isinstance(event, Log)]
    assert [(line.level, line.message) for line in logs] == [
        ("info", "for your information"),
        ("warning", "careful"),
    ]
    units = [event.units[0] for event in events if isinstance(event, Progress)]
    assert units[-1].length == 3
    assert units[-1].desc == "working"
    assert len(job.status().log) == 2


def test_a_job_waits_its_turn(kitchen: Kitchen) -> None:
    jobs = [kitchen.submit(OneByOneRequest(seconds=0.2)) for _ in range(3)]
    assert [job.result() for job in jobs] == ["done"] * 3


def test_a_timeout_leaves_the_job_running(kitchen: Kitchen) -> None:
    job = kitchen.submit(SlowRequest(seconds=1))
    with pytest.raises(InferenceTimeoutError, match="/slow"):
        job.result(timeout=0.1)
    assert not job.done()
    assert job.result(timeout=30) == "done"


def test_the_timeout_of_a_client_ends_a_call(url: str) -> None:
    with Kitchen(url, timeout=1) as client:
        assert client.echo("x") == "xx"
        with pytest.raises(
            TimeoutError, match=r"/endless: no answer within 1 s. The job is cancelled"
        ):
            client.run(EndlessRequest())


def test_a_cancelled_generator_is_cancelled_everywhere(kitchen: Kitchen) -> None:
    job = kitchen.submit(EndlessRequest())
    numbers = iter(job)
    assert [next(numbers) for _ in range(3)] == [0, 1, 2]
    assert job.cancel()
    assert not job.cancel()
    assert job.status().stage == "cancelled"
    with pytest.raises(JobCancelledError, match="/endless"):
        job.result()
    again = kitchen.submit(EndlessRequest())
    assert next(iter(again)) == 0
    assert again.cancel()


def test_a_queued_job_can_be_cancelled(kitchen: Kitchen) -> None:
    first = kitchen.submit(SlowRequest(seconds=0.5))
    second = kitchen.submit(TokensRequest(count=50))
    assert second.cancel()
    assert first.result() == "done"
    assert second.status().stage == "cancelled"


def test_an_error_of_the_space_is_told_with_its_words(kitchen: Kitchen) -> None:
    with pytest.raises(AppError, match="/refuse failed: Refused: no thanks") as caught:
        kitchen.run(RefuseRequest())
    assert (caught.value.title, caught.value.message) == ("Refused", "no thanks")


def test_a_hidden_error_says_how_to_see_it(kitchen: Kitchen) -> None:
    with pytest.raises(AppError, match="show_error=True"):
        kitchen.run(CrashRequest())


def test_a_used_up_quota_has_its_own_error(kitchen: Kitchen) -> None:
    with pytest.raises(ZeroGPUQuotaError, match="free ZeroGPU quota"):
        kitchen.run(QuotaRequest())


def test_a_refusal_of_the_spaces_validator_names_the_parameter(kitchen: Kitchen) -> None:
    assert kitchen.run(ValidatedRequest(age=3)) == 3
    with pytest.raises(SpaceValidationError, match="Age must be at least 3"):
        kitchen.run(ValidatedRequest(age=1))


def test_iterating_a_failed_job_raises_after_the_parts_that_came(kitchen: Kitchen) -> None:
    job = kitchen.submit(RefuseRequest())
    with pytest.raises(AppError, match="no thanks"):
        list(job)
    with pytest.raises(AppError, match="no thanks"):
        job.result()
    midway, parts = kitchen.submit(CrashMidwayRequest()), list[str]()
    with pytest.raises(AppError):
        for part in midway:
            parts.append(part)
    assert parts == ["one"]
    assert isinstance(list(midway.events())[-1], Failed)
    assert midway.status().stage == "failed"
    assert "boom" in f"{midway.status().error}"


def test_done_callbacks_run_once_each(kitchen: Kitchen) -> None:
    called: list[Job[str]] = []
    job = kitchen.jobs.echo("x")
    job.add_done_callback(called.append)
    job.result()
    job.add_done_callback(called.append)
    kitchen.close()  # The thread that calls back has ended then.
    assert called == [job, job]


def test_an_unknown_endpoint_names_what_there_is(kitchen: Kitchen) -> None:
    class GoneRequest(Request[str]):
        __endpoint__ = Endpoint(name="/gone")

    with pytest.raises(EndpointNotFoundError, match=r"/gone.*/echo.*hubsmith update"):
        kitchen.run(GoneRequest())


def test_another_number_of_arguments_or_results_is_told(kitchen: Kitchen) -> None:
    class FewerRequest(Request[str]):
        __endpoint__ = Endpoint(name="/echo")
        text: str

    class MoreRequest(EchoRequest):
        __endpoint__ = Endpoint(name="/echo", outputs=2)

    with pytest.raises(SpaceChangedError, match=r"takes 2 arguments.*generated for 1"):
        kitchen.run(FewerRequest(text="x"))
    with pytest.raises(SpaceChangedError, match=r"returns 1 values.*generated for 2"):
        kitchen.run(MoreRequest(text="x"))


def test_an_answer_of_another_type_keeps_its_value(kitchen: Kitchen) -> None:
    class WrongRequest(Request[int]):
        __endpoint__ = Endpoint(name="/echo")
        text: str
        times: float = 1

    with pytest.raises(ResultError, match="/echo answered 'word'") as caught:
        kitchen.run(WrongRequest(text="word"))
    assert caught.value.value == "word"


def test_a_wrong_argument_fails_before_any_request() -> None:
    with pytest.raises(ValidationError, match=r"/echo: times: .* got 'x'") as caught:
        EchoRequest(text="a", times="x")  # pyright: ignore[reportArgumentType]  # wrong on purpose
    assert [parameter for parameter, _, _ in caught.value.errors] == ["times"]
    with pytest.raises(ValidationError, match="/echo: text: a value is required"):
        EchoRequest()  # pyright: ignore[reportCallIssue]  # wrong on purpose


def test_a_closed_client_says_so(url: str) -> None:
    client = Kitchen(url)
    job = client.submit(EndlessRequest())
    client.close()
    client.close()
    with pytest.raises(JobCancelledError, match="closed"):
        job.result()
    with pytest.raises(HubsmithError, match="closed"):
        client.echo("x")
    assert event_threads() == 0


def test_the_space_sees_an_api_caller_and_own_headers(url: str) -> None:
    with Kitchen(url, headers={"X-Own": "1"}, token="hf_secret") as client:
        seen = client.run(HeadersRequest())
        assert seen["x-gradio-user"] == "api"
        assert seen["x-own"] == "1"
        assert seen["x-hf-authorization"] == "Bearer hf_secret"
        assert "hf_secret" not in repr(client) + repr(vars(client))


def test_a_token_of_the_environment_is_not_sent_to_a_url(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with Kitchen(url) as client:
        assert "hf_secret" not in str(client.run(HeadersRequest()))


@pytest.mark.parametrize(
    "source", ["nonsense", "ftp://host/x", "http://", "a/b/c", "", "http://x:y"]
)
def test_a_source_that_is_none_is_refused(source: str) -> None:
    with pytest.raises(SpecError):
        Kitchen(source)
