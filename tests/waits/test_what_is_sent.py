"""What goes on the wire, and what is said of it: addresses, headers, numbers, redirects, limits."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hubsmith import AsyncInferenceClient, Client, InferenceClient
from hubsmith_runtime import (
    ConnectionFailedError,
    HubsmithError,
    InferenceTimeoutError,
    Retries,
    ValidationError,
)
from hubsmith_runtime.http import is_public

from tests.runtime.kitchen_client import Kitchen
from tests.waits.scripted_http import Answer, Fault, Loopback, stream
from tests.waits.scripted_inference import DONE, ScriptedInference, chunk
from tests.waits.scripted_space import ScriptedSpace

SECRET = "hunter2"
MESSAGES = [{"role": "user", "content": "hi"}]
NAN, INFINITY = float("nan"), float("inf")
ONCE = Retries(attempts=1)


@pytest.fixture
def server(loopback: Loopback) -> ScriptedInference:
    server = ScriptedInference()
    loopback.start(server)
    return server


@pytest.mark.parametrize("where", ["?code={}", "#{}", "/?code={}", "/path?code={}#{}", "/#{}"])
@pytest.mark.parametrize("fault", [Fault.RESET, Answer(b"no", 404), Answer(b"<html>")])
def test_secrets_of_a_url_are_not_shown(server: ScriptedInference, where: str, fault: Any) -> None:
    paths = ["/v1/chat/completions", "/path/v1/chat/completions", "/v1/models", "/path/v1/models"]
    for path in [*paths, "/config", "/path/config"]:
        server.plan(path, fault)
    url = server.url.replace("://", f"://user:{SECRET}@") + where.replace("{}", SECRET)
    with Kitchen(url, retries=ONCE) as kitchen, pytest.raises(HubsmithError) as refused:
        kitchen.echo("x")
    with InferenceClient(url, max_retries=0) as client, pytest.raises(HubsmithError) as failed:
        client.chat_completion(MESSAGES)
    assert SECRET not in f"{kitchen!r} {client!r} {refused.value} {failed.value}"


@pytest.mark.parametrize("redirects", [5, 6])
def test_five_redirects_are_followed(space: ScriptedSpace, redirects: int) -> None:
    hops = ["/config", *(f"/hop-{number}" for number in range(1, redirects)), "/config"]
    for source, target in itertools.pairwise(hops):
        space.plan(source, Answer(status=302, headers={"location": target}), times=1)
    with Client(space.url, retries=ONCE) as client:
        if redirects == 5:
            assert client.predict("x", api_name="/echo") == "x"
        else:
            with pytest.raises(ConnectionFailedError, match="redirects"):
                client.predict("x", api_name="/echo")
            assert space.asked["/config"] == 1


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_userinfo_does_not_beat_the_callers_own_header(space: ScriptedSpace, name: str) -> None:
    address = space.url.replace("://", "://user:password@")
    with Client(address, headers={name: "Bearer own"}) as client:
        client.predict("x", api_name="/echo")
    for asked in space.last.values():
        assert asked.headers["authorization"] == "Bearer own"


@pytest.mark.parametrize("value", [NAN, INFINITY, [1, {"deep": -INFINITY}]])
def test_numbers_that_json_has_not_are_refused(
    space: ScriptedSpace, server: ScriptedInference, value: Any
) -> None:
    with Client(space.url) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.predict(value, api_name="/echo"),
            lambda: client.submit(text=value, api_name="/echo"),
            lambda: client.predict("x", api_name="/echo", event_data=value),
        ]
        for call in calls:
            with pytest.raises(ValidationError):
                call()
    with Kitchen(space.url) as kitchen, pytest.raises(ValidationError):
        kitchen.echo("x", times=value)
    assert space.asked["/gradio_api/queue/join"] == 0
    with InferenceClient(server.url) as client, pytest.raises(ValidationError):
        client.post(json={"inputs": value})
    assert not server.asked


def test_what_is_no_json_is_refused_by_post(server: ScriptedInference) -> None:
    with InferenceClient(server.url) as client, pytest.raises(ValidationError):
        client.post(json={"inputs": object()})

    async def main() -> None:
        async with AsyncInferenceClient(server.url) as client:
            with pytest.raises(ValidationError):
                await client.post(json={"inputs": {1, 2}})

    asyncio.run(main())
    assert not server.asked


def test_a_timeout_of_httpx_limits_each_request(space: ScriptedSpace) -> None:
    with Client(space.url, httpx_kwargs={"timeout": httpx.Timeout(3)}) as client:
        assert client.predict("x", api_name="/echo") == "x"
    space.plan("/config", Fault.SILENT)
    hasty = {"timeout": httpx.Timeout(30, read=0.3)}
    with Client(space.url, httpx_kwargs=hasty, retries=ONCE) as client:
        with pytest.raises(InferenceTimeoutError):
            client.predict("x", api_name="/echo")


def test_the_wait_for_a_chunk_is_whole_whatever_opening_took(server: ScriptedInference) -> None:
    path = "/v1/chat/completions"
    loading = Answer({"error": "tiny is loading", "estimated_time": 0.5}, 503)
    server.plan(path, loading, times=2)
    server.plan(path, stream(chunk("a"), 1.3, chunk("b", "stop"), DONE))
    with InferenceClient(server.url, timeout=1.6) as client:
        items = client.chat_completion(MESSAGES, stream=True)
        assert [item.choices[0].delta.content for item in items] == ["a", "b"]


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "0x7f.1",
        "2130706433",
        "127.0.0.1.",
        "0177.0.0.1",
        "localhost.",
        "a.local.",
        "[::1]",
    ],
)
def test_an_address_in_an_old_spelling_is_not_public(host: str) -> None:
    assert not is_public(f"http://{host}/")


@pytest.mark.parametrize("path", ["/config", "/gradio_api/queue/data"])
def test_a_redirect_that_is_refused_is_not_tried_again(space: ScriptedSpace, path: str) -> None:
    for location in ("http://[::1", "ftp://x/"):
        before = space.asked[path]
        space.plan(path, Answer(status=302, headers={"location": location}), times=3)
        with Client(space.url, retries=Retries(base=0.01)) as client:
            with pytest.raises(ConnectionFailedError):
                client.predict("x", api_name="/echo")
        assert space.asked[path] - before == 1
        space._plans.clear()
