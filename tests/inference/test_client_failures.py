"""What error answers become, how a model that loads is waited for, and what is never shown."""

from __future__ import annotations

import pickle
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hubsmith_runtime import ConnectionFailedError, InferenceTimeoutError, Retries
from hubsmith_runtime.effects import Close, DeadlineExceeded, Effect, Open, Read, Send
from hubsmith_runtime.http import Body, HttpRequest, Response
from hubsmith_runtime.inference import (
    InferenceError,
    InferenceProgress,
    PaymentRequiredError,
    RateLimitError,
)
from hubsmith_runtime.inference.errors import (
    BadRequestError,
    OverloadedError,
    TextGenerationValidationError,
    UnknownError,
)
from hubsmith_runtime.inference.failures import (
    Callee,
    failure,
    open_checked,
    send_checked,
    send_once,
    server_words,
    stream_failure,
)
from hubsmith_runtime.transport import Origins

from tests.support.fake_inference import Script, answered

REQUEST = HttpRequest(method="POST", url="https://api.example.org/v1")
KEY = "hf_a_key_that_is_never_shown"
CALLEE = Callee(provider="together", model="org/chat", key=KEY)
LOADING = {"error": "Model org/chat is currently loading", "estimated_time": 9.0}
PATIENT = Retries(attempts=3, base=0.0)


def always(status: int, content: Any, **headers: str) -> Any:
    return lambda effect: answered(status, content, **headers)


# Waiting


def test_a_model_that_loads_for_ever_is_given_up() -> None:
    script = Script(always(503, LOADING))
    with pytest.raises(
        InferenceTimeoutError, match=r"together: org/chat: .* still loading .*600 s"
    ):
        script.run(send_checked(REQUEST, CALLEE, PATIENT))
    assert 580 < sum(script.slept) <= 600


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (LOADING, 9.0),
        ({"error": "loading"}, 1.0),
        ({"error": "no", "estimated_time": 0}, 0.1),
        ({"error": "no", "estimated_time": -5}, 0.1),
        ({"error": "no", "estimated_time": 3600}, 10.0),
        (b'{"error": "loading", "estimated_time": NaN}', 1.0),
        (b'{"error": "loading", "estimated_time": 1e999}', 1.0),
        ({"error": "loading", "estimated_time": True}, 1.0),
    ],
)
def test_how_long_is_waited_between_two_looks(body: Any, seconds: float) -> None:
    answers = [answered(503, body), answered(200, {})]
    script = Script(lambda effect: answers.pop(0))
    assert script.run(send_checked(REQUEST, CALLEE, PATIENT)).status == 200
    assert script.slept == [seconds]


def test_a_model_that_loads_is_reported() -> None:
    answers = [answered(503, LOADING), answered(503, LOADING), answered(200, {})]
    reports: list[InferenceProgress] = []
    script = Script(lambda effect: answers.pop(0))
    script.run(send_checked(REQUEST, CALLEE, PATIENT, on_progress=reports.append))
    assert [one.status for one in reports] == ["loading", "loading"]


def test_a_model_that_loads_uses_up_no_attempt() -> None:
    answers = [answered(503, LOADING)] * 20 + [answered(429, {}), answered(200, {})]
    told: list[int] = []
    retries = Retries(attempts=2, base=0.0, on_retry=lambda attempt, *_: told.append(attempt))
    script = Script(lambda effect: answers.pop(0))
    assert script.run(send_checked(REQUEST, CALLEE, retries)).status == 200
    assert told == [1]


def test_a_503_that_is_a_page_about_loading_is_none_of_a_model() -> None:
    script = Script(always(503, b"<h1>loading</h1>"))
    with pytest.raises(InferenceError, match="HTTP 503: loading") as caught:
        script.run(send_checked(REQUEST, CALLEE, PATIENT))
    assert caught.value.estimated_time is None
    assert len(script.effects) == 5  # Three attempts, two waits.


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answered(503, LOADING), "no answer in time. The model is still loading."),
        (answered(429, {"error": "slow down"}, retry_after="5"), "earlier attempt.*slow down."),
    ],
)
def test_a_call_that_is_late_says_what_it_waited_for(answer: Response, words: str) -> None:
    script = Script(lambda effect: answer, timeout=3)
    with pytest.raises(DeadlineExceeded, match=f"^together: org/chat: .*{words}"):
        script.run(send_checked(REQUEST, CALLEE, Retries(attempts=9)))


def test_a_call_that_is_late_elsewhere_names_who_was_to_be_called() -> None:
    def late(effect: Effect) -> Any:
        raise DeadlineExceeded

    with pytest.raises(DeadlineExceeded, match=r"^together: org/chat: no answer in time\.$"):
        Script(late).run(send_once(REQUEST, CALLEE))


def test_a_silent_server_is_not_asked_again() -> None:
    def silent(effect: Effect) -> Any:
        raise InferenceTimeoutError("POST https://api.example.org: no answer in time.")

    script = Script(silent)
    with pytest.raises(InferenceTimeoutError, match=r"^together: org/chat: POST"):
        script.run(send_checked(REQUEST, CALLEE, PATIENT))
    assert len(script.effects) == 1


