"""Every secret of a Space's client against every place it could go to, and every text it could be in.

A cell is one secret at one server, under one name and port, in one story. `make test-secrets` tells
all stories; without `HUBSMITH_SECRETS=all` some are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import socket
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hubsmith_runtime import AsyncClient, Client, File, HubsmithError, Retries

from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace
from tests.support.recorder import Answer, Seen

pytestmark = pytest.mark.slow

ALL = os.environ.get("HUBSMITH_SECRETS") == "all"
FIGURES: Counter[str] = Counter()
ONCE = Retries(attempts=1)

NAMES = (
    "token", "saved", "header", "call_header", "cookie", "user", "password", "session", "ip_token",
    "oauth",
)  # fmt: skip
SECRETS = {
    name: f"{name[:4]}-{index:02}-of-nobody-else/{'x+9' * 8}" for index, name in enumerate(NAMES)
}
API = "/gradio_api"
PATHS = {
    "config": "/config", "login": "/login", "info": f"{API}/info", "upload": f"{API}/upload",
    "join": f"{API}/queue/join", "events": f"{API}/queue/data", "file": f"{API}/file=/files/a.txt",
}  # fmt: skip

# Which secrets a server may see: that of a Space, of the Hub, and any other.
AT_SPACE = {"token", "header", "call_header", "cookie", "user", "password", "session", "oauth"}
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("url", "space"): AT_SPACE,
    ("url", "hub"): set(),
    ("name", "space"): AT_SPACE | {"ip_token"},
    ("name", "hub"): {"token"},
    ("saved", "space"): AT_SPACE - {"token"} | {"saved", "ip_token"},
    ("saved", "hub"): {"saved"},
}


class Place(FakeSpace):
    """A Space that redirects, or that answers with what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[str, tuple[int, str]] = {}
        self.repeats: dict[str, Any] = {}  # By path: makes an answer of the text to repeat.
        self.heard: list[str] = []

    def hear(self, seen: Seen) -> Answer:
        self.heard.append(unquote(f"{seen.headers} {seen.body.decode(errors='replace')}"))
        return super().hear(seen)

    def answer(self, seen: Seen) -> Answer:
        if moved := self.moved.get(seen.path):
            return moved[0], {"location": moved[1] + seen.path}, b""
        if seen.path in self.repeats:
            return self.repeats[seen.path](" ".join(self.heard))
        if seen.path == "/login":
            cookie = f"access-token-unsecure-0={SECRETS['session']}"
            return 200, {"set-cookie": cookie}, {"success": True}
        status, headers, content = super().answer(seen)
        if seen.path == f"{API}/info":
            content["named_endpoints"]["/echo"]["oauth_token"] = True
        return status, headers, content


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch) -> None:
    request: ContextVar[object] = ContextVar("request")
    request.set(SimpleNamespace(headers={"x-ip-token": SECRETS["ip_token"]}))
    context = SimpleNamespace(LocalContext=SimpleNamespace(request=request))
    monkeypatch.setitem(sys.modules, "gradio.context", context)  # type: ignore[arg-type]


