"""What real servers do rarely: old protocols, lost streams, redirects, answers that are no Gradio."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hubsmith_runtime import (
    AuthenticationError,
    ConnectionFailedError,
    Endpoint,
    HubsmithError,
    QueueFullError,
    Request,
    SessionLostError,
    SpaceUnavailableError,
    SpecError,
    UnsupportedVersionError,
    ValidationError,
)
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.http import HttpRequest
from hubsmith_runtime.spaces.live import LiveSpace

from tests.runtime.kitchen_client import AsyncKitchen, EchoRequest, Kitchen

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
CONFIGS = sorted(CORPUS.glob("*/*/*config.json"))
Answer = tuple[int, dict[str, str], bytes]


class FakeServer(ThreadingHTTPServer):
    """Gives the answers that it was given, and notes what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FakeHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []

    def answer(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path] = lambda: (status, headers, content)

    def gradio(self, protocol: str = "sse_v3", version: str = "6.0.0") -> None:
        components = [{"id": n, "type": "textbox", "skip_api": False} for n in range(3)]
        dependency = {"id": 0, "api_name": "echo", "inputs": [0, 1], "outputs": [2]}
        config = {
            "version": version, "protocol": protocol,
            "components": components, "dependencies": [dependency],
        }  # fmt: skip
        self.answer("/config", config)
        self.answer("/queue/join", {"event_id": "e"})

    def stream(self, *messages: dict[str, Any]) -> None:
        body = "".join(f"data: {json.dumps(message)}\n\n" for message in messages)
        self.answer("/queue/data", body.encode())


class FakeHandler(BaseHTTPRequestHandler):
    server: FakeServer

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.partition("?")[0]
        self.server.seen.append((path, {k.lower(): v for k, v in self.headers.items()}))
        status, headers, body = self.server.answers.get(path, lambda: (404, {}, b"?"))()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def servers() -> Iterator[tuple[FakeServer, FakeServer]]:
    pair = (FakeServer(), FakeServer())
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in pair]
    for thread in threads:
        thread.start()
    yield pair
    for server, thread in zip(pair, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(servers: tuple[FakeServer, FakeServer]) -> FakeServer:
    return servers[0]


def message(kind: str, *output: Any) -> dict[str, Any]:
    return {"msg": kind, "event_id": "e", "success": True, "output": {"data": list(output)}}


@pytest.mark.parametrize("protocol", ["sse_v1", "sse_v2", "sse_v2.1", "sse_v3"])
def test_every_protocol_gives_partial_results(server: FakeServer, protocol: str) -> None:
    server.gradio(protocol)
    later = "ab" if protocol == "sse_v1" else [["append", [], "b"]]
    closing = [{"msg": "close_stream", "event_id": None}] if protocol == "sse_v3" else []
    server.stream(
        message("process_generating", "a"),
        message("process_generating", later),
        message("process_completed", "ab"),
        *closing,
    )
    with Kitchen(server.url) as kitchen:
        for _ in range(2):  # What is left of the first stream does not disturb the second.
            assert list(kitchen.jobs.echo("x")) == ["a", "ab"]
            assert kitchen.echo("x") == "ab"

    async def main() -> None:
        async with AsyncKitchen(server.url) as kitchen:
            for _ in range(2):
                job = await kitchen.submit(EchoRequest(text="x"))
                assert [partial async for partial in job] == ["a", "ab"]
                assert await kitchen.echo("x") == "ab"

    asyncio.run(main())


def test_a_call_cancelled_while_it_is_sent_is_cancelled_on_the_server(server: FakeServer) -> None:
    server.gradio()
    asked, go_on = threading.Event(), threading.Event()

    def answer_late() -> Answer:
        asked.set()
        go_on.wait(30)
        return 200, {}, b'{"event_id": "e"}'

    server.answers["/queue/join"] = answer_late
    server.answer("/cancel", {"success": True})

    async def main() -> None:
        async with AsyncKitchen(server.url) as kitchen:
            calling = asyncio.ensure_future(kitchen.echo("x"))
            await asyncio.to_thread(asked.wait, 30)
            calling.cancel()
            await asyncio.sleep(0)
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await calling

    asyncio.run(main())
    assert [path for path, _ in server.seen] == ["/config", "/queue/join", "/cancel"]


def test_a_client_that_does_not_know_the_order_asks_once(server: FakeServer) -> None:
    class UnorderedRequest(Request[str]):
        __endpoint__ = Endpoint(name="/echo", is_ordered=False)
        second: str
        first: str

    server.gradio()
    server.stream(message("process_completed", "x"))
    with Kitchen(server.url) as kitchen:
        server.answer("/info", {"named_endpoints": {}})
        with pytest.raises(SpecError, match=r"/echo.*hubsmith update"):
            kitchen.run(UnorderedRequest(first="1", second="2"))
        parameters = [{"parameter_name": "first"}, {"parameter_name": "second"}]
        server.answer("/info", {"named_endpoints": {"/echo": {"parameters": parameters}}})
        for _ in range(2):
            assert kitchen.run(UnorderedRequest(first="1", second="2")) == "x"
    assert [path for path, _ in server.seen].count("/info") == 2


def test_a_stream_that_breaks_off_loses_the_job(server: FakeServer) -> None:
    server.gradio()
    server.stream({"msg": "process_starts", "event_id": "e"})
    with Kitchen(server.url) as kitchen:
        with pytest.raises(SessionLostError, match="/echo"):
            kitchen.echo("x")
        job = kitchen.jobs.echo("x")
        with pytest.raises(SessionLostError):
            list(job)
        with pytest.raises(SessionLostError):
            job.result()

    async def main() -> None:
        async with AsyncKitchen(server.url) as kitchen:
            with pytest.raises(SessionLostError, match="/echo"):
                await kitchen.echo("x")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (503, {"detail": "Queue is full. Max size is 2 and size is 2."}, QueueFullError),
        (503, b"<html><style>x</style><h1>Sleeping</h1></html>", SpaceUnavailableError),
        (401, {"detail": "Not authenticated"}, AuthenticationError),
        (500, b"Internal Server Error", HubsmithError),
        (200, {"event": 1}, SpecError),
        (200, b"{", SpecError),
    ],
)
def test_a_refused_job_says_why(
    server: FakeServer, status: int, body: Any, error: type[Exception]
) -> None:
    server.gradio()
    server.answer("/queue/join", body, status)
    with Kitchen(server.url) as kitchen, pytest.raises(error, match="/echo"):
        kitchen.echo("x")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, b"not here", SpecError),
        (200, b"<html>", SpecError),
        (200, b'{"version": "6', SpecError),
        (200, [1], SpecError),
        (200, {"version": 1}, SpecError),
        (503, b"starting", SpaceUnavailableError),
    ],
)
def test_what_is_no_space_is_told(
    server: FakeServer, status: int, body: Any, error: type[Exception]
) -> None:
    server.answer("/config", body, status)
    with Kitchen(server.url) as kitchen, pytest.raises(error, match=server.url):
        kitchen.echo("x")


