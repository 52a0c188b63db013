"""What the environment and the caller say of connections, and what no connection can be made with."""

from __future__ import annotations

import math
import re
import sys
from typing import Any

import httpx
import pytest
from hubsmith_runtime import (
    ArgumentError,
    AuthenticationError,
    Client,
    ConnectionFailedError,
    HubsmithError,
    MissingDependencyError,
    Retries,
    SpecError,
)

from tests.support.fake_space import FakeSpace

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def refusal(source: str, **options: Any) -> HubsmithError:
    with Client(source, **options) as client, pytest.raises(HubsmithError) as caught:
        client.predict("x", api_name="/greet")
    return caught.value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks://127.0.0.1:1080"),
        ("ALL_PROXY", "ftp://127.0.0.1:21"),
        ("HTTP_PROXY", "http://127.0.0.1:port"),
        ("NO_PROXY", "[::1]"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_a_setting_that_no_connection_can_be_made_with_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    error = refusal("http://127.0.0.1:9")
    assert isinstance(error, ConnectionFailedError)
    assert not error.was_sent and not error.may_pass
    assert name in str(error)


def test_a_socks_proxy_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    error = refusal("http://127.0.0.1:9")
    assert isinstance(error, MissingDependencyError)
    assert error.name == "socksio" and "httpx[socks]" in str(error)


@pytest.mark.parametrize(
    "proxy", ["socks://me:hunter2-secret@127.0.0.1:1", "http://me:hunter2/secret@127.0.0.1:1"]
)
def test_the_password_of_a_proxy_is_not_shown(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    assert "hunter2" not in str(refusal("http://127.0.0.1:9"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, fake_space: FakeSpace, scheme: str
) -> None:
    fake_space.plan("/config", (407, {}, {}))
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", fake_space.url)  # It has no CONNECT.
    error = refusal(f"{scheme}://space.example", retries=Retries(attempts=1))
    assert f"{scheme.upper()}_PROXY" in str(error)
    if scheme == "https":
        assert isinstance(error, ConnectionFailedError) and not error.was_sent
    else:
        assert isinstance(error, AuthenticationError)


@pytest.mark.parametrize("value", [5, None])
def test_a_header_that_is_no_text_is_an_argument_that_does_not_fit(value: Any) -> None:
    error = refusal("http://127.0.0.1:9", headers={"X-Number": value})
    assert isinstance(error, ArgumentError)
    assert re.search(r"header.*str", str(error), re.IGNORECASE)


@pytest.mark.parametrize("source", ["ws://127.0.0.1:9", "ftp://127.0.0.1:21/x"])
def test_a_url_of_another_scheme_is_refused_also_with_a_port(source: str) -> None:
    with pytest.raises(SpecError, match="not an http or https URL"):
        Client(source)


def test_white_space_around_a_source_does_no_harm(fake_space: FakeSpace) -> None:
    with Client(f" {fake_space.url}\n") as client:
        assert client.view_api(print_info=False, return_format="dict")["named_endpoints"]
    with Client(" owner/kitchen\n") as named:
        assert repr(named) == "Client('owner/kitchen')"


@pytest.mark.parametrize("rest", ["", "/", "?logs=build", "/tree/main", "#x"])
def test_the_page_of_a_space_at_the_hub_stands_for_the_space(rest: str) -> None:
    for hub in ("https://huggingface.co", "https://hf.co", "http://www.huggingface.co"):
        with Client(f"{hub}/spaces/owner/kitchen-1.0{rest}") as client:
            assert repr(client) == "Client('owner/kitchen-1.0')"


def test_a_login_at_a_space_without_one_is_called_so(url: str) -> None:
    error = refusal(url, auth=("ann", "password"))
    assert isinstance(error, AuthenticationError)
    assert "If the Space has no login, leave auth= out." in str(error)


@pytest.mark.parametrize(
    ("given", "most"),
    [
        ({}, 60),
        ({"timeout": 5}, 60),  # A heartbeat comes every 15 s.
        ({"timeout": 300.0}, 300),
        ({"timeout": httpx.Timeout(300)}, 300),
        ({"timeout": None}, math.inf),
        ({"timeout": httpx.Timeout(None)}, math.inf),
    ],
)
def test_events_are_waited_for_as_long_as_httpx_is_told_to(
    fake_space: FakeSpace, given: dict[str, Any], most: float
) -> None:
    # A proxy may hold all events back until the last.
    with Client(fake_space.url, httpx_kwargs=given) as client:
        assert client.predict("x") == "x"
        connection = client._core.connector.connection  # pyright: ignore[reportPrivateUsage]
        assert connection is not None and connection.live.silence == most