@dataclass
class Story:
    """One client, what it is asked, and everything that was said."""

    way: str  # How the Space is named: by its URL, its name, or its name and the saved token.
    hub: FakeHub
    space: Place
    texts: list[str] = field(default_factory=list[str])
    results: list[object] = field(default_factory=list[object])

    def arguments(self, source: str | None = None) -> dict[str, Any]:
        return {
            "src": source or (self.space.url if self.way == "url" else "owner/echo"),
            "token": None if self.way == "saved" else SECRETS["token"],
            "auth": (SECRETS["user"], SECRETS["password"]),
            "headers": {"X-Own": SECRETS["header"]},
            "cookies": {"own": SECRETS["cookie"]},
            "oauth_token": SECRETS["oauth"],
            "retries": ONCE,
        }

    def tell(self, is_async: bool) -> None:
        if is_async:
            asyncio.run(self._tell_async())
        else:
            self._tell()

    def _tell(self) -> None:
        with Client(**self.arguments()) as client:
            for argument in (File(b"content", name="a.txt"), "text"):
                with self._heard():
                    found = client.predict(argument, api_name="/echo", headers=_OF_CALL)
                    self.texts.append(repr(found))
                    if isinstance(found, File):
                        found.read()
            with self._heard():
                job = client.submit("text", api_name="/echo", headers=_OF_CALL)
                with contextlib.suppress(HubsmithError):
                    job.result(timeout=5)
                self.texts += [repr(job), repr(job.status()), str(job.status().error)]
            self.texts += [repr(client), repr(client._core), repr(client._driver)]

    async def _tell_async(self) -> None:
        async with AsyncClient(**self.arguments()) as client:
            for argument in (File(b"content", name="a.txt"), "text"):
                with self._heard():
                    found = await client.predict(argument, api_name="/echo", headers=_OF_CALL)
                    self.texts.append(repr(found))
                    if isinstance(found, File):
                        await found.aread()
            with self._heard():
                job = await client.submit("text", api_name="/echo", headers=_OF_CALL)
                with contextlib.suppress(HubsmithError):
                    await job.result(timeout=5)
                self.texts += [repr(job), repr(job.status()), str(job.status().error)]
            self.texts += [repr(client), repr(client._core), repr(client._driver)]

    @contextlib.contextmanager
    def _heard(self) -> Iterator[None]:
        try:
            yield
        except HubsmithError as error:
            shown = {name: value for name, value in vars(error).items() if name != "value"}
            self.texts += [str(error), repr(error), repr(shown), traceback.format_exc()]


_OF_CALL = {"X-Call": SECRETS["call_header"]}


def leaks(texts: list[str]) -> list[str]:
    """Return the secrets of which a text holds the beginning, and count what was looked for."""
    said = "\n".join(texts)
    FIGURES["texts x secrets"] += len(texts) * len(SECRETS)
    found = [name for name, secret in SECRETS.items() if secret[:12] in said]
    FIGURES["in texts"] += len(found)
    return found


def check_table(story: Story, kinds: dict[str, str]) -> set[str]:
    """Fail for a secret at a server that may not see it; return those that the Space saw."""
    at_space: set[str] = set()
    places: list[Any] = [story.hub, story.space, *story.results]
    cells: dict[tuple[str, str], bool] = {(host, name): False for host in kinds for name in SECRETS}
    for place in places:
        for seen in place.seen:
            host = seen.headers["host"]
            whole = unquote(f"{seen.path} {seen.query} {seen.headers} {seen.body!r}")
            for name, secret in SECRETS.items():
                if secret in whole or secret.replace("+", " ") in whole:
                    cells[host, name] = True
                    if kinds.get(host) == "space":
                        at_space.add(name)
    allowed = {kind: ALLOWED.get((story.way, kind), set()) for kind in ("space", "hub")}
    wrong = [
        (kinds.get(host, "elsewhere"), host, name)
        for (host, name), is_there in cells.items()
        if is_there and name not in allowed.get(kinds.get(host, "elsewhere"), set())
    ]
    FIGURES["cells"] += len(cells)
    FIGURES["leaked"] += len(wrong)
    assert not wrong
    return at_space


def address(url: str) -> str:
    return urlsplit(url).netloc


@pytest.fixture
def story(
    request: pytest.FixtureRequest,
    fake_hub: FakeHub,
    visited: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Story]:
    monkeypatch.setenv("HF_TOKEN", SECRETS["saved"])
    fake_hub.users |= {SECRETS["token"]: "owner", SECRETS["saved"]: "owner"}
    space = Place()
    fake_hub.add("owner/echo", space.url)
    with space.running():
        yield Story("url", fake_hub, space)


@pytest.fixture
def other() -> Iterator[Place]:
    place = Place()
    with place.running():
        yield place


def names_of(space: Place, other: Place) -> dict[str, str]:
    """Return the addresses that are not that of the Space: another port, another name."""
    port = urlsplit(space.url).port
    return {"other port": other.url, "other name": f"http://localhost:{port}"}


