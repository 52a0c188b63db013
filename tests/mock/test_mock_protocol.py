"""The routes of a mock, seen from the wire, and what it says to callers who do wrong."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hubsmith_runtime import (
    Client,
    HubsmithError,
    SpecError,
    UnsupportedVersionError,
    ValidationError,
)
from hubsmith_testing import Answer, MockSpace


@pytest.fixture
def mock(mock_space: type[MockSpace], snapshot: Path) -> MockSpace:
    answers = {
        "/greet": Answer(value="Hello"),
        "/stream": Answer(stream=["a", "ab"]),
        "/fail": Answer(error="boom"),
    }
    return mock_space(snapshot, answers=answers)


@pytest.fixture
def api(mock: MockSpace) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{mock.url}/gradio_api", timeout=20) as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    """Return name and data of each server-sent event."""
    found: list[tuple[str, Any]] = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields.get("event", ""), json.loads(fields["data"])))
    return found


def index_of(snapshot: Path, name: str) -> int:
    config = json.loads((snapshot / "config.json").read_text(encoding="utf-8"))
    return next(one["id"] for one in config["dependencies"] if one["api_name"] == name)


def test_documents_are_served_as_they_were_recorded(
    mock: MockSpace, api: httpx.Client, snapshot: Path
) -> None:
    assert api.get("/info").content == (snapshot / "info.json").read_bytes()
    assert api.get("/openapi.json").content == (snapshot / "openapi.json").read_bytes()
    config = httpx.get(f"{mock.url}/config").json()
    recorded = json.loads((snapshot / "config.json").read_text(encoding="utf-8"))
    assert config == {**recorded, "root": mock.url, "enable_queue": True}


def test_the_queue_sends_estimation_start_edits_and_end(api: httpx.Client, snapshot: Path) -> None:
    body = {"fn_index": index_of(snapshot, "stream"), "data": [2, 0], "session_hash": "s"}
    event_id = api.post("/queue/join", json=body).json()["event_id"]
    messages = [message for _, message in events(api.get("/queue/data?session_hash=s").text)]
    assert [message["msg"] for message in messages] == [
        "estimation",
        "process_starts",
        "process_generating",
        "process_generating",
        "process_completed",
        "close_stream",
    ]
    assert {message["event_id"] for message in messages[:-1]} == {event_id}
    assert messages[2]["output"]["data"] == ["a"]
    assert messages[3]["output"]["data"] == [[["append", [], "b"]]]
    assert messages[4]["output"]["data"] == ["ab"]


def test_an_older_generation_has_no_prefix_no_edits_and_no_close(
    mock_space: type[MockSpace], snapshot: Path
) -> None:
    config = json.loads((snapshot / "config.json").read_text(encoding="utf-8"))
    del config["api_prefix"]
    documents = {
        "config": json.dumps({**config, "version": "4.9.0", "protocol": "sse_v1"}).encode(),
        "info": (snapshot / "info.json").read_bytes(),
    }
    mock = mock_space(documents, answers={"/stream": Answer(stream=["a", "ab"])})
    with httpx.Client(base_url=mock.url) as api:
        body = {"fn_index": index_of(snapshot, "stream"), "data": [2, 0], "session_hash": "s"}
        assert api.post("/queue/join", json=body).status_code == 200
        messages = [message for _, message in events(api.get("/queue/data?session_hash=s").text)]
        assert [m["output"]["data"] for m in messages if "output" in m] == [["a"], ["ab"], ["ab"]]
        assert messages[-1]["msg"] == "process_completed"
        assert api.get("/openapi.json").status_code == 404
        assert api.get("/gradio_api/info").status_code == 404


def test_partial_results_of_a_media_stream_are_whole(
    mock_space: type[MockSpace], snapshot: Path
) -> None:
    config = json.loads((snapshot / "config.json").read_text(encoding="utf-8"))
    index = index_of(snapshot, "stream")
    (dependency,) = [one for one in config["dependencies"] if one["id"] == index]
    dependency["connection"] = "stream"
    documents = {"config": json.dumps(config).encode()}
    mock = mock_space(documents, answers={"/stream": Answer(stream=["a", "ab"])})
    with httpx.Client(base_url=f"{mock.url}/gradio_api") as api:
        body = {"fn_index": index, "data": [2, 0], "session_hash": "s"}
        api.post("/queue/join", json=body)
        messages = [message for _, message in events(api.get("/queue/data?session_hash=s").text)]
    pushed = [one["output"]["data"] for one in messages if one["msg"] == "process_streaming"]
    assert pushed == [["a"], ["ab"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/call/greet", {"data": ["Bob", 1, "formal"]}), ("/call/v2/greet", {"name": "Bob"})],
)
def test_the_call_stream_gives_the_result_once(
    mock: MockSpace, api: httpx.Client, path: str, body: Mapping[str, Any]
) -> None:
    event_id = api.post(path, json=body).json()["event_id"]
    assert mock.calls[0].arguments["name"] == "Bob"
    assert events(api.get(f"{path}/{event_id}").text) == [("complete", ["Hello"])]
    assert events(api.get(f"{path}/{event_id}").text) == [("error", "404: Not Found")]


def test_the_call_stream_gives_partial_results_and_errors(api: httpx.Client) -> None:
    event_id = api.post("/call/stream", json={"data": [2, 0]}).json()["event_id"]
    assert events(api.get(f"/call/stream/{event_id}").text) == [
        ("generating", ["a"]),
        ("generating", ["ab"]),
        ("complete", ["ab"]),
    ]
    event_id = api.post("/call/fail", json={"data": ["soup"]}).json()["event_id"]
    ((name, error),) = events(api.get(f"/call/fail/{event_id}").text)
    assert (name, error["error"]) == ("error", "boom")


def test_run_answers_at_once(api: httpx.Client) -> None:
    assert api.post("/run/greet", json={"data": ["Bob", 1, "formal"]}).json()["data"] == ["Hello"]
    first = api.post("/run/stream", json={"data": [2, 0]}).json()
    assert (first["data"], first["is_generating"]) == (["a"], True)
    failed = api.post("/run/fail", json={"data": ["soup"]})
    assert (failed.status_code, failed.json()) == (500, {"error": "boom"})


def test_a_cancelled_job_ends_without_a_result(mock: MockSpace, api: httpx.Client) -> None:
    mock.answer("/greet", Answer(delay=3600))
    event_id = api.post("/call/greet", json={"data": ["Bob", 1, "formal"]}).json()["event_id"]
    body = {"event_id": event_id, "fn_index": 0, "session_hash": event_id}
    assert api.post("/cancel", json=body).json() == {"success": True}
    assert events(api.get(f"/call/greet/{event_id}").text) == [("complete", None)]
    assert api.post("/cancel", json=body).json() == {"success": True}
    assert api.post("/reset", json={}).json() == {"success": True}


def test_an_unknown_session_gets_an_error(api: httpx.Client) -> None:
    ((_, message),) = events(api.get("/queue/data?session_hash=nobody").text)
    assert message["session_not_found"] is True


def test_too_few_values_fail_the_job(api: httpx.Client) -> None:
    event_id = api.post("/call/greet", json={"data": []}).json()["event_id"]
    ((name, error),) = events(api.get(f"/call/greet/{event_id}").text)
    assert name == "error"
    assert "needs" in error["error"]


def test_the_heartbeat_lives(api: httpx.Client) -> None:
    with api.stream("GET", "/heartbeat/s") as stream:
        assert next(stream.iter_text()) == "data: ALIVE\n\n"


def test_what_is_uploaded_can_be_downloaded_unchanged(api: httpx.Client) -> None:
    content = b"--x\r\n\r\n--" + bytes(range(256))
    files = [("files", ("a #é.bin", content)), ("files", ("empty.txt", b""))]
    paths = api.post("/upload", files=files).json()
    assert [path.rpartition("/")[2] for path in paths] == ["a #é.bin", "empty.txt"]
    got = api.get(f"/file={quote(paths[0])}")
    assert got.content == content
    assert got.headers["content-disposition"] == "attachment"
    assert api.head(f"/file={quote(paths[0])}").headers["content-length"] == str(len(content))
    assert api.post("/upload", files=[("other", ("a.txt", b"a"))]).json() == []


def test_a_form_within_an_uploaded_mail_is_left_alone(api: httpx.Client) -> None:
    mail = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x--\r\n"
    (path,) = api.post("/upload", files=[("files", ("mail.eml", mail, "message/rfc822"))]).json()
    assert api.get(f"/file={quote(path)}").content == mail


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "/mock/../etc/passwd",
        "%00",
    ],
)
def test_no_path_leads_to_a_file_of_this_machine(mock: MockSpace, path: str) -> None:
    # Sent as it stands: a client library would tidy the path up.
    place = urlsplit(mock.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        request = f"GET /gradio_api/file={path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"root:" not in answer


def test_a_name_of_a_sent_file_is_a_plain_name(api: httpx.Client) -> None:
    (path,) = api.post("/upload", files=[("files", ("../../evil\r\nx: y.txt", b"a"))]).json()
    assert ".." not in path
    assert api.get(f"/file={quote(path)}").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/queue/join", b"{", 422),
        ("/queue/join", b"[" * 100_000, 422),
        ("/queue/join", b"[]", 422),
        ("/queue/join", b"{}", 400),
        ("/queue/join", b'{"session_hash": "s"}', 400),
        ("/queue/join", b'{"session_hash": "s", "fn_index": 0}', 422),
        ("/queue/join", b'{"session_hash": "s", "fn_index": 999, "data": []}', 500),
        ("/queue/join", b'{"session_hash": "s", "fn_index": "0", "data": []}', 500),
        ("/call/nothing", b'{"data": []}', 500),
        ("/call/greet", b"{}", 422),
        ("/call/v2/greet", b"{}", 500),
        ("/call/v2/greet", b'{"name": "Bob", "nonsense": 1}', 500),
        ("/call/v2/nothing", b"{}", 500),
        ("/call/a/b", b"{}", 405),
        ("/run/greet", b"nonsense", 422),
        ("/cancel", b"\xff", 422),
        ("/upload", b"no form", 400),
        ("/nothing", b"", 404),
        ("/info", b"", 405),
    ],
)
def test_bad_requests_get_http_errors(
    api: httpx.Client, path: str, body: bytes, status: int
) -> None:
    assert api.post(path, content=body).status_code == status
    assert api.get("/info").status_code == 200  # It lives on.


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=b"),
        (b"--b\r\nno headers", "multipart/form-data; boundary=b"),
        (b"--b\r\nno end of headers\r\n--b--", "multipart/form-data; boundary=b"),
    ],
)
def test_broken_forms_are_refused(api: httpx.Client, form: bytes, kind: str) -> None:
    assert api.post("/upload", content=form, headers={"content-type": kind}).status_code == 400


def test_files_larger_than_the_space_takes_are_refused(
    mock_space: type[MockSpace], snapshot: Path
) -> None:
    config = json.loads((snapshot / "config.json").read_text(encoding="utf-8"))
    mock = mock_space({"config": json.dumps({**config, "max_file_size": 10}).encode()})
    address = f"{mock.url}/gradio_api/upload"
    assert httpx.post(address, files=[("files", ("a.txt", b"a" * 11))]).status_code == 413
    assert httpx.post(address, files=[("files", ("a.txt", b"a" * 10))]).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("content-length: 99999999999", 413),
        ("content-length: -1", 400),
        ("content-length: many", 400),
        ("transfer-encoding: chunked", 411),
    ],
)
def test_bodies_without_an_honest_length_are_refused_unread(
    mock: MockSpace, headers: str, status: int
) -> None:
    place = urlsplit(mock.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = f"POST /gradio_api/upload HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n"
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_a_file_of_answers(mock_space: type[MockSpace], snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "loud.txt").write_text("LOUD", encoding="utf-8")
    shouted = {"path": "loud.txt", "meta": {"_type": "gradio.FileData"}}
    answers = {"/greet": [{"value": "one"}, {"error": "two"}], "shout": {"value": shouted}}
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(answers), encoding="utf-8")
    mock = mock_space(snapshot, answers=file)
    with httpx.Client(base_url=f"{mock.url}/gradio_api") as api:
        said = [api.post("/run/greet", json={"data": ["Bob", 1, "formal"]}) for _ in range(3)]
        assert [one.json().get("data") for one in said] == [["one"], None, None]
        (result,) = api.post("/run/shout", json={"data": [None]}).json()["data"]
        assert api.get(result["url"]).text == "LOUD"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"/nothing": Answer()}, "has no endpoint '/nothing'"),
        ({"/greet": ["Hello"]}, "/greet: .* An answer is an object such as"),
        ({"/greet": []}, "/greet: the list of answers is empty"),
        ({"/greet": {"text": "Hello"}}, "/greet: the answer's text: .* its keys are value"),
        ({"/greet": {"delay": -1}}, "/greet: the answer's delay"),
        ({"/greet": {"delay": "soon"}}, "/greet: the answer's delay"),
        ({"/greet": {"error": 1}}, "/greet: the answer's error"),
        ({"/greet": {"logs": "one"}}, "/greet: the answer's logs"),
        ({"/greet": {"progress": ["half"]}}, "/greet: the answer's progress"),
        ({"/greet": {"stream": "abc"}}, "/greet: the answer's stream"),
        ({"/greet": {"status": 200}}, "/greet: the answer's status"),
        ({"/img": {"value": "one"}}, "/img: an answer's value must be a list of 2 values"),
    ],
)
def test_answers_that_do_not_fit_are_refused(
    snapshot: Path, answers: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        MockSpace(snapshot, answers=answers)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "must be a JSON object"),
        ("[]", "a file of answers must be a JSON object"),
        (
            '{"/shout": {"value": {"path": "../x", "meta": {"_type": "gradio.FileData"}}}}',
            "'../x' is not a file in",
        ),
    ],
)
def test_bad_files_of_answers_are_refused(
    snapshot: Path, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "x").write_text("outside", encoding="utf-8")
    (tmp_path / "inside").mkdir()
    file = tmp_path / "inside" / "answers.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError, match=words):
        MockSpace(snapshot, answers=file)


def test_what_is_no_snapshot_is_refused(snapshot: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no such folder"):
        MockSpace(tmp_path / "nowhere")
    with pytest.raises(SpecError, match=r"has no config\.json"):
        MockSpace(tmp_path)
    with pytest.raises(SpecError, match="a mock needs"):
        MockSpace({"openapi": (snapshot / "openapi.json").read_bytes()})
    with pytest.raises(SpecError, match="is not a JSON object"):
        MockSpace({"config": b"<html>"})
    with pytest.raises(UnsupportedVersionError):
        MockSpace({"config": b'{"version": "4.0.0", "protocol": "sse", "dependencies": []}'})


def test_a_port_that_is_taken(mock: MockSpace, snapshot: Path) -> None:
    with pytest.raises(HubsmithError, match="Cannot listen on"):
        MockSpace(snapshot, port=urlsplit(mock.url).port or 0)


def test_closing_ends_what_is_under_way(snapshot: Path) -> None:
    mock = MockSpace(snapshot, answers={"/greet": Answer(delay=3600)})
    with httpx.Client(base_url=f"{mock.url}/gradio_api") as api:
        event_id = api.post("/call/greet", json={"data": ["Bob", 1, "formal"]}).json()["event_id"]
        with api.stream("GET", f"/call/greet/{event_id}") as stream:
            mock.close()
            # The stream ends, with or without last words.
            with contextlib.suppress(httpx.RemoteProtocolError):
                stream.read()
    mock.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(mock.url)


def test_dropping_the_stream_ends_the_jobs_of_the_session(
    mock: MockSpace, api: httpx.Client, snapshot: Path
) -> None:
    mock.answer("/greet", Answer(delay=3600))
    body = {"fn_index": index_of(snapshot, "greet"), "data": ["Bob", 1, "formal"]}
    api.post("/queue/join", json={**body, "session_hash": "s"})
    with api.stream("GET", "/queue/data?session_hash=s") as stream:
        next(stream.iter_text())
    while True:  # Until the mock noticed.
        with api.stream("GET", "/queue/data?session_hash=s") as stream:
            if "session_not_found" in next(stream.iter_text()):
                break


def test_many_jobs_at_once(mock_space: type[MockSpace], snapshot: Path) -> None:
    def greet(name: str, **_: object) -> Answer:
        return Answer(value=name, delay=0.01)

    mock = mock_space(snapshot, answers={"/greet": greet})
    with Client(mock.url) as client:
        jobs = [client.submit(str(number), api_name="/greet") for number in range(50)]
        assert [job.result() for job in jobs] == [str(number) for number in range(50)]
    assert [call.arguments["name"] for call in mock.calls] == [str(number) for number in range(50)]
