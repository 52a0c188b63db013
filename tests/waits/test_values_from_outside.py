"""Numbers, addresses and depths that a server chooses: a result or an error of ours, in time."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hubsmith import AsyncClient, AsyncInferenceClient, Client, InferenceClient
from hubsmith_runtime import HubsmithError, InferenceTimeoutError, Retries

from tests.runtime.kitchen_client import AsyncKitchen, Kitchen
from tests.waits.scripted_http import Answer, Loopback, Plan, stream
from tests.waits.scripted_inference import DONE, ScriptedInference, chunk, completion
from tests.waits.scripted_space import ScriptedSpace, completed, log, partial

pytestmark = pytest.mark.slow

MESSAGES = [{"role": "user", "content": "hi"}]
API, CHAT = "/gradio_api", "/v1/chat/completions"
JOIN, EVENTS, CANCEL = f"{API}/queue/join", f"{API}/queue/data", f"{API}/cancel"
SECONDS = 8.0
EAGER = Retries(base=0.01, longest=0.02)

HUGE = 10**400
NUMBERS = [HUGE, -HUGE, 1e308, float("inf"), float("nan"), "7", [], {"a": 1}, True]


def nested(depth: int, inner: Any = 1) -> Any:
    """Return a list in a list in a list."""
    value = inner
    for _ in range(depth):
        value = [value]
    return value


DEEP = [nested(depth) for depth in (480, 900)]
RAW_DEEP = b"[" * 100_000 + b"]" * 100_000


@dataclass(frozen=True)
class Row:
    """A call, and what the server does to it."""

    name: str
    call: Callable[[Any], Any]
    plans: dict[str, Plan] = field(default_factory=dict)
    script: list[Any] = field(default_factory=list)
    kind: str = "space"
    options: dict[str, Any] = field(default_factory=dict)


def predict(client: Any) -> Any:
    return client.predict("x", api_name="/echo")


def typed(client: Any) -> Any:
    return client.echo("x")


def by_name(client: Any) -> Any:
    return client.predict(text="x", api_name="/echo")


def listed(client: Any) -> Any:
    return client.view_api(all_endpoints=True, print_info=False, return_format="str")


def chat(client: Any) -> Any:
    return client.chat_completion(MESSAGES)


def picture(client: Any) -> Any:
    return client.text_to_image("a cat", model="org/x")


def embed(client: Any) -> Any:
    return client.feature_extraction("a cat")


def vary_config(**changes: Any) -> Answer:
    config = ScriptedSpace().config()
    return Answer({**config, **changes})


def config_with_ids(make: Callable[[int], Any]) -> Answer:
    config = ScriptedSpace().config()
    for component in config["components"]:
        component["id"] = make(component["id"])
    for function in config["dependencies"]:
        function["inputs"] = [make(one) for one in function["inputs"]]
        function["outputs"] = [make(one) for one in function["outputs"]]
    return Answer(config)


def ended(output: Any, **more: Any) -> dict[str, Any]:
    return {"msg": "process_completed", "output": output, "success": True, **more}


def space_rows() -> Iterator[Row]:
    """Give what a Space may say."""
    for number in NUMBERS:
        shown = repr(number)[:12]
        script: list[Any] = [
            {"msg": "estimation", "rank": number, "queue_size": number, "rank_eta": number},
            {"msg": "process_starts", "eta": number},
            {
                "msg": "progress",
                "progress_data": [{"index": number, "length": number, "progress": number}],
            },
            completed("x"),
        ]
        yield Row(f"queue and progress {shown}", typed, script=script)
        yield Row(f"result {shown}", predict, script=[completed(number)])
        yield Row(f"largest file {shown}", predict, {"/config": vary_config(max_file_size=number)})
        yield Row(f"function id {shown}", predict, {"/config": _with_function_id(number)})
        edits = {"msg": "process_generating", "output": {"data": [[["add", [number], 1]]]}}
        yield Row(f"edit {shown}", predict, script=[partial([1]), edits, completed("x")])
    for header in (
        "999999999", "9" * 5000, "1e400", "Fri, 31 Dec 9999 23:59:59 GMT", "nan", "-1", "\xff",
        "Fri, 99999999999 Dec 9999 23:59:59 GMT", "0" * 5000 + "1", "Inf",
    ):  # fmt: skip
        for path in ("/config", JOIN, EVENTS):
            busy = Answer({"detail": "busy"}, 503, {"retry-after": header})
            yield Row(f"{path}, Retry-After {header[:30]!r}", predict, {path: busy})
    for location in (
        "http://[::1", "http://[", "//[", "http://h:99999999/", "http://h:x/", "http://\ud800/",
        "http://" + "a" * 70_000, "http://xn--/", "http://\xad/", "ftp://x/", "http:///", "http://[::1%25]/",
    ):  # fmt: skip
        moved = Answer(
            b"", 302, {"location": location.encode("utf-8", "replace").decode("latin-1")}
        )
        for path in ("/config", EVENTS):
            yield Row(f"{path}, Location {location[:20]!r}", predict, {path: moved})
    for version in ("9" * 5000, "9." * 5000, "", "\ud800", "٤.٤", "-1.-1"):
        yield Row(f"version {version[:9]!r}", predict, {"/config": vary_config(version=version)})
        old = vary_config(version=version, protocol="ws")
        yield Row(f"old version {version[:9]!r}", predict, {"/config": old})
    for deep in (*DEEP, {"a": DEEP[1]}):
        depth = len(json.dumps(deep)) // 2
        yield Row(f"result {depth} deep", predict, script=[completed(deep)])
        yield Row(f"typed result {depth} deep", typed, script=[completed(deep)])
        yield Row(f"part {depth} deep", predict, script=[partial(deep), completed("x")])
        for member in ("error", "title"):
            output = {"error": "no", member: deep}
            failed = {**ended(output), "success": False, member: deep}
            yield Row(f"{member} {depth} deep", predict, script=[failed])
        yield Row(f"log {depth} deep", predict, script=[{**log("x"), "log": deep}, completed("x")])
        for path in (JOIN, "/config", EVENTS, f"{API}/info"):
            for body in ({"detail": deep}, {"error": deep}, deep, {"detail": [deep]}):
                yield Row(f"{path} {depth} deep", by_name, {path: Answer(body, 500)})
        detail = {"__type__": "validate", "is_valid": deep, "message": deep, "parameter_name": deep}
        refused = Answer({"detail": [detail]}, 422)
        yield Row(f"{JOIN} refused, {depth} deep", predict, {JOIN: refused})
        broken = stream({"msg": "unexpected_error", "event_id": None, "message": deep})
        yield Row(f"session broken, {depth} deep", predict, {EVENTS: broken})
        ids = config_with_ids(lambda one, deep=deep: [one, deep])
        yield Row(f"ids {depth} deep", by_name, {"/config": ids, f"{API}/info": Answer(b"", 500)})
    for path in (JOIN, "/config", EVENTS, f"{API}/info", "/login"):
        for status in (200, 500):
            yield Row(
                f"{path} too deep, {status}",
                by_name,
                {path: Answer(RAW_DEEP, status)},
                options={"auth": ("a", "b")} if path == "/login" else {},
            )
    for make in (lambda one: [one], lambda one: {"id": one}, float, str, lambda one: None):
        ids = config_with_ids(make)
        without_info = {"/config": ids, f"{API}/info": Answer(b"", 500)}
        yield Row("ids of another kind", predict, {"/config": ids})
        yield Row("ids of another kind, by name", by_name, without_info)
        yield Row("ids of another kind, listed", listed, without_info)
    for odd in (5, [5], {"a": 5}, "x", None, nested(900)):
        endpoint = {"parameters": odd, "returns": odd}
        info = {"named_endpoints": {"/echo": endpoint}, "unnamed_endpoints": {"0": endpoint}}
        for call in (listed, by_name):
            yield Row(f"info {str(odd)[:9]}", call, {f"{API}/info": Answer(info)})
        parameter = {"parameter_name": odd, "label": odd, "python_type": odd, "component": odd}
        parameter |= {"parameter_default": odd, "parameter_has_default": True}
        endpoint = {"parameters": [parameter] * 2, "returns": [parameter]}
        info = {"named_endpoints": {"/echo": endpoint}, "unnamed_endpoints": odd}
        for call in (listed, by_name):
            yield Row(f"parameters {str(odd)[:9]}", call, {f"{API}/info": Answer(info)})
    for path in ("\ud800", "a/\udfff.png", "\x00", "..", "x" * 100_000, ""):
        file = {"path": path, "orig_name": path, "url": path, "meta": {"_type": "gradio.FileData"}}
        file |= {"size": HUGE, "mime_type": path}
        read: Callable[[Any], Any] = lambda client: predict(client)  # noqa: E731
        yield Row(f"file {path[:9]!r}", read, script=[completed(file)])
        yield Row(f"upload {path[:9]!r}", _upload, {f"{API}/upload": Answer([path])})
    for number in (float("nan"), float("inf"), HUGE, nested(900)):
        file = {"path": "a", "size": number, "x": number, "meta": {"_type": "gradio.FileData"}}
        yield Row(f"file sent back {str(number)[:9]}", _send_back, script=[completed(file)])
    words = "exceeded your GPU quota (9s requested vs. 9s left). Try again in " + "9" * 5000
    words = f"{words.replace('9s', '9' * 5000 + 's')} days, {'9' * 5000}:00:00"
    output = {"error": words, "title": "ZeroGPU quota exceeded"}
    yield Row("quota of 5,000 digits", predict, script=[{**ended(output), "success": False}])
    for output in ("x", 5, [], [1], {"data": "x"}, {"data": {}}, {"x": 1}, True, None):
        yield Row(f"end {output!r}", predict, script=[ended(output)])


def _with_function_id(number: Any) -> Answer:
    config = ScriptedSpace().config()
    config["dependencies"][0]["id"] = number
    return Answer(config)


def _upload(client: Any) -> Any:
    from hubsmith import File

    return client.predict(File(b"x"), api_name="/upper_file")


def _send_back(client: Any) -> Any:
    file = predict(client)
    if asyncio.iscoroutine(file):

        async def both() -> Any:
            return await client.predict(await file, api_name="/echo")

        return both()
    return client.predict(file, api_name="/echo")


def inference_rows() -> Iterator[Row]:
    """Give what a model server, a provider and the Hub may say."""

    def row(name: str, call: Callable[[Any], Any], path: str, plan: Plan, **options: Any) -> Row:
        return Row(name, call, {path: plan}, kind="inference", options=options)

    for header in ("999999999", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT", "nan"):
        busy = Answer({"error": "busy"}, 503, {"retry-after": header})
        yield row(f"Retry-After {header[:30]}", chat, CHAT, busy)
        loading = Answer({"error": "loading", "estimated_time": 1}, 503, {"retry-after": header})
        yield row(f"loading, Retry-After {header[:30]}", chat, CHAT, loading, timeout=1.0)
    for number in NUMBERS:
        usage = {"completion_tokens": number, "prompt_tokens": number, "total_tokens": number}
        whole = {**completion(), "usage": usage, "created": number}
        yield row(f"usage {str(number)[:9]}", chat, CHAT, Answer(whole))
        event = {**chunk("a"), "created": number, "usage": usage}
        streamed = lambda client: client.chat_completion(MESSAGES, stream=True)  # noqa: E731
        yield row(f"chunk {str(number)[:9]}", streamed, CHAT, stream(event, DONE))
        embedding = Answer([[number, 1.0]])
        yield row(f"embedding {str(number)[:9]}", embed, "/", embedding)
        job = {"status": number, "urls": {"get": number}, "output": number}
        yield Row(
            f"job {str(number)[:9]}", picture,
            {"/replicate/v1/models/org/x/predictions": Answer(job)}, kind="provider",
            options={"provider": "replicate"},
        )  # fmt: skip
        entry = {"inferenceProviderMapping": {"fal-ai": {"providerId": number, "task": number}}}
        yield Row(
            f"mapping {str(number)[:9]}", picture, {"/api/models/org/x": Answer(entry)},
            kind="provider", options={"provider": "fal-ai"},
        )  # fmt: skip
    for deep in DEEP:
        yield row("chat deep", chat, CHAT, Answer({**completion(), "x": deep, "choices": deep}))
        yield row("deep error", chat, CHAT, Answer({"error": deep, "detail": [{"loc": deep}]}, 422))
        yield row("chunk deep", streamed, CHAT, stream({**chunk("a"), "choices": deep}, DONE))
        yield row("embedding deep", embed, "/", Answer(deep))
        yield row("words deep", lambda c: c.text_classification("a"), "/", Answer(deep))
    yield row("too deep", chat, CHAT, Answer(RAW_DEEP))
    for url in (
        "http://[::1",
        "http://[",
        "http://h:99999999/",
        "http://\ud800/",
        "https://",
        "http://x" * 9999,
    ):
        yield Row(
            f"media {url[:12]!r}", picture, {"/fal-ai/org/x": Answer({"images": [{"url": url}]})},
            kind="provider", options={"provider": "fal-ai"},
        )  # fmt: skip
        job = {"status": "starting", "urls": {"get": url}}
        yield Row(
            f"job at {url[:12]!r}", picture,
            {"/replicate/v1/models/org/x/predictions": Answer(job)}, kind="provider",
            options={"provider": "replicate"},
        )  # fmt: skip


ROWS = [*space_rows(), *inference_rows()]


class Servers:
    """Starts a server for each row."""

    def __init__(self, loopback: Loopback, hub: ScriptedInference) -> None:
        self._loopback, self._hub = loopback, hub

    def client(self, row: Row, *, is_async: bool) -> Any:
        """Return a client of a server that does what the row says."""
        if row.kind == "provider":
            self._hub._plans.clear()
            for path, plan in row.plans.items():
                self._hub.plan(path, plan)
            made = AsyncInferenceClient if is_async else InferenceClient
            return made(token="hf_test", retries=EAGER, timeout=SECONDS, **row.options)
        if row.kind == "space":
            server: Any = ScriptedSpace(lambda data: row.script or [completed(data[0])])
        else:
            server = ScriptedInference()
        self._loopback.start(server)
        for path, plan in row.plans.items():
            server.plan(path, plan)
        if row.kind == "inference":
            made = AsyncInferenceClient if is_async else InferenceClient
            return made(server.url, **{"retries": EAGER, "timeout": SECONDS, **row.options})
        if row.call is typed:
            made = AsyncKitchen if is_async else Kitchen
        else:
            made = AsyncClient if is_async else Client
        return made(server.url, retries=EAGER, timeout=SECONDS, **row.options)


@pytest.fixture(scope="module")
def servers(loopback: Loopback, environment: pytest.MonkeyPatch) -> Servers:
    hub = ScriptedInference()
    loopback.start(hub)
    environment.setenv("HF_ENDPOINT", hub.url)
    environment.setenv("HUBSMITH_ROUTER", hub.url)
    # One for all: making it takes most of the time of a row.
    context = ssl.create_default_context()
    environment.setattr(ssl, "create_default_context", lambda **_: context)
    return Servers(loopback, hub)


def use(value: Any) -> None:
    """Do with a result what callers do."""
    if hasattr(value, "__next__"):
        list(value)
    if hasattr(value, "url"):
        repr(value)
        value.read()


@pytest.mark.parametrize("flavour", ["blocking", "asyncio"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_a_server_says_is_a_result_or_an_error_of_ours(
    servers: Servers, row: Row, flavour: str, caplog: pytest.LogCaptureFixture
) -> None:
    start = time.monotonic()
    if flavour == "blocking":
        with servers.client(row, is_async=False) as client:
            try:
                use(row.call(client))
            except HubsmithError as error:
                str(error).encode("utf-8", "backslashreplace")
                assert not isinstance(error, InferenceTimeoutError) or "loading" in str(error)
    else:

        async def main() -> None:
            async with servers.client(row, is_async=True) as client:
                try:
                    value = await row.call(client)
                    if hasattr(value, "__anext__"):
                        _ = [item async for item in value]
                    elif hasattr(value, "aread"):
                        await value.aread()
                except HubsmithError as error:
                    assert not isinstance(error, InferenceTimeoutError) or "loading" in str(error)

        asyncio.run(main())
    assert time.monotonic() - start < SECONDS - 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