WAYS = ("url", "name", "saved")
MOVED = (*PATHS, "host")
STATUSES = (302, 307) if ALL else (307,)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("way", WAYS)
def test_the_space_gets_what_is_meant_for_it(story: Story, way: str, is_async: bool) -> None:
    story.way = way
    story.tell(is_async)
    kinds = {address(story.space.url): "space", address(story.hub.url): "hub"}
    assert check_table(story, kinds) == ALLOWED[way, "space"]
    assert leaks(story.texts) == []


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("moved", MOVED)
def test_no_redirect_takes_a_secret_along(
    story: Story, other: Place, moved: str, is_async: bool
) -> None:
    ways = WAYS if ALL or moved == "config" else ("name",)
    for way, status, kind in itertools.product(ways, STATUSES, names_of(story.space, other)):
        target = names_of(story.space, other)[kind]
        if moved != "host":
            story.space.moved = {PATHS[moved]: (status, target)}
        elif way == "url" or kind == "other name":
            continue
        else:
            story.hub.plan("/api/spaces/owner/echo/host", (status, {"location": target}, b""))
        told = Story(way, story.hub, story.space, results=[other])
        for place in (story.hub, story.space, other):
            place.seen.clear()
        if kind == "other name":  # The same server redirects there, and answers there.
            story.space.moved = {}
            story.space.planned = {
                PATHS[moved]: [(status, {"location": target + PATHS[moved]}, b"")]
            }
        told.tell(is_async)
        kinds = {
            address(story.space.url): "space", address(story.hub.url): "hub",
            address(target): "elsewhere",
        }  # fmt: skip
        check_table(told, kinds)
        assert leaks(told.texts) == []


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_no_url_of_an_answer_gets_a_secret(story: Story, other: Place, is_async: bool) -> None:
    story.way, story.results = "name", [other]
    named = [{"path": "", "url": f"{other.url}/a"}, {"path": None, "url": f"{other.url}/a.m3u8"}]
    for target in named:
        story.space.result = lambda _, target=target: {
            "meta": {"_type": "gradio.FileData"},
            **target,
        }
        story.tell(is_async)
    story.space.result = lambda value: value
    story.space.plan(PATHS["upload"], *[(200, {}, [f"{other.url}/uploaded"])] * 3)
    story.tell(is_async)
    kinds = {
        address(story.space.url): "space", address(story.hub.url): "hub",
        address(other.url): "elsewhere",
    }  # fmt: skip
    check_table(story, kinds)
    assert leaks(story.texts) == []


def events(text: str) -> bytes:
    ends = [
        {"msg": "process_completed", "event_id": f"e{n}", "success": False,
         "output": {"error": text, "title": text[:300]}}
        for n in range(1, 5)
    ]  # fmt: skip
    return "".join(f"data: {json.dumps(end)}\n\n" for end in ends).encode()


REPEATED = {
    "error": lambda text: (500, {}, {"error": text}),
    "detail": lambda text: (403, {}, {"detail": text}),
    "login": lambda text: (400, {}, {"detail": {"error": text}}),
    "validator": lambda text: (422, {}, {"detail": [{"__type__": "validate", "message": text}]}),
    "page": lambda text: (503, {"content-type": "text/html"}, f"<p>{text}</p>".encode()),
    "text": lambda text: (404, {}, text.encode()),
    "session": lambda text: (200, {}, b"data: " + json.dumps(
        {"msg": "unexpected_error", "event_id": None, "message": text}).encode() + b"\n\n"),
    "job": lambda text: (200, {"content-type": "text/event-stream"}, events(text)),
    "head": lambda text: (302, {"location": f"http://127.0.0.1:1/{text[:900].rpartition(' ')[0]}"}, b""),
    "version": lambda text: (200, {}, {"version": text, "protocol": text, "dependencies": []}),
    "name": lambda text: (200, {}, {
        "version": "6.1", "protocol": "sse_v3", "components": [],
        "dependencies": [{"id": 0, "api_name": text}]}),
}  # fmt: skip


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("form", REPEATED)
def test_no_message_repeats_what_a_server_repeats(
    story: Story, form: str, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "hubsmith")
    paths = [path for path in PATHS.values() if ALL or form == "head" or path != PATHS["info"]]
    # Wherever a text is shortened, a secret may stand across the cut.
    paddings = (0, 30, 60, 75, 230, 260, 290, 299)
    cells = list(itertools.product(paths, paddings))
    if not ALL:  # Every path and every padding is among them.
        cells = [(path, paddings[n * 3 % len(paddings)]) for n, path in enumerate(paths)]
    for path, padding in cells:
        for way in WAYS if ALL and not padding else ("url",):
            story.space.heard.clear()
            told = Story(way, story.hub, story.space)

            def repeat(text: str, padding: int = padding) -> Answer:
                # The secrets one after the other, the header of the call first.
                found = [secret for secret in reversed(SECRETS.values()) if secret in text]
                return REPEATED[form]("." * padding + " ".join([*found, text]))

            story.space.repeats = {path: repeat}
            told.tell(is_async)
            assert leaks(told.texts) == [], (path, padding, way)
    assert leaks([caplog.text]) == []


