"""ZeroGPU: whose quota a call uses, and what its refusals say."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from hubsmith_runtime import (
    AppError,
    ZeroGPUDurationError,
    ZeroGPUQuotaError,
    ZeroGPUTimeoutError,
    ip_token_headers,
)
from hubsmith_runtime.spaces.messages import app_error

from tests.runtime.echo_client import Echo
from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace

QUOTA = "You have exceeded your free ZeroGPU quota (60s requested vs. 12s left)."
JOIN = "/gradio_api/queue/join"


def error_of(words: str, title: str = "Error") -> AppError:
    return app_error({"error": words}, title, "owner/space: /predict")


@pytest.mark.parametrize(
    ("words", "requested", "left", "again"),
    [
        (f"{QUOTA} Try again in 0:34:10", 60, 12, 34 * 60 + 10),
        (f"{QUOTA} Try again in 1 day, 2:00:01. <a>More</a>", 60, 12, 26 * 3600 + 1),
        (f"{QUOTA} Try again in 23:59:59", 60, 12, 86399),
        (QUOTA, 60, 12, None),
        ("You have exceeded your GPU quota (7.5s requested vs. -3s left)", 7.5, -3, None),
        ("You have exceeded your free GPU quota", None, None, None),
        ("something else", None, None, None),
    ],
)
def test_a_quota_error_tells_its_numbers(
    words: str, requested: float | None, left: float | None, again: float | None
) -> None:
    error = error_of(words, "ZeroGPU quota exceeded")
    assert isinstance(error, ZeroGPUQuotaError)
    assert (error.requested_seconds, error.left_seconds, error.retry_after) == (
        requested,
        left,
        again,
    )
    assert words.rstrip(".") in str(error)
    assert error.message == words


def test_a_quota_error_of_an_old_server_has_no_title() -> None:
    assert isinstance(error_of(QUOTA), ZeroGPUQuotaError)


@pytest.mark.parametrize("title", ["ZeroGPU queue timeout", "ZeroGPU quota exceeded", "Error"])
def test_a_queue_timeout_is_one_under_any_title(title: str) -> None:
    error = error_of("No GPU was available after 60s. Sign in to wait less.", title)
    assert type(error) is ZeroGPUTimeoutError
    assert "Try again later" in str(error)


@pytest.mark.parametrize(
    ("words", "title", "requested"),
    [
        (
            "The requested GPU duration (120s) is larger than the maximum allowed",
            "ZeroGPU illegal duration",
            120,
        ),
        ("The requested GPU duration (90s) is larger than the maximum allowed", "Error", 90),
        ("no", "ZeroGPU illegal duration", None),
    ],
)
def test_an_illegal_duration_is_an_error_of_its_own(
    words: str, title: str, requested: float | None
) -> None:
    error = error_of(words, title)
    assert isinstance(error, ZeroGPUDurationError)
    assert error.requested_seconds == requested


@pytest.mark.parametrize(
    ("words", "title"),
    [("boom", "Error"), ("no quota for you", "Error"), ("x", "ZeroGPU client error")],
)
def test_other_errors_stay_what_they_are(words: str, title: str) -> None:
    assert type(error_of(words, title)) is AppError


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-ip-token": "jwt"}, {"x-ip-token": "jwt"}),
        ({"X-IP-Token": "jwt"}, {"x-ip-token": "jwt"}),
        ({"x-ip-token": ""}, {}),
        ({"cookie": "private", "authorization": "private"}, {}),
        (None, {}),
    ],
)
def test_only_the_token_of_a_request_is_passed_on(headers: Any, expected: dict[str, str]) -> None:
    assert ip_token_headers(SimpleNamespace(headers=headers)) == expected


@pytest.mark.slow
def test_requests_of_every_framework_will_do() -> None:
    gradio_requests = pytest.importorskip("gradio")
    from starlette.requests import Request

    plain = Request({"type": "http", "headers": [(b"x-ip-token", b"jwt"), (b"cookie", b"c")]})
    for request in (plain, gradio_requests.Request(plain)):
        assert ip_token_headers(request) == {"x-ip-token": "jwt"}
    assert ip_token_headers(gradio_requests.Request(headers={"x-ip-token": "jwt"})) == {
        "x-ip-token": "jwt"
    }
    assert ip_token_headers(None) == {}


def test_a_visitor_can_be_named(fake_hub: FakeHub, fake_space: FakeSpace) -> None:
    fake_hub.add("owner/echo", fake_space.url)
    request = SimpleNamespace(headers={"x-ip-token": "jwt"})
    with Echo("owner/echo", headers=ip_token_headers(request)) as echo:
        echo.echo("x")
    assert {seen.headers["x-ip-token"] for seen in fake_space.seen} == {"jwt"}
    assert all("x-ip-token" not in seen.headers for seen in fake_hub.seen)


class Event:
    """Code that runs for a visitor within a Gradio event."""

    def __init__(self, token: str) -> None:
        from gradio.context import LocalContext

        self.variable = LocalContext.request
        self.request: Any = SimpleNamespace(headers={"x-ip-token": token})

    def __enter__(self) -> None:
        self.reset = self.variable.set(self.request)

    def __exit__(self, *_: object) -> None:
        self.variable.reset(self.reset)


def test_within_an_event_each_call_counts_for_its_visitor(
    fake_hub: FakeHub, fake_space: FakeSpace
) -> None:
    pytest.importorskip("gradio")
    fake_hub.add("owner/echo", fake_space.url)
    with Echo("owner/echo") as echo:
        for token in ("first", "second"):
            with Event(token):
                echo.echo("x")
        echo.echo("x")
    seen = [seen.headers.get("x-ip-token") for seen in fake_space.requests(JOIN)]
    assert seen == ["first", "second", None]


def test_the_visitor_is_not_told_to_a_url_or_against_the_callers_will(
    fake_hub: FakeHub, fake_space: FakeSpace
) -> None:
    pytest.importorskip("gradio")
    fake_hub.add("owner/echo", fake_space.url)
    with Event("visitor"):
        with Echo(fake_space.url) as echo:
            echo.echo("x")
        with Echo("owner/echo", headers={"X-IP-Token": "chosen"}) as echo:
            echo.echo("x")
    seen = [seen.headers.get("x-ip-token") for seen in fake_space.requests(JOIN)]
    assert seen == [None, "chosen"]


def test_gradio_is_not_imported_for_this(fake_space: FakeSpace) -> None:
    code = (
        "import sys, hubsmith_runtime.spaces.source as source\n"
        "assert source.visitor_headers() == {}\n"
        "assert 'gradio' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
