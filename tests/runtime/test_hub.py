"""Names are resolved by the Hub, and Spaces are duplicated there."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from hubsmith_runtime import (
    AuthenticationError,
    HubsmithError,
    SpaceUnavailableError,
    SpecError,
    ValidationError,
    duplicate_space,
)

from tests.runtime.echo_client import AsyncEcho, Echo
from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace

GRADIO_CLIENT = """
import json, sys
from gradio_client import Client
client = Client("owner/kitchen", verbose=False)
print(json.dumps([client.src, client.predict("ab", 3, api_name="/echo")]))
"""


@pytest.mark.slow
def test_gradio_client_takes_the_fake_hub_for_the_hub(fake_hub: FakeHub, url: str) -> None:
    fake_hub.add("owner/kitchen", url)
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    environment |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}
    printed = subprocess.check_output([sys.executable, "-c", GRADIO_CLIENT], env=environment)
    assert json.loads(printed) == [url, "ababab"]
    assert set(fake_hub.paths()) == {
        "/api/spaces/owner/kitchen",
        "/api/spaces/owner/kitchen/runtime",
    }


def test_the_host_is_asked_for_and_never_guessed(fake_hub: FakeHub, fake_space: FakeSpace) -> None:
    fake_hub.add("Owner_1/My.Space", f"{fake_space.url}/")
    with Echo("Owner_1/My.Space") as echo:
        assert [echo.echo(1), echo.echo(2)] == [1, 2]
    assert fake_hub.paths() == ["/api/spaces/Owner_1/My.Space/host"]


def test_the_async_client_finds_it_too(fake_hub: FakeHub, fake_space: FakeSpace) -> None:
    fake_hub.add("owner/echo", fake_space.url)

    async def main() -> None:
        async with AsyncEcho("owner/echo") as echo:
            assert await echo.echo("x") == "x"

    asyncio.run(main())
    assert fake_hub.paths() == ["/api/spaces/owner/echo/host"]


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("hf_other", 404)])
@pytest.mark.parametrize("name", ["owner/private", "owner/missing"])
def test_a_missing_and_a_private_space_look_alike(
    name: str, token: str | None, status: int, fake_hub: FakeHub, fake_space: FakeSpace
) -> None:
    fake_hub.users["hf_other"] = "other"
    fake_hub.add("owner/private", fake_space.url, private=True)
    words = f"{status}.*{name}.*private.*token="
    with Echo(name, token=token) as echo, pytest.raises(AuthenticationError, match=words) as caught:
        echo.echo("x")
    assert "hf_other" not in str(caught.value)
    assert fake_space.seen == []


@pytest.mark.parametrize("host", [None, 5, "", "ftp://x", "javascript:alert(1)", "//evil.example"])
def test_a_host_that_is_none_is_refused(host: object, fake_hub: FakeHub) -> None:
    fake_hub.plan("/api/spaces/owner/echo/host", (200, {}, {"host": host}))
    with Echo("owner/echo") as echo, pytest.raises((SpecError, SpaceUnavailableError)):
        echo.echo("x")


@pytest.mark.parametrize("name", ["../admin", "a/..", "./b", "a/b/c", "a b/c", "a/b?x=1", "a"])
def test_a_name_cannot_lead_elsewhere(name: str, fake_hub: FakeHub) -> None:
    with pytest.raises(SpecError, match="owner/name"):
        Echo(name)
    assert fake_hub.seen == []


@pytest.fixture
def own(fake_hub: FakeHub, fake_space: FakeSpace) -> FakeHub:
    """A Hub with a Space to duplicate, on hardware that costs money, and an account."""
    fake_hub.users["hf_me"] = "me"
    fake_hub.add("owner/echo", fake_space.url, hardware="t4-small")
    return fake_hub


def test_a_duplicate_is_private_and_free(own: FakeHub) -> None:
    name = duplicate_space("owner/echo", token="hf_me")
    assert name == "me/echo"
    copy = own.spaces[name]
    assert (copy.private, copy.hardware, copy.sleep_seconds) == (True, "cpu-basic", None)
    with Echo(name, token="hf_me") as echo:
        assert echo.echo("x") == "x"


def test_a_duplicate_has_what_is_asked_for(own: FakeHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    name = duplicate_space(
        "owner/echo", "mine", private=False, hardware="t4-medium", sleep_timeout=7,
        secrets={"KEY": "hidden-value"}, token="hf_me",
    )  # fmt: skip
    copy = own.spaces["me/mine"]
    assert name == "me/mine"
    assert (copy.private, copy.hardware, copy.sleep_seconds) == (False, "t4-medium", 420)
    assert copy.secrets == {"KEY": "hidden-value"}
    assert "hidden-value" not in caplog.text


def test_a_duplicate_can_belong_to_an_organisation(own: FakeHub) -> None:
    assert duplicate_space("owner/echo", "team/echo", token="hf_me") == "team/echo"
    assert "/api/whoami-v2" not in own.paths()


def test_a_duplicate_that_is_there_is_used_as_it_is(own: FakeHub, fake_space: FakeSpace) -> None:
    there = own.add("me/echo", fake_space.url, hardware="t4-small", secrets={"KEY": "old"})
    with pytest.warns(UserWarning, match="me/echo.*secrets") as warned:
        assert duplicate_space("owner/echo", secrets={"KEY": "new"}, token="hf_me") == "me/echo"
    assert "new" not in str(warned[0].message)
    assert (there.hardware, there.secrets) == ("t4-small", {"KEY": "old"})
    assert all(seen.method == "GET" for seen in own.seen)


def test_a_duplicate_that_is_there_gets_other_hardware_when_asked(
    own: FakeHub, fake_space: FakeSpace
) -> None:
    there = own.add("me/echo", fake_space.url)
    duplicate_space("owner/echo", hardware="t4-small", sleep_timeout=1, token="hf_me")
    assert (there.hardware, there.sleep_seconds) == ("t4-small", 60)
    duplicate_space("owner/echo", hardware="cpu-basic", token="hf_me")
    assert there.hardware == "cpu-basic"


def test_a_duplicate_made_in_between_is_used(own: FakeHub) -> None:
    own.plan("/api/spaces/owner/echo/duplicate", (409, {}, {"error": "exists"}))
    assert duplicate_space("owner/echo", token="hf_me") == "me/echo"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: duplicate_space("owner/echo"), AuthenticationError, "token"),
        (lambda: duplicate_space("owner/gone", token="hf_me"), AuthenticationError, "owner/gone"),
        (lambda: duplicate_space("owner/echo", token="hf_bad"), AuthenticationError, "401"),
        (lambda: duplicate_space("nonsense", token="hf_me"), SpecError, "nonsense"),
        (lambda: duplicate_space("owner/echo", "a b", token="hf_me"), SpecError, "a b"),
        (
            lambda: duplicate_space("owner/echo", sleep_timeout=0, token="hf_me"),
            ValidationError,
            "sleep_timeout",
        ),
    ],
)
def test_what_cannot_be_duplicated_is_told(
    call: Callable[[], object], error: type[HubsmithError], words: str, own: FakeHub
) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert "hf_me" not in str(caught.value)
    assert all(seen.method == "GET" for seen in own.seen)


def test_a_duplicate_is_not_made_twice_when_the_connection_breaks(own: FakeHub) -> None:
    own.plan("/api/spaces/owner/echo/duplicate", (0, {}, b""))
    with pytest.raises(HubsmithError):
        duplicate_space("owner/echo", token="hf_me")
    assert own.paths().count("/api/spaces/owner/echo/duplicate") == 1