def test_a_broken_connection_is_tried_as_often_as_it_may_be() -> None:
    def broken(effect: Effect) -> Any:
        raise ConnectionFailedError("broken")

    script = Script(broken)
    with pytest.raises(ConnectionFailedError, match="broken"):
        script.run(send_checked(REQUEST, CALLEE, PATIENT))
    assert sum(isinstance(effect, Send) for effect in script.effects) == 3


# A stream that is refused


def opened(status: int, *pieces: bytes | Exception) -> Any:
    """Answer an `Open` with a body of these pieces, of which the last comes again and again."""
    left = list(pieces)

    def answer(effect: Effect) -> Any:
        if isinstance(effect, Open):
            raw = SimpleNamespace(status_code=status, headers={}, is_stream_consumed=False)
            return Body(effect.request, raw)
        if isinstance(effect, Read):
            piece = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(piece, Exception):
                raise piece
            return piece
        return None

    return answer


def test_of_a_refusal_without_end_one_mebibyte_is_read() -> None:
    script = Script(opened(400, b'{"error": "' + b"no " * 10_000))
    with pytest.raises(InferenceError, match="HTTP 400"):
        script.run(open_checked(REQUEST, CALLEE, PATIENT))
    assert sum(isinstance(effect, Read) for effect in script.effects) == 35
    assert isinstance(script.effects[-1], Close)


@pytest.mark.parametrize("problem", [ConnectionFailedError("broken"), DeadlineExceeded()])
def test_a_refusal_that_breaks_off_is_closed(problem: Exception) -> None:
    script = Script(opened(400, b"{", problem))
    with pytest.raises((ConnectionFailedError, DeadlineExceeded)):
        script.run(open_checked(REQUEST, CALLEE, Retries(attempts=1)))
    assert isinstance(script.effects[-1], Close)


def test_a_good_answer_is_left_open() -> None:
    script = Script(opened(200, b"data: 1"))
    assert script.run(open_checked(REQUEST, CALLEE, PATIENT)).status == 200
    assert len(script.effects) == 1


# Words


@pytest.mark.parametrize(
    ("status", "kind"), [(402, PaymentRequiredError), (429, RateLimitError), (418, InferenceError)]
)
def test_no_credit_is_another_error_than_too_many_requests(status: int, kind: type) -> None:
    error = failure(answered(status, {"error": "no"}, retry_after="7"), CALLEE)
    assert type(error) is kind
    assert error.retry_after == 7
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), vars(copied)) == (str(error), vars(error))


@pytest.mark.parametrize(
    ("status", "named", "kind"),
    [
        (413, "Validation", TextGenerationValidationError),  # So text-embeddings-inference has it.
        (429, "overloaded", OverloadedError),
        (422, "Tokenizer", BadRequestError),
        (500, "Backend", UnknownError),
    ],
)
def test_the_kind_that_a_server_names_is_more_than_the_status(
    status: int, named: str, kind: type
) -> None:
    assert type(failure(answered(status, {"error": "no", "error_type": named}), CALLEE)) is kind


@pytest.mark.parametrize("value", ["nan", "1e999", "-3", "9" * 400, "Thu, 99 Foo", "inf", ""])
def test_an_odd_retry_after_is_none(value: str) -> None:
    assert failure(answered(429, {}, retry_after=value), CALLEE).retry_after is None


# Wherever a text is cut, the key is not cut with it.
_PADDINGS = [*range(955, 1001), *range(19_960, 20_001)]


@pytest.mark.parametrize("form", ["json", "page", "markup", "list", "stream"])
def test_a_key_that_a_cut_would_go_through_is_not_shown(form: str) -> None:
    beginning, masked = KEY[:6], Origins({"https://a.org:443": CALLEE.bearer}).masked

    def refused(status: int, body: Any) -> Response:
        return replace(answered(status, body), masked=masked)

    for padding in _PADDINGS:
        text = "." * padding + KEY + " end"
        if form == "json":
            error = failure(refused(400, {"error": text}), CALLEE)
        elif form == "list":
            error = failure(refused(422, {"detail": [{"loc": ["body"], "msg": text}]}), CALLEE)
        elif form == "page":
            error = failure(refused(400, text.encode()), CALLEE)
        elif form == "markup":
            markup = "<p>" + " " * (padding - 3) + KEY
            error = failure(refused(400, markup.encode()), CALLEE)
        else:
            error = stream_failure({"error": text}, CALLEE, {}, masked)
        assert beginning not in f"{error} {error.server_message}", padding


def test_words_of_any_shape() -> None:
    assert server_words({"error": {"message": " no \n tools "}}) == "no tools"
    assert server_words([]) == server_words(None) == server_words({}) == ""
    assert server_words([{"msg": "a"}, {"msg": "a"}, 3, "b"]) == "a; b"
    deep: Any = "deep"
    for _ in range(50):
        deep = {"error": deep}
    assert server_words(deep) == ""


def test_no_repr_holds_a_secret() -> None:
    response = Response(
        status=200, headers={"set-cookie": KEY}, body=KEY.encode(), url=f"https://a.org/?k={KEY}"
    )
    request = HttpRequest(
        method="GET", url=f"https://a:{KEY}@a.org/?k={KEY}", headers={"authorization": KEY}
    )
    for value in (response, request, CALLEE):
        assert KEY not in repr(value)
