"""Calls by clients in Node and in a page, against real Gradio and beside @gradio/client."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime.spaces.edits import apply_edits

from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace
from tests.support.paths import KITCHEN_APP, TESTS
from tests.support.recorder import Answer, Recorder, Seen
from tests.typescript.project import (
    HERE,
    bundle,
    client_of,
    kitchen_spec,
    needs_npm,
    node,
    tsc,
    write_project,
)

pytestmark = [needs_npm, pytest.mark.slow]
StartGradio = Callable[..., str]
SECRET = "hf_secretsecretsecret"
CHROMIUM = shutil.which("chromium")
ONE_AT_A_TIME = TESTS / "faults" / "cancel_app.py"
BEHAVIOURS = TESTS / "behaviours" / "apps" / "behaviours.py"
ANY = [["value", "any"]]
HEADERS = {"endpoint": {"name": "/headers", "parameters": [], "results": ANY}, "args": {}}
ECHO = {
    "endpoint": {"name": "/echo", "parameters": [["x", "any"]], "results": ANY},
    "args": {"x": "hello"},
}
PROGRAMS = (
    "kitchen.ts",
    "node.ts",
    "call.ts",
    "differential.ts",
    "page.ts",
    "mistakes.ts",
    "edits.ts",
    "values.ts",
    "names.ts",
    "cancels.ts",
    "platform.ts",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    return write_project(folder, {"kitchen": client_of(kitchen_spec())}, *PROGRAMS)


@pytest.fixture(scope="module")
def caller(project: Path) -> Path:
    return bundle(project, "call.ts", "--platform=node")


def outcomes(caller: Path, source: str, *calls: dict[str, Any], **options: Any) -> list[Any]:
    """Make calls in one process of Node, and return what came of each."""
    plan = {"source": source, "options": options, "calls": calls}
    done = node(caller, json.dumps(plan))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def test_the_programs_are_well_typed(project: Path) -> None:
    assert tsc(project, "--skipLibCheck", "--types", "node") == []


def test_a_program_of_node_makes_every_kind_of_call_and_ends_by_itself(
    project: Path, start_gradio: StartGradio
) -> None:
    done = node(bundle(project, "node.ts", "--platform=node"), start_gradio(KITCHEN_APP))
    assert done.stderr == ""
    seen = json.loads(done.stdout)
    assert len(seen) == len(set(seen)) >= 33


class OpenHub(FakeHub):
    """A Hub that pages of other origins may ask, as the real one lets them."""

    def hear(self, seen: Seen) -> Answer:
        origin = {"access-control-allow-origin": seen.headers.get("origin", "")}
        if seen.method == "OPTIONS":
            return 204, {**origin, "access-control-allow-headers": "authorization"}, b""
        status, headers, content = super().hear(seen)
        return status, {**headers, **origin}, content


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_page_makes_every_kind_of_call(project: Path, start_gradio: StartGradio) -> None:
    script = bundle(project, "page.ts", "--platform=browser")
    locked = start_gradio(BEHAVIOURS, APP_AUTH="1")
    hub = OpenHub()
    hub.users[SECRET] = "owner"
    hub.add("owner/private", start_gradio(BEHAVIOURS), private=True)
    expressions = [
        f"call('owner/private', {{ hub: '{hub.url}', token: '{SECRET}' }}, '/headers')",
        f"call('owner/private', {{ hub: '{hub.url}' }}, '/headers').catch((error) => error.name)",
        f"run({json.dumps(start_gradio(KITCHEN_APP))})",
        f"call({json.dumps(locked)}, {{ auth: ['user', 'pass'] }}, '/echo', 'hello')",
        f"call({json.dumps(locked)}, {{ auth: ['user', 'no'] }}, '/echo', '').catch((error) => error.name)",
    ]
    with hub.running():
        done = subprocess.run(
            [
                "node",
                str(HERE / "browser.mjs"),
                str(script),
                CHROMIUM or "",
                json.dumps(expressions),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    private, hidden, every, logged_in, refused = json.loads(done.stdout)["results"]
    assert private["x-hf-authorization"] == f"Bearer {SECRET}"
    assert "authorization" not in private
    assert len(every) >= 33
    assert logged_in == "hello"
    assert (hidden, refused) == ("AuthenticationError", "AuthenticationError")


def test_each_endpoint_gives_what_it_gives_gradios_client(
    project: Path, start_gradio: StartGradio
) -> None:
    done = node(bundle(project, "differential.ts", "--platform=node"), start_gradio(KITCHEN_APP))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {one["name"] for one in found} == {
        *("greet", "img", "stream", "bake", "count", "shout", "suggest", "chat", "plan", "fail")
    }
    for one in found:
        assert one["ours"] == one["theirs"], one["name"]


def test_a_login_is_kept_and_a_wrong_one_refused(caller: Path, start_gradio: StartGradio) -> None:
    url = start_gradio(BEHAVIOURS, APP_AUTH="1")
    echoed, headers = outcomes(caller, url, ECHO, HEADERS, auth=["user", "pass"])
    assert echoed == {"value": "hello"}
    assert "access-token-unsecure-" in headers["value"]["cookie"]
    (refused,) = outcomes(caller, url, ECHO, auth=["user", "wrong"])
    assert refused["error"] == "AuthenticationError"
    assert "the login was refused. Check auth." in refused["message"]
    (missing,) = outcomes(caller, url, ECHO)
    assert missing["error"] == "AuthenticationError"
    assert missing["endpoint"]


def test_the_token_reaches_the_hub_and_the_space(
    caller: Path, start_gradio: StartGradio, fake_hub: FakeHub
) -> None:
    fake_hub.users[SECRET] = "owner"
    fake_hub.add("owner/private", start_gradio(BEHAVIOURS), private=True)
    (headers,) = outcomes(caller, "owner/private", HEADERS, hub=fake_hub.url, token=SECRET)
    assert headers["value"]["x-hf-authorization"] == f"Bearer {SECRET}"
    assert "authorization" not in headers["value"]
    (seen,) = fake_hub.requests("/api/spaces/owner/private/host")
    assert seen.headers["authorization"] == f"Bearer {SECRET}"
    (hidden,) = outcomes(caller, "owner/private", HEADERS, hub=fake_hub.url)
    assert hidden["error"] == "AuthenticationError"
    assert "pass the token" in hidden["message"]


def test_own_headers_and_a_login_in_the_address_are_sent(
    caller: Path, start_gradio: StartGradio
) -> None:
    url = start_gradio(BEHAVIOURS).replace("://", "://user:p%40ss@")
    own = {"X-HF-Authorization": "mine", "X-Extra": "more"}
    (headers,) = outcomes(caller, url, HEADERS, token=SECRET, headers=own)
    assert headers["value"]["x-hf-authorization"] == "mine"
    assert headers["value"]["x-extra"] == "more"
    assert headers["value"]["authorization"] == "Basic dXNlcjpwQHNz"
    (gone,) = outcomes(caller, "http://user:hidden@127.0.0.1:9", HEADERS)
    assert "hidden" not in gone["message"]


class Elsewhere(Recorder):
    """Another server, which a redirect leads to."""

    def answer(self, seen: Seen) -> Answer:
        return 200, {}, {"seen": sorted(seen.headers)}


def test_a_redirect_to_another_server_does_not_take_the_token_along(
    caller: Path, fake_space: FakeSpace
) -> None:
    other = Elsewhere()
    with other.running():
        fake_space.plan("/config", (302, {"location": f"{other.url}/config"}, b""))
        (outcome,) = outcomes(caller, fake_space.url, ECHO, token=SECRET)
    assert outcome["error"] == "SpaceError"
    assert fake_space.requests("/config")[0].headers["x-hf-authorization"] == f"Bearer {SECRET}"
    (seen,) = other.seen
    assert SECRET not in json.dumps(seen.headers)


def test_a_redirect_within_a_space_is_followed_with_the_token(
    caller: Path, fake_space: FakeSpace
) -> None:
    fake_space.plan("/config", (302, {"location": "/config?again=1"}, b""))
    assert outcomes(caller, fake_space.url, ECHO, token=SECRET) == [{"value": "hello"}]
    first, second = fake_space.requests("/config")
    assert first.headers["x-hf-authorization"] == second.headers["x-hf-authorization"]


def test_cookies_are_sent_back_but_no_secure_ones_without_tls(
    caller: Path, fake_space: FakeSpace
) -> None:
    for set_cookie, sent in (("a=1; Path=/", "a=1"), ("b=2; Secure; HttpOnly", None)):
        fake_space.plan("/login", (200, {"set-cookie": set_cookie}, {"success": True}))
        outcomes(caller, fake_space.url, ECHO, auth=["user", "pass"])
        assert fake_space.requests("/gradio_api/queue/join")[-1].headers.get("cookie") == sent


def test_a_file_that_is_gone_says_what_to_do(caller: Path, fake_space: FakeSpace) -> None:
    fake_space.result = lambda _: {"path": "/old.txt", "orig_name": "old.txt"}
    gone: Answer = (404, {}, {"detail": "Not Found"})
    fake_space.plan("/gradio_api/file=/old.txt", gone)
    endpoint = {**ECHO["endpoint"], "results": [["value", "file"]]}
    (lost,) = outcomes(caller, fake_space.url, {**ECHO, "endpoint": endpoint})
    assert lost["error"] == "SpaceUnavailableError"
    assert "old.txt: HTTP 404: Not Found. Files of a Space expire" in lost["message"]


def test_a_full_queue_and_other_refusals_have_classes_of_their_own(
    caller: Path, fake_space: FakeSpace
) -> None:
    join = "/gradio_api/queue/join"
    full = {"detail": "Queue is full. Max size is 2 and size is 2."}
    invalid = [{"__type__": "validate", "is_valid": False, "message": "No", "parameter_name": "x"}]
    fake_space.plan(
        join,
        (503, {}, full),
        (401, {}, {"detail": f"Not with {SECRET}"}),
        (422, {}, {"detail": invalid}),
        (500, {}, b"<b>Oh</b>\n\x1b[2J no"),
        (200, {}, {}),
    )
    found = outcomes(caller, fake_space.url, *[ECHO] * 5, token=SECRET)
    assert [one["error"] for one in found] == [
        "QueueFullError", "AuthenticationError", "SpaceError", "SpaceError", "SpaceError",
    ]  # fmt: skip
    messages = [one["message"] for one in found]
    assert "Try again later." in messages[0]
    assert SECRET not in "".join(messages)
    assert "x: No" in messages[2]
    assert "\x1b" not in messages[3]
    assert "without an event id" in messages[4]


def test_a_server_that_is_gone_and_a_wrong_address_are_told(caller: Path) -> None:
    (gone,) = outcomes(caller, "http://127.0.0.1:9", ECHO)
    assert gone["error"] == "SpaceUnavailableError"
    (late,) = outcomes(caller, "http://127.0.0.1:9", {**ECHO, "timeoutMs": 50})
    assert late["error"] == "TimeoutError"
    for source in ("not a space", "https://", "ftp://host/x", "../x"):
        (wrong,) = outcomes(caller, source, ECHO)
        assert wrong["error"] == "ValidationError"


def test_an_endpoint_that_changed_is_told(caller: Path, start_gradio: StartGradio) -> None:
    url = start_gradio(KITCHEN_APP)
    missing = {"endpoint": {"name": "/gone", "parameters": [], "results": ANY}, "args": {}}
    other = {"endpoint": {"name": "/greet", "parameters": [], "results": ANY}, "args": {}}
    shape = {
        "endpoint": {"name": "/count", "parameters": [["x", "any"]], "results": [["n", "string"]]},
        "args": {"x": "soup"},
    }
    found = outcomes(caller, url, missing, other, shape)
    assert [one["error"] for one in found] == [
        "SpaceChangedError", "SpaceChangedError", "ResultError",
    ]  # fmt: skip
    assert all("hubsmith update" in one["message"] for one in found)


def test_parameters_without_an_order_are_sent_in_that_of_the_space(
    caller: Path, start_gradio: StartGradio
) -> None:
    endpoint = {
        "name": "/greet",
        "parameters": [["intensity", "number"], ["name", "string"], ["style", "string"]],
        "results": ANY,
        "unordered": ["intensity", "name", "style"],
    }
    args = {"name": "Bob", "style": "casual", "intensity": 1}
    (found,) = outcomes(caller, start_gradio(KITCHEN_APP), {"endpoint": endpoint, "args": args})
    assert found == {"value": "Hi, Bob!"}


def test_edits_and_events_are_read_as_in_python(project: Path) -> None:
    start = {"a": [1, {"b": "x"}], "c": "y", "__proto__": 1}
    edits: Any = [
        ["append", ["a", 1, "b"], "yz"],
        ["add", ["a", 1], "new"],
        ["delete", ["a", 0], None],
        ["add", ["d"], {"e": 1}],
        ["replace", ["c"], None],
        ["delete", ["d", "e"], None],
    ]
    pairs: list[Any] = [
        [start, edits],
        ["ab", [["append", [], "c"]]],
        [1, [["replace", [], [2]]]],
        [1, []],
    ]
    done = node(bundle(project, "edits.ts", "--platform=node"), json.dumps(pairs))
    found = json.loads(done.stdout)
    assert found["edited"] == [apply_edits(*pair) for pair in pairs]
    assert found["decoded"] == [{"a": "é\u2028\x85"}, {"b": 1}]


def test_the_name_of_a_file_in_a_url_is_read_as_in_python(
    project: Path, start_gradio: StartGradio
) -> None:
    done = node(bundle(project, "names.ts", "--platform=node"), start_gradio(KITCHEN_APP))
    assert (done.stdout, done.stderr) == ("a card-shouted-shouted.txt\n", "")


def test_what_json_has_no_word_for_is_not_sent_as_an_empty_object(project: Path) -> None:
    date, refused = "1970-01-01T00:00:00.000Z", "x: expected a JSON value, got "
    made = json.loads(node(bundle(project, "values.ts", "--platform=node")).stdout)
    assert made[:3] == [date, {"nested": [date, 5]}, None]
    assert all(one.startswith(refused) for one in made[3:6]), made
    assert made[6:] == [{"a": 1}]


def test_nothing_is_made_up_of_edits_that_do_not_fit(caller: Path, fake_space: FakeSpace) -> None:
    def message(kind: str, data: object) -> bytes:
        output = {"data": data, "error": None}
        event = {"msg": kind, "event_id": "e", "success": True, "output": output}
        return f"data: {json.dumps(event)}\n\n".encode()

    parts: list[Any] = [["a"], [[["append", [], "b"]]], [[["append", [4], "c"]]]]
    generated = [message("process_generating", part) for part in [*parts, parts[1]]]
    messages = [
        *generated,
        message("process_completed", ["abcb"]),
        b'data: {"msg":"close_stream"}\n\n',
    ]
    fake_space.plan("/gradio_api/queue/join", (200, {}, {"event_id": "e"}))
    stream = {"content-type": "text/event-stream"}
    fake_space.plan("/gradio_api/queue/data", (200, stream, b"".join(messages)))
    assert outcomes(caller, fake_space.url, {**ECHO, "parts": True}) == [{"value": ["a", "ab"]}]


@pytest.mark.parametrize(("generator", "parts"), [(True, []), (False, [None])])
def test_a_generator_without_a_yield_has_no_parts(
    generator: bool, parts: list[Any], caller: Path, fake_space: FakeSpace
) -> None:
    fake_space.is_generator = generator
    calls = [{**ECHO, "args": {"x": None}, "parts": True}, {**ECHO, "parts": True}]
    assert outcomes(caller, fake_space.url, *calls) == [{"value": parts}, {"value": ["hello"]}]


def test_a_job_that_is_cancelled_stops_none_that_is_to_continue(
    project: Path, start_gradio: StartGradio, tmp_path: Path
) -> None:
    url = start_gradio(ONE_AT_A_TIME, APP_STEPS=str(tmp_path / "steps"))
    done = node(bundle(project, "cancels.ts", "--platform=node"), url)
    assert (done.returncode, done.stderr) == (0, "")
    ends = ["JobCancelledError"] * 5
    found = {"further": "running 10", "typed": "last 10", "ends": ends}
    assert json.loads(done.stdout) == found


def test_other_platforms_realms_and_options_are_served(
    project: Path, start_gradio: StartGradio
) -> None:
    (project / "a card.txt").write_text("salt", encoding="utf-8")
    done = node(bundle(project, "platform.ts", "--platform=node"), start_gradio(KITCHEN_APP))
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    refused = found.pop("lineBreak")
    assert refused.startswith("ValidationError|URL: the header x-hf-authorization has a line break")
    failed = "SpaceUnavailableError|URL: /config: no connection: "
    for name, why in {
        "foreignError": "the proxy is gone.|",
        "text": "offline.|",
        "thrown": "no network for ***.|",
    }.items():
        assert found.pop(name).startswith(failed + why)
    assert "secret\nsecret" not in refused
    assert found == {
        "strict": ["1 2", "cancelled", 1],
        "greeting": "Good evening, Bob!!!",
        "withoutFile": "SALT",
        "fromDisk": "a card-shouted.txt",
        "blobOnly": "raw",
        "foreignUrl": "card-shouted-shouted.txt",
        "trimmed": "Good evening, Bob!!!",
        "login": "Good evening, Bob!!!",
    }


def test_the_name_of_an_endpoint_may_begin_with_a_slash(
    caller: Path, fake_space: FakeSpace
) -> None:
    fake_space.api_name = "/echo"
    call = {**ECHO, "endpoint": {**ECHO["endpoint"], "name": "//echo"}}
    assert outcomes(caller, fake_space.url, call) == [{"value": "hello"}]


def test_every_mistake_of_a_call_is_named(caller: Path, fake_space: FakeSpace) -> None:
    shape = {"list": {"union": ["string", {"of": "integer", "max": 3}]}}
    endpoint = {**ECHO["endpoint"], "parameters": [["x", shape], ["y", "file"]]}
    args = {"x": ["a", 1, 4, None], "y": "card.txt", "z": 0}
    (found,) = outcomes(caller, fake_space.url, {"endpoint": endpoint, "args": args})
    assert found["message"].endswith(
        'unknown parameter "z" (the endpoint has: x, y); '
        "x[2]: expected a string, got 4; or x[2]: expected at most 3, got 4; "
        "x[3]: expected a string, got null; or x[3]: expected a whole number, got null; "
        'y: expected a Blob, File, URL, Uint8Array or SpaceFile, got "card.txt"; '
        "a path is read by localFile(path), a URL is given as new URL(...). Nothing was sent."
    )
    (long,) = outcomes(
        caller, fake_space.url, {"endpoint": endpoint, "args": {"x": [None] * 5000, "y": "z"}}
    )
    assert long["message"].endswith("got null; and 4991 more. Nothing was sent.")
    assert not fake_space.requests("/gradio_api/queue/join")


def test_a_stream_that_breaks_off_loses_the_session(caller: Path, fake_space: FakeSpace) -> None:
    stream = {"content-type": "text/event-stream"}
    unknown = {"msg": "unexpected_error", "message": "404: Not Found", "session_not_found": True}
    message = f"data: {json.dumps(unknown)}\n\n".encode()
    fake_space.plan("/gradio_api/queue/data", (200, stream, b""), (200, stream, message))
    closed, ended, fine = outcomes(caller, fake_space.url, ECHO, ECHO, ECHO)
    assert closed["error"] == ended["error"] == "SessionLostError"
    assert "the stream was closed. Call again." in closed["message"]
    assert "404: Not Found" in ended["message"]
    assert fine == {"value": "hello"}


def test_a_space_that_sleeps_is_waited_for(
    caller: Path, fake_space: FakeSpace, fake_hub: FakeHub
) -> None:
    asleep: Answer = (503, {}, b"<p>asleep</p>")
    space = fake_hub.add("owner/echo", fake_space.url)
    space.stages = ["SLEEPING", "APP_STARTING", "RUNNING"]
    fake_space.plan("/config", asleep, asleep, asleep)
    assert outcomes(caller, "owner/echo", ECHO, hub=fake_hub.url) == [{"value": "hello"}]
    space.stages = ["PAUSED"]
    fake_space.plan("/config", asleep, asleep, asleep)
    (paused,) = outcomes(caller, "owner/echo", ECHO, hub=fake_hub.url)
    assert paused["error"] == "SpaceUnavailableError"
    assert "the Space is PAUSED" in paused["message"]