@pytest.mark.parametrize(
    "head", ["HTTP/1.1 200 OK\r\n{}", "{}", "HTTP/1.1 {}", "HTTP/1.1 200 {}\r\n{}:"]
)
def test_an_answer_that_is_no_http_is_not_quoted(story: Story, head: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(head.replace("{}", SECRETS["header"]).encode() + b"\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        address, own = f"http://127.0.0.1:{server.getsockname()[1]}", {"x-own": SECRETS["header"]}
        with story._heard(), Client(address, headers=own, retries=ONCE, token=False) as client:
            client.predict("x", api_name="/echo")
        thread.join()
    assert story.texts
    assert leaks(story.texts) == []


@pytest.mark.parametrize("value", ['se\'cret\\ "quoted"', "sécret-ünd-mehr", "se/cret?and=more&x"])
def test_a_secret_is_found_in_whatever_form_it_is_repeated(value: str) -> None:
    from urllib.parse import quote

    from hubsmith_runtime.transport import Origins

    origins = Origins({"https://a.org:443": {"authorization": f"Bearer {value}"}})
    forms = (value, repr(value), json.dumps(value), quote(value, safe=""), f"Bearer {value}")
    for form in forms:
        assert "cret" not in origins.masked(f"You sent {form}, which is wrong.")


def test_as_many_secrets_as_ever_are_sent_take_little_memory() -> None:
    from hubsmith_runtime.transport import Origins

    origins = Origins({"https://a.org:443": {"authorization": "Bearer token-of-it"}})
    for number in range(2000):
        origins.hide({"x-request": f"number-{number}"})
    assert len(origins._secrets) <= 256
    assert origins.masked("token-of-it number-1999 number-1") == "*** *** number-1"


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_another_scheme_port_or_host_is_another_origin(kind: str) -> None:
    from hubsmith_runtime.effects import Deadline
    from hubsmith_runtime.http import HttpRequest
    from hubsmith_runtime.transport import Clients, Origins

    own = "https://space.example.org"
    secret = {"authorization": "Bearer of-it", "x-own": "of-it", "cookie": "a=of-it"}
    clients = Clients(Origins({f"{own}:443": secret}), kind)
    same = [own, f"{own}:443", "https://SPACE.example.org/path", "https://me:pw@space.example.org"]
    others = [
        "http://space.example.org", f"{own}:8443", "https://example.org", "https://a.space.example.org",
        "https://space.example.org.evil.org", "https://space.example.org@evil.org",
        "https://evil.org/https://space.example.org", "https://evil.org#@space.example.org",
        "http://127.0.0.1", "http://[::1]", "http://localhost", "http://space.example.org:443",
        "https://space.example.org\\@evil.org", "https://space.example.org.", "https://spacé.example.org",
    ]  # fmt: skip
    for url in [*same, *others]:
        for is_bare in (False, True):
            request = HttpRequest(method="GET", url=url, is_bare=is_bare)
            try:
                built = clients.prepare(request, Deadline(None))[1]
            except (HubsmithError, ValueError):
                continue
            FIGURES["cells"] += len(secret)
            is_seen = "of-it" in str(list(built.headers.items()))
            FIGURES["leaked"] += is_seen and (url in others or is_bare)
            assert is_seen == (url in same and not is_bare), url


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_names_of_one_machine_are_different_origins() -> None:
    from hubsmith_runtime.http import origin_of

    names = ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1")
    assert len({origin_of(f"http://{name}:80/") for name in names}) == len(names)


def test_the_figures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Comes last: what the tests of this file have tried."""
    with capsys.disabled():
        if ALL:
            print(
                f"\nSpaces: {FIGURES['cells']} cells of secret and server tried, "
                f"{FIGURES['leaked']} leaked; {FIGURES['texts x secrets']} of secret and text "
                f"tried, {FIGURES['in texts']} leaked."
            )
    assert FIGURES["leaked"] == FIGURES["in texts"] == 0
