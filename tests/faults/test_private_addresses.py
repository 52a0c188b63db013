"""A public server that redirects to a private address: nobody goes there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hubsmith import AsyncClient, Client, File, HubsmithError, InferenceClient, Retries

from tests.faults.cells import POLLED_PATHS, SPACE_PATHS
from tests.faults.fault_proxy import FaultProxy, Plan, Proxies
from tests.faults.table import Inference
from tests.faults.table_of_faults import status
from tests.waits.scripted_http import ScriptedServer

pytestmark = pytest.mark.slow

_PUBLIC = "space.example.com"
_OPTIONS: dict[str, Any] = {"timeout": 5.0, "retries": Retries(attempts=2, base=0.01)}


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a public name lead to this machine."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    resolve: Callable[..., Any] = socket.getaddrinfo

    def resolve_here(host: Any, *args: Any, **options: Any) -> Any:
        is_public = host in (_PUBLIC, _PUBLIC.encode())
        return resolve("127.0.0.1" if is_public else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)


@pytest.fixture
def private(proxies: Proxies) -> Iterator[ScriptedServer]:
    """Give a server that nobody should ask."""
    server = ScriptedServer()
    proxies.start(server)
    yield server
    assert not server.asked


def _redirecting(
    proxies: Proxies, upstream: str, pattern: str, private: ScriptedServer
) -> FaultProxy:
    proxy = FaultProxy(upstream)
    proxy.plans.append(Plan(pattern, status(302, {"location": f"{private.url}/secret"})))
    proxies.start(proxy)
    proxy.url = proxy.url.replace("127.0.0.1", _PUBLIC)
    return proxy


def _work(client: Any, exchange: str) -> Any:
    if exchange in ("upload", "download"):
        return client.predict(File(b"content", name="a.txt"), "", api_name="/upper")
    if exchange == "info":
        return client.predict(name="", api_name="/echo")
    return client.predict("", api_name="/echo")


@pytest.mark.parametrize("exchange", [name for name in SPACE_PATHS if name != "cancel"])
@pytest.mark.usefixtures("resolved")
def test_of_a_space(app: str, proxies: Proxies, private: ScriptedServer, exchange: str) -> None:
    proxy = _redirecting(proxies, app, SPACE_PATHS[exchange], private)
    with Client(proxy.url, **_OPTIONS) as client:
        with pytest.raises(HubsmithError):
            _work(client, exchange).read()

    async def main() -> None:
        async with AsyncClient(proxy.url, **_OPTIONS) as client:
            with pytest.raises(HubsmithError):
                await (await _work(client, exchange)).aread()

    asyncio.run(main())
    proxies.stop([proxy])


@pytest.mark.parametrize("exchange", POLLED_PATHS)
@pytest.mark.usefixtures("resolved")
def test_of_a_provider(
    proxies: Proxies, private: ScriptedServer, exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Inference()
    proxies.start(server)
    pattern = POLLED_PATHS[exchange].format("tiny")
    hub = _redirecting(proxies, server.url, pattern, private)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HUBSMITH_ROUTER", hub.url)
    with InferenceClient("org/tiny", provider="replicate", token="hf_test", **_OPTIONS) as client:
        with pytest.raises(HubsmithError):
            client.text_to_image("a cat")
    proxies.stop([hub])
