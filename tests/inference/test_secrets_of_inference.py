"""Every secret of an inference client against every server, and every text it could be in.

A cell is one secret at one server, under one name and port, in one story. `make test-secrets` tells
all stories; without `HUBSMITH_SECRETS=all` some are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hubsmith import AsyncInferenceClient, InferenceClient, _providers
from hubsmith_runtime import HubsmithError
from hubsmith_runtime.inference.provider import Provider

from tests.support.fake_hub import FakeHub
from tests.support.fake_inference import FakeChatServer
from tests.support.recorder import Answer, Recorder, Seen

pytestmark = pytest.mark.slow

ALL = os.environ.get("HUBSMITH_SECRETS") == "all"
FIGURES: Counter[str] = Counter()
MESSAGES = [{"role": "user", "content": "hi"}]

NAMES = ("token", "saved", "key", "header", "call_header", "cookie", "bill_to")
SECRETS = {
    name: f"{name[:4]}-{index}-of-nobody-else/{'x9+' * 8}" for index, name in enumerate(NAMES)
}
SECRETS |= {name: f"hf_{SECRETS[name]}" for name in ("token", "saved")}
OWN = {"header", "call_header", "cookie", "bill_to"}
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "00000000050001a5f645400000000049454e44ae426082"
)

# Which secrets the Hub may see, and which the server that is called. Any other server: none.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "router": ({"token"}, OWN | {"token"}),
    "saved": ({"saved"}, OWN | {"saved"}),
    "partner": ({"saved"}, OWN | {"key"}),
    "media": ({"saved"}, OWN | {"key"}),
    "job": ({"saved"}, OWN | {"key"}),
    "url": (set(), OWN | {"key"}),
    "keyless url": (set(), OWN),
}
GIVEN = {"router": "token", "saved": None, "keyless url": None}


class Server(FakeChatServer):
    """A router, provider or model server that redirects, or answers with what it was sent."""

    def __init__(self) -> None:
        super().__init__(is_strict=False)
        self.moved: tuple[int, str] | None = None
        self.repeat: Callable[[str], Answer] | None = None
        self.elsewhere = ""

    def answer(self, seen: Seen) -> Answer:
        if self.moved is not None:
            return self.moved[0], {"location": self.moved[1] + seen.path}, b""
        if self.repeat is not None:
            return self.repeat(f"{seen.headers}")
        named = {"url": f"{self.elsewhere}/media.png"}
        if seen.path.endswith("/media"):
            return 200, {}, {"images": [named]}
        if "/requests/" in seen.path:
            done = {"status": "COMPLETED", "video": named}
            return 200, {}, done
        if seen.path.endswith("/job"):
            job = f"{self.elsewhere}/fal/job/requests/1"
            about = {"status": "IN_QUEUE", "request_id": "1", "status_url": f"{job}/status"}
            return 200, {}, {**about, "response_url": job}
        return super().answer(seen)


class Elsewhere(Recorder):
    """Any other server."""

    def answer(self, seen: Seen) -> Answer:
        return 200, {"content-type": "image/png"}, _PIXEL


class OnLoopback:
    """Makes every provider stand at one address."""

    url = ""

    @staticmethod
    def _find_provider(name: str) -> Provider:
        found = _providers.find(name)
        tasks = {
            task: replace(operation, url=f"{OnLoopback.url}/fal") if operation.url else operation
            for task, operation in found.tasks.items()
        }
        return found if name == "hf-inference" else replace(
            found, url=f"{OnLoopback.url}/fal", tasks=tasks
        )  # fmt: skip


class Blocking(OnLoopback, InferenceClient):
    pass


class Awaited(OnLoopback, AsyncInferenceClient):
    pass


@dataclass
class World:
    hub: FakeHub
    server: Server
    elsewhere: Elsewhere
    environment: pytest.MonkeyPatch
    texts: list[str] = field(default_factory=list[str])

    def tell(self, way: str, is_async: bool) -> None:
        key = GIVEN.get(way, "key")
        models = {"media": "a/media", "job": "a/job"}
        provider = {"router": "hf-inference", "saved": "hf-inference", "partner": "groq"}
        is_url = way.endswith("url")
        router = "http://127.0.0.1:9" if is_url else self.server.url
        self.environment.setenv("HUBSMITH_ROUTER", router)
        options: dict[str, Any] = {
            "model": self.server.url if is_url else models.get(way, "a/b"),
            "provider": None if is_url else provider.get(way, "fal-ai"),
            "token": SECRETS[key] if key else None,
            "headers": {"X-Own": SECRETS["header"]},
            "cookies": {"own": SECRETS["cookie"]},
            "bill_to": SECRETS["bill_to"],
            "max_retries": 0,
        }
        called = {"extra_headers": {"X-Call": SECRETS["call_header"]}}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # A provider with a key of its own bills itself.
            client = (Awaited if is_async else Blocking)(**options)
        calls = [
            lambda: client.chat_completion(MESSAGES, **called),
            lambda: client.chat_completion(MESSAGES, stream=True, **called),
            lambda: client.text_classification("x", **called),
        ]
        if way in models:
            calls = [lambda: client.text_to_image("x", **called)]
        if way == "job":
            calls = [lambda: client.text_to_video("x", **called)]
        if way == "partner":
            calls = calls[:2]
        if is_url:
            calls += [
                lambda: client.post(json={}, extra_headers=called["extra_headers"]),
                lambda: client.with_raw_response.feature_extraction("x", **called),
                client.get_endpoint_info,
                client.health_check,
            ]
        if is_async:
            asyncio.run(self._tell_async(client, calls))
        else:
            self._tell(client, calls)
        self.texts.append(repr(client))

    def _tell(self, client: Any, calls: list[Callable[[], Any]]) -> None:
        with client:
            for call in calls:
                with self._heard():
                    found = call()
                    if not isinstance(found, dict):  # That is the answer as it came.
                        self.texts.append(repr(found))
                    if hasattr(found, "close"):
                        list(found) if hasattr(found, "__next__") else None
                    if hasattr(found, "parse"):
                        found.parse()

    async def _tell_async(self, client: Any, calls: list[Callable[[], Any]]) -> None:
        async with client:
            for call in calls:
                with self._heard():
                    found = await call()
                    if not isinstance(found, dict):  # That is the answer as it came.
                        self.texts.append(repr(found))
                    if hasattr(found, "__anext__"):
                        [_ async for _ in found]
                    if hasattr(found, "parse"):
                        found.parse()

    @contextlib.contextmanager
    def _heard(self) -> Iterator[None]:
        try:
            yield
        except HubsmithError as error:
            shown = {name: value for name, value in vars(error).items() if name != "value"}
            self.texts += [str(error), repr(error), repr(shown), traceback.format_exc()]

    def check(self, way: str) -> set[str]:
        """Fail for a secret at a server that may not see it; return those that the called one saw."""
        at_hub, at_server = ALLOWED[way]
        saw: set[str] = set()
        for server, allowed in (
            (self.hub, at_hub),
            (self.server, at_server),
            (self.elsewhere, set()),
        ):
            whole = " ".join(f"{s.path} {s.query} {s.headers} {s.body!r}" for s in server.seen)
            there = {name for name, secret in SECRETS.items() if secret in whole}
            FIGURES["cells"] += len(SECRETS)
            FIGURES["leaked"] += len(there - allowed)
            assert there <= allowed, server
            saw = there if server is self.server else saw
            server.seen.clear()
        return saw

    def leaks(self) -> list[str]:
        said = "\n".join(self.texts)
        names = [name for name in NAMES if name != "bill_to"]  # No secret: it is a name.
        FIGURES["texts x secrets"] += len(self.texts) * len(names)
        found = [name for name in names if SECRETS[name][:12] in said]
        FIGURES["in texts"] += len(found)
        self.texts.clear()
        return found


@pytest.fixture
def world(hub: FakeHub, tokenless: pytest.MonkeyPatch) -> Iterator[World]:
    tokenless.setenv("HF_TOKEN", SECRETS["saved"])
    server, elsewhere = Server(), Elsewhere()
    both = {"conversational": "groq", "text-to-image": "fal-ai", "text-to-video": "fal-ai"}
    for model, task in (
        ("a/b", "conversational"),
        ("a/media", "text-to-image"),
        ("a/job", "text-to-video"),
    ):
        last = model.rpartition("/")[2]
        hub.add_model(
            model, {both[task]: {"providerId": last, "task": task}}, tag="text-classification"
        )
    with server.running(), elsewhere.running():
        OnLoopback.url, server.elsewhere = server.url, elsewhere.url
        yield World(hub, server, elsewhere, tokenless)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("way", ALLOWED)
def test_a_server_gets_what_is_meant_for_it(world: World, way: str, is_async: bool) -> None:
    world.tell(way, is_async)
    assert world.check(way) == ALLOWED[way][1]
    assert world.leaks() == []


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("way", ALLOWED)
def test_no_redirect_takes_a_secret_along(world: World, way: str, is_async: bool) -> None:
    port = world.server.url.rpartition(":")[2]
    for status, target in itertools.product(
        (301, 302, 303, 307, 308) if ALL else (302, 307),
        (world.elsewhere.url, f"http://localhost:{world.elsewhere.url.rpartition(':')[2]}"),
    ):
        world.server.moved = (status, target)
        world.tell(way, is_async)
        world.check(way)
        assert world.leaks() == []
    # The same server under another name is another host.
    world.server.moved = (307, f"http://localhost:{port}")
    world.tell(way, is_async)
    for seen in world.server.seen:
        if seen.headers["host"].startswith("localhost"):
            assert not [name for name, secret in SECRETS.items() if secret in str(seen.headers)]
            FIGURES["cells"] += len(SECRETS)
    world.server.moved = None
    world.hub.planned = {
        f"/api/models/{model}": [(302, {"location": f"{world.elsewhere.url}/hub"}, b"")] * 9
        for model in ("a/b", "a/media", "a/job")
    }
    world.server.seen.clear()
    world.tell(way, is_async)
    world.check(way)
    assert world.leaks() == []


REPEATED: dict[str, Callable[[str], Answer]] = {
    "error": lambda text: (400, {}, {"error": {"message": text}}),
    "kind": lambda text: (422, {}, {"error": text, "error_type": "validation"}),
    "refused": lambda text: (401, {"x-request-id": text[:400].rpartition(" ")[0]}, {"error": text}),
    "page": lambda text: (500, {"content-type": "text/html"}, f"<p>{text}</p>".encode()),
    "odd": lambda text: (200, {"content-type": "application/json"}, {"odd": text}),
    "text": lambda text: (200, {"content-type": "text/plain"}, text.encode()),
    "stream": lambda text: (200, {"content-type": "text/event-stream"},
                            f'data: {{"error": "{text}"}}\n\n'.encode()),
    "half": lambda text: (200, {"content-type": "text/event-stream"}, f"data: {{{text}".encode()),
    "moved": lambda text: (302, {"location": f"http://127.0.0.1:1/{text[:900].rpartition(' ')[0]}"}, b""),
}  # fmt: skip


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("form", REPEATED)
def test_no_message_repeats_what_a_server_repeats(
    world: World, form: str, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "hubsmith")
    # Texts are shortened to 80 and to 1000 characters, pages to 20000 before that.
    paddings = (0, 20, 45, 60, 70, 76, 970, 985, 999, 19_990)
    cells = [*itertools.product(ALLOWED, paddings)] if ALL else [("router", 70), ("url", 985)]
    for way, padding in cells:

        def repeat(text: str, padding: int = padding) -> Answer:
            # Of each secret that came, whatever surrounds it there.
            found = [
                secret for name, secret in SECRETS.items() if secret in text and name != "bill_to"
            ]
            words = " ".join([*found, *found])
            return REPEATED[form]("." * padding + words)

        world.server.repeat = repeat
        world.tell(way, is_async)
        assert world.leaks() == [], (way, padding)
    world.texts = [caplog.text]
    assert world.leaks() == []


def test_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """Comes last: what the tests of this file have tried."""
    with capsys.disabled():
        if ALL:
            print(
                f"\nInference: {FIGURES['cells']} cells of secret and server tried, "
                f"{FIGURES['leaked']} leaked; {FIGURES['texts x secrets']} of secret and text "
                f"tried, {FIGURES['in texts']} leaked."
            )
    assert FIGURES["leaked"] == FIGURES["in texts"] == 0
