"""A page that is opened through the recorder, against real Gradio: what passes, and what is kept."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hubsmith_record.recorder import Recorder, record
from hubsmith_record.recording import RecordedCall
from hubsmith_runtime import HubsmithError, SpecError

from tests.record.scripted_page import ScriptedPage

APP = Path(__file__).parent / "apps" / "page.py"

StartGradio = Callable[..., str]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary ones are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def url(start_gradio: StartGradio) -> str:
    return start_gradio(APP)


@pytest.fixture
def recorder(url: str, temporary: Path) -> Iterator[Recorder]:
    with record(url) as recorder:
        yield recorder
    assert [*temporary.iterdir()] == []


@pytest.fixture
def page(recorder: Recorder) -> Iterator[ScriptedPage]:
    with ScriptedPage(recorder.url) as page:
        page.open()
        page.call("asked")
        yield page


def calls(recorder: Recorder) -> list[RecordedCall]:
    """Return what was recorded after the first call, in which the page asks what the Space saw."""
    return [*recorder.recording().calls[1:]]


def seen(page: ScriptedPage) -> list[list[Any]]:
    return page.call("asked")["output"]["data"][0]


def test_a_call_is_recorded_as_the_space_saw_it(recorder: Recorder, page: ScriptedPage) -> None:
    end = page.call("shout", "hi 'you'\n\u2028", trigger_id=5, event_data={"index": 1})
    assert end["output"]["data"] == ["HI 'YOU'\n\u2028"]
    (call,) = calls(recorder)
    assert (call.data, call.outputs) == (["hi 'you'\n\u2028"], ["HI 'YOU'\n\u2028"])
    assert (call.fn_index, call.trigger_id) == (page.dependency("shout")["id"], 5)
    assert (call.event_data, call.session_hash) == ({"index": 1}, page.session_hash)
    assert call.ended is not None
    assert 0 < call.started < call.ended
    assert seen(page) == [["shout", *call.data]]


def test_the_documents_are_those_of_the_space(
    recorder: Recorder, page: ScriptedPage, url: str
) -> None:
    recording = recorder.recording()
    direct = httpx.get(f"{url}/config", trust_env=False).json()
    assert recording.config["root"] == direct["root"] == url
    assert recording.config["dependencies"] == direct["dependencies"]
    assert "/shout" in recording.info["named_endpoints"]
    assert recording.openapi is not None
    assert "paths" in recording.openapi
    assert (recording.source, recording.url) == (url, url)
    assert page.config["root"] == recorder.url.rstrip("/")


def test_partial_results_are_whole(recorder: Recorder, page: ScriptedPage) -> None:
    page.call("count", "ho", 3)
    (call,) = calls(recorder)
    assert call.outputs == ["ho ho ho"]
    assert call.partial_outputs == (["ho"], ["ho ho"], ["ho ho ho"])
    assert call.partials == 3


def test_calls_at_the_same_time_share_a_stream(recorder: Recorder, page: ScriptedPage) -> None:
    count, shout = page.dependency("count")["id"], page.dependency("shout")["id"]
    wanted = {page.join(count, ["ho", 20]), page.join(shout, ["a"]), page.join(shout, ["b"])}
    for message in page.events():
        if message["msg"] == "process_completed":
            wanted.remove(message["event_id"])
        if not wanted:
            break
    assert [call.outputs for call in calls(recorder)] == [[" ".join(["ho"] * 20)], ["A"], ["B"]]


def test_calls_without_the_queue_are_recorded(recorder: Recorder, page: ScriptedPage) -> None:
    fn_index = page.dependency("quick")["id"]
    body = {"fn_index": fn_index, "data": ["abc"], "session_hash": page.session_hash}
    assert page.post("run/predict", json=body).json()["data"] == ["cba"]
    (call,) = calls(recorder)
    assert (call.fn_index, call.data, call.outputs) == (fn_index, ["abc"], ["cba"])
    assert not call.is_queued
    assert seen(page) == [["quick", "abc"]]


def test_failures_have_the_words_of_the_space(recorder: Recorder, page: ScriptedPage) -> None:
    page.call("shout", "boom")
    (call,) = calls(recorder)
    assert (call.error, call.outputs, call.ended is None) == ("Too loud", (), False)


def test_state_is_null_and_stays_with_the_session(recorder: Recorder, page: ScriptedPage) -> None:
    page.call("remember", "a", None)
    page.call("remember", "b", None)
    assert [(call.data, call.outputs) for call in calls(recorder)] == [
        (["a", None], [1, None]),
        (["b", None], [2, None]),
    ]
    assert seen(page) == [["remember", "a", []], ["remember", "b", ["a"]]]


def test_private_events_are_recorded_by_their_number(
    recorder: Recorder, page: ScriptedPage
) -> None:
    private = page.dependency("remember")["id"] + 1
    page.join(private, ["x"])
    for message in page.events():
        if message["msg"] == "process_completed":
            break
    (call,) = calls(recorder)
    assert (call.fn_index, call.outputs) == (private, ["X"])


def test_a_cancelled_call_has_no_end(recorder: Recorder, page: ScriptedPage) -> None:
    fn_index = page.dependency("slow")["id"]
    event_id = page.join(fn_index, [])
    body = {"event_id": event_id, "session_hash": page.session_hash, "fn_index": fn_index}
    for message in page.events():
        if message["msg"] == "process_generating":
            page.post("cancel", json=body).raise_for_status()
            break
    (call,) = calls(recorder)
    assert call.partials > 0
    assert (call.ended, call.error, call.outputs) == (None, None, ())


@pytest.mark.parametrize("size", [0, 12, 5 << 20])
def test_uploads_are_kept(recorder: Recorder, page: ScriptedPage, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = page.upload("Grüße & more.txt", content[:size])
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "x"}
    assert page.call("size_of", file)["output"]["data"] == [size]
    recording = recorder.recording()
    kept = recording.uploads[recording.calls[-1].data[0]["path"]]
    assert (kept.name, kept.mime_type, kept.path) == ("Grüße & more.txt", "text/plain", path)
    is_large = isinstance(kept.content, Path)
    assert is_large == (size > 1 << 20)
    assert (kept.content.read_bytes() if is_large else kept.content) == content[:size]


def test_addresses_of_files_lead_through_the_recorder(
    recorder: Recorder, page: ScriptedPage, url: str
) -> None:
    here = recorder.url.rstrip("/")
    typed = f'see {here}/a, {here}0 and "{here}"'
    assert page.call("count", typed, 1)["output"]["data"] == [typed]
    meant = f'see {url}/a, {here}0 and "{url}"'
    (call,) = calls(recorder)
    assert (call.data[0], call.outputs, call.partial_outputs) == (meant, [meant], ([meant],))
    assert seen(page) == [["count", typed, 1]]  # So it is shown; the Space saw its own address.


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:80"}, 421),
        ({"host": "127.0.0.1:80@evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
        ({"host": "localhost:9"}, 200),
    ],
)
def test_other_sites_are_refused(recorder: Recorder, headers: dict[str, str], status: int) -> None:
    answer = httpx.get(f"{recorder.url}config", headers=headers, trust_env=False)
    assert answer.status_code == status


def test_only_loopback_is_listened_on(recorder: Recorder) -> None:
    port = httpx.URL(recorder.url).port
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))  # The port is free at every other address.


def test_a_login_passes(start_gradio: StartGradio, temporary: Path) -> None:
    with record(start_gradio(APP, APP_LOGIN="1")) as recorder:
        assert recorder.recording().config == {}
        with ScriptedPage(recorder.url) as page:
            assert page.client.get("config").status_code == 401
            page.client.cookies.set("session", "of another app on this machine")
            page.log_in("ada", "engine")
            cookies = [
                line.lower()
                for line in page.client.cookies.jar._cookies["127.0.0.1"]["/"]  # pyright: ignore
            ]
            assert any("access-token" in name for name in cookies)
            page.open()
            page.call("shout", "a")
            headers = page.call("headers")["output"]["data"][0]
            assert "another" not in str(headers)
            assert "access-token" in headers["cookie"]
            recording = recorder.recording()
        assert [call.outputs for call in recording.calls][:1] == [["A"]]
        assert recording.config["dependencies"]
        # The Space showed the page its cookies; they are not in what is kept.
        tokens = [cookie.value for cookie in page.client.cookies.jar if cookie.value]
        assert not [one for one in tokens if one in repr(recording)]
        assert "***" in repr(recording.calls[1].outputs)


def test_a_token_goes_to_the_space_alone_and_is_not_kept(url: str, temporary: Path) -> None:
    token = "hf_secret_of_the_user"
    with record(url, token=token) as recorder, ScriptedPage(recorder.url) as page:
        page.open()
        shown = page.call("headers")["output"]["data"][0]
        assert shown["x-hf-authorization"] == f"Bearer {token}"
        assert shown["host"] == httpx.URL(url).netloc.decode()
        recording = recorder.recording()
    assert token not in repr(recording)
    assert token not in repr(recorder)


def test_the_space_sees_no_trace_of_the_recorder(
    recorder: Recorder, page: ScriptedPage, url: str
) -> None:
    own = httpx.URL(recorder.url).netloc.decode()
    page.client.headers.update({"origin": f"http://{own}", "referer": recorder.url})
    page.call("headers")
    headers = calls(recorder)[0].outputs[0]
    assert headers["origin"] == url
    assert headers["referer"] == f"{url}/"
    assert own not in str(headers)
    assert not [name for name in headers if "forward" in name]


def test_a_stream_that_the_page_leaves_is_closed(recorder: Recorder, page: ScriptedPage) -> None:
    page.join(page.dependency("slow")["id"], [])
    for message in page.events():
        if message["msg"] == "process_generating":
            break
    # Gradio ends the calls of a session whose stream is closed: no more partial results come.
    deadline = time.monotonic() + 5
    before, now = -1, 0
    while before != now and time.monotonic() < deadline:
        time.sleep(0.2)
        before, now = now, calls(recorder)[0].partials
    assert before == now
    assert calls(recorder)[0].ended is None


def test_what_no_call_shows_is_noted(recorder: Recorder, page: ScriptedPage) -> None:
    page.post("component_server", json={})
    page.post("component_server", json={})
    page.post("stream/abc", json={})
    page.client.get("ws", headers={"upgrade": "websocket", "connection": "upgrade"})
    assert len(recorder.recording().skipped) == 3


def test_nothing_but_large_uploads_is_on_disk(
    recorder: Recorder, page: ScriptedPage, temporary: Path
) -> None:
    (folder,) = temporary.iterdir()
    page.call("shout", "a")
    page.upload("small.txt", b"abc")
    assert [*folder.iterdir()] == []
    page.upload("large.txt", b"abc" * (1 << 20))
    (kept,) = folder.iterdir()
    assert kept.read_bytes() == b"abc" * (1 << 20)
    assert folder.stat().st_mode & 0o077 == 0


def test_an_app_with_a_root_path_is_recorded(start_gradio: StartGradio, temporary: Path) -> None:
    url = start_gradio(APP, APP_ROOT="https://elsewhere.example/app")
    with record(url) as recorder, ScriptedPage(recorder.url) as page:
        page.open()
        assert page.config["root"] == recorder.url.rstrip("/")
        assert page.call("shout", "a")["output"]["data"] == ["A"]


def test_a_space_that_is_gone_is_told_to_the_page(gradio_apps: Any, temporary: Path) -> None:
    url = gradio_apps.start_anew(str(APP), {})
    with record(url) as recorder:
        gradio_apps.stop(url, {})
        answer = httpx.get(f"{recorder.url}config", trust_env=False)
        assert answer.status_code == 502
        assert url in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/gradio_api/info/x"])
def test_what_is_no_gradio_app_is_refused(url: str, path: str, temporary: Path) -> None:
    with pytest.raises(SpecError, match="404"):
        with record(url + path):
            pass
    assert [*temporary.iterdir()] == []


def test_a_port_that_is_taken_is_refused(url: str, temporary: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(HubsmithError, match="--port"):
            with record(url, port=taken.getsockname()[1]):
                pass
    assert [*temporary.iterdir()] == []