def test_an_old_space_is_told_with_its_version(server: FakeServer) -> None:
    server.gradio("sse", "4.7.1")
    words = r"4\.7\.1.*4\.9"
    with Kitchen(server.url) as kitchen, pytest.raises(UnsupportedVersionError, match=words):
        kitchen.echo("x")


def test_credentials_stay_with_their_origin(servers: tuple[FakeServer, FakeServer]) -> None:
    near, far = servers
    near.answer("/config", b"", 302, location=f"{far.url}/config", **{"set-cookie": "own=1"})
    far.gradio()
    far.stream(message("process_completed", "x"))
    with Kitchen(near.url, token="hf_secret", headers={"x-own": "private"}) as kitchen:
        assert kitchen.echo("x") == "x"
    assert near.seen[0][1]["x-hf-authorization"] == "Bearer hf_secret"
    assert far.seen
    for _, headers in far.seen:
        assert not headers.keys() & {"authorization", "x-hf-authorization", "cookie", "x-own"}


def test_a_space_by_name_is_found_through_the_hub(
    servers: tuple[FakeServer, FakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, space = servers
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.answer("/api/spaces/owner/name/host", {"host": space.url})
    space.gradio()
    space.stream(message("process_completed", "x"))
    with Kitchen("owner/name") as kitchen:
        assert kitchen.echo("x") == "x"
    assert hub.seen[0][1]["authorization"] == "Bearer hf_secret"
    assert space.seen[0][1]["x-hf-authorization"] == "Bearer hf_secret"
    with Kitchen("owner/gone") as kitchen, pytest.raises(AuthenticationError, match="owner/gone"):
        kitchen.echo("x")


def test_a_post_is_not_redirected_elsewhere(servers: tuple[FakeServer, FakeServer]) -> None:
    near, far = servers
    near.gradio()
    near.answer("/queue/join", b"", 307, location=f"{far.url}/queue/join")
    with Kitchen(near.url) as kitchen, pytest.raises(ConnectionFailedError, match="redirected"):
        kitchen.echo("private")
    assert far.seen == []


def test_a_bad_token_is_not_quoted(server: FakeServer) -> None:
    with Kitchen(server.url, token="hf_bad\nsecret") as kitchen:
        with pytest.raises(HubsmithError) as caught:
            kitchen.echo("x")
        assert "secret" not in str(caught.value)


def test_passwords_in_a_url_are_not_shown(server: FakeServer) -> None:
    address = server.url.replace("://", "://user:hunter2@")
    with Kitchen(address) as kitchen:
        with pytest.raises(SpecError) as caught:
            kitchen.echo("x")
        assert "hunter2" not in f"{caught.value} {kitchen!r} {vars(kitchen)!r}"
    assert server.seen[0][1]["authorization"].startswith("Basic ")


def test_a_loop_of_redirects_ends(server: FakeServer) -> None:
    server.answer("/a", b"", 302, location="/a")
    with Kitchen(f"{server.url}/a") as kitchen:
        server.answer("/a/config", b"", 302, location="/a/config")
        with pytest.raises(ConnectionFailedError, match="redirects"):
            kitchen.echo("x")


@pytest.mark.skipif(not CONFIGS, reason="the corpus of real configurations is not here")
def test_every_real_configuration_is_read() -> None:
    for path in CONFIGS:
        config = json.loads(path.read_text())
        if config.get("protocol") == "sse":
            with pytest.raises(UnsupportedVersionError):
                LiveSpace.parse(config, path.parent.name)
        else:
            live = LiveSpace.parse(config, path.parent.name)
            callable_ones = [
                function
                for function in config["dependencies"]
                if function.get("api_visibility") != "private"
                and ("api_visibility" in function or function.get("api_name") is not False)
            ]
            assert len(live.by_index) == len(callable_ones)


def test_of_two_functions_with_one_name_the_last_public_one_is_meant() -> None:
    def function(number: int, inputs: list[int], visibility: str) -> dict[str, object]:
        visible = {"api_name": "twice", "api_visibility": visibility}
        return {"id": number, "inputs": inputs, "outputs": [], **visible}

    functions = [
        function(0, [1], "public"),
        function(1, [], "public"),
        function(2, [], "undocumented"),
    ]
    config = {
        "version": "6.0.0", "protocol": "sse_v3", "dependencies": functions, "components": [],
    }  # fmt: skip
    live = LiveSpace.parse(config, "a Space")
    assert live.endpoints["/twice"].fn_index == 1
    assert set(live.by_index) == {0, 1, 2}


def test_errors_and_wire_names(server: FakeServer) -> None:
    class AliasRequest(Request[str]):
        __endpoint__ = Endpoint(name="/echo", defaults={"Second One": {"of": "the Space"}})
        first: float = pydantic.Field(default=0, alias="First One", le=1)
        second: Any = pydantic.Field(default=None, alias="Second One")

    with pytest.raises(ValidationError, match=r"/echo: first: .* got 7"):
        AliasRequest(first=7)  # pyright: ignore[reportCallIssue]  # populated by its name
    bodies: list[bytes] = []
    server.gradio()
    server.stream(message("process_completed", "x"))
    original = Driver._open

    def noted(self: Driver, request: HttpRequest, deadline: Any) -> Any:
        bodies.append(request.content or b"")
        return original(self, request, deadline)

    with pytest.MonkeyPatch.context() as patch, Kitchen(server.url) as kitchen:
        patch.setattr(Driver, "_open", noted)
        kitchen.run(AliasRequest())
        session = kitchen.session_hash
    assert json.loads(bodies[1]) == {
        "data": [0, {"of": "the Space"}],
        "fn_index": 0,
        "session_hash": session,
        "event_data": None,
        "trigger_id": None,
    }


def test_closing_while_callbacks_begin_does_no_harm(server: FakeServer) -> None:
    server.gradio()
    server.stream(message("process_completed", "x"))
    for _ in range(30):
        called: list[object] = []
        kitchen = Kitchen(server.url)
        job = kitchen.jobs.echo("x")
        job.add_done_callback(called.append)
        job.result()
        kitchen.close()
        assert called == [job]
