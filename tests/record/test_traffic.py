"""Exchanges in, calls out: without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hubsmith_record.recording import RecordedCall
from hubsmith_record.traffic import CALLS_KEPT, PARTIALS_KEPT, EventStream, Traffic
from hubsmith_record.uploads import IN_MEMORY, Spool, files_of, joined


def sent(*data: Any, **more: Any) -> bytes:
    return json.dumps({"fn_index": 0, "data": data, "session_hash": "s", **more}).encode()


def event(kind: str, event_id: str = "a", **more: Any) -> bytes:
    message = {"msg": kind, "event_id": event_id, **more}
    return b"data: " + json.dumps(message, ensure_ascii=False).encode() + b"\n\n"


def output(*data: Any, **more: Any) -> dict[str, Any]:
    return {"success": True, "output": {"data": data}, **more}


STREAM = (
    event("estimation", rank=0)
    + event("process_starts")
    + event("process_generating", **output("Grüße\u2028"))
    + event("process_generating", "b", **output("other"))
    + event("process_generating", **output([["append", [], ", Bob"]]))
    + event("process_generating", "b", **output([["append", [], " one"]]))
    + event("process_completed", **output("Grüße\u2028, Bob"))
    + event("process_completed", "b", success=False, output={"error": "Too loud"}, title="Sorry")
    + b'data: {"msg": "close_stream", "event_id": null}\n\n'
)


def two_calls(traffic: Traffic) -> None:
    for event_id in "ab":
        call = traffic.begin(sent(event_id, trigger_id=7))
        assert call is not None
        traffic.answer(call, 200, json.dumps({"event_id": event_id}).encode())


def recorded(traffic: Traffic) -> list[RecordedCall]:
    return [call.recorded for call in traffic.calls]


@pytest.mark.parametrize("place", range(1, len(STREAM)))
def test_events_are_told_apart_wherever_the_stream_is_cut(place: int) -> None:
    traffic = Traffic()
    two_calls(traffic)
    stream = EventStream(traffic, "s")
    stream.feed(STREAM[:place])
    stream.feed(STREAM[place:])
    first, second = recorded(traffic)
    assert (first.data, first.trigger_id, first.error) == (["a"], 7, None)
    assert (first.partial_outputs, first.partials) == ((["Grüße\u2028"], ["Grüße\u2028, Bob"]), 2)
    assert first.outputs == ["Grüße\u2028, Bob"]
    assert (second.outputs, second.error) == ((), "Too loud")
    assert second.partial_outputs == (["other"], ["other one"])


def test_events_are_told_apart_byte_by_byte() -> None:
    traffic = Traffic()
    two_calls(traffic)
    stream = EventStream(traffic, "s")
    for place in range(len(STREAM)):
        stream.feed(STREAM[place : place + 1])
    assert [call.error for call in recorded(traffic)] == [None, "Too loud"]


def test_events_that_come_before_the_answer_to_the_call_are_its_own() -> None:
    traffic, ended = Traffic(), list[RecordedCall]()
    traffic = Traffic(on_end=ended.append)
    call = traffic.begin(sent("x"))
    assert call is not None
    EventStream(traffic, "s").feed(event("process_completed", **output("X")))
    assert not ended
    traffic.answer(call, 200, b'{"event_id": "a"}')
    assert [one.outputs for one in ended] == [["X"]]


def test_protocols_without_edits_send_whole_values() -> None:
    traffic = Traffic()
    traffic.config = {"protocol": "sse_v1"}
    two_calls(traffic)
    for value in ("1", "1 2"):
        EventStream(traffic, "s").feed(event("process_generating", **output(value)))
    assert recorded(traffic)[0].partial_outputs == (["1"], ["1 2"])


def test_calls_end_as_what_happened_to_them() -> None:
    traffic, ended = Traffic(), list[RecordedCall]()
    traffic = Traffic(on_end=ended.append, clock=iter(range(100)).__next__)
    for event_id in "abc":
        call = traffic.begin(sent(event_id))
        assert call is not None
        traffic.answer(call, 200, json.dumps({"event_id": event_id}).encode())
    traffic.cancel(b'{"event_id": "a", "session_hash": "s", "fn_index": 0}')
    traffic.receive(
        "s", b'{"msg": "process_completed", "event_id": "a", "success": true, "output": {}}'
    )
    traffic.receive("another", b'{"msg": "unexpected_error", "event_id": null, "message": "no"}')
    assert [call.data for call in ended] == [["a"]]
    # Up to Gradio 5.29 this is the second end of the cancelled call, not that of the session.
    traffic.receive("s", b'{"msg": "unexpected_error", "event_id": null, "message": "\'a\'"}')
    assert len(ended) == 1
    traffic.receive("s", b'{"msg": "unexpected_error", "event_id": null, "message": "stopped"}')
    assert [(call.data, call.error, call.ended is None) for call in ended] == [
        (["a"], None, True),
        (["b"], "stopped", False),
        (["c"], "stopped", False),
    ]


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (503, {"detail": "Queue is full."}, "Queue is full. (status 503)"),
        (422, {}, "the Space gave no reason (status 422)"),
        (200, {}, "the Space gave no reason"),
    ],
)
def test_a_call_that_is_refused_has_the_reason(status: int, answer: object, error: str) -> None:
    traffic = Traffic()
    call = traffic.begin(sent("x"))
    assert call is not None
    traffic.answer(call, status, json.dumps(answer).encode())
    assert recorded(traffic)[0].error == error


def test_a_call_without_the_queue_is_found_by_its_name() -> None:
    traffic = Traffic()
    traffic.config = {"dependencies": [{"id": 4, "api_name": "other"}, {"id": 9, "api_name": "go"}]}
    call = traffic.begin(b'{"data": [1]}', name="go")
    assert call is not None
    traffic.answer(call, 200, b'{"data": [2]}')
    (one,) = recorded(traffic)
    assert (one.fn_index, one.is_queued, one.data, one.outputs) == (9, False, [1], [2])


def test_session_state_is_null_though_a_page_of_gradio_4_sends_a_value() -> None:
    traffic = Traffic()
    traffic.config = {
        "components": [{"id": 1, "type": "textbox"}, {"id": 2, "type": "state"}],
        "dependencies": [{"inputs": [2, 1]}],
    }
    traffic.begin(sent([], "x"))
    assert recorded(traffic)[0].data == [None, "x"]


def test_what_is_typed_into_a_password_field_is_not_kept() -> None:
    hidden: list[str] = []
    traffic = Traffic(hide=hidden.append)
    traffic.config = {
        "components": [
            {"id": 1, "type": "textbox", "props": {"type": "password"}},
            {"id": 2, "type": "textbox", "props": {"type": "text"}},
        ],
        "dependencies": [{"inputs": [2, 1]}],
    }
    traffic.begin(sent("question", "key-of-nobody"))
    traffic.begin(sent("question", ""))
    assert [one.data for one in recorded(traffic)] == [["question", "***"], ["question", ""]]
    assert hidden == ["key-of-nobody"]
    assert "key-of-nobody" not in f"{traffic.notes()}"
    assert "password field" in traffic.notes()[0]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"fn_index": 0}', b'{"data": [1]}', b"\xff"])
def test_what_is_no_call_is_noted(body: bytes) -> None:
    traffic = Traffic()
    assert traffic.begin(body) is None
    assert traffic.notes() == (
        "A call could not be read: it has no function or no list of values.",
    )


def test_partial_results_and_calls_are_bounded_in_number() -> None:
    traffic = Traffic()
    two_calls(traffic)
    for number in range(PARTIALS_KEPT + 5):
        edits = f"{number}" if not number else [["replace", [], f"{number}"]]
        EventStream(traffic, "s").feed(event("process_generating", **output(edits)))
    (first, _) = recorded(traffic)
    assert (first.partials, len(first.partial_outputs)) == (PARTIALS_KEPT + 5, PARTIALS_KEPT)
    for _ in range(CALLS_KEPT):
        traffic.begin(sent())
    assert len(traffic.calls) == CALLS_KEPT
    assert traffic.notes() == (f"Calls after the first {CALLS_KEPT} are not recorded.",)


def form(*files: tuple[str, bytes], boundary: str = "x-Y") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: text/plain\r\n\r\n".encode()
        + content
        for name, content in files
    ]
    return b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])


@pytest.mark.parametrize("size", [1, 1000, 3 << 20])
def test_uploads_are_joined_with_the_paths_that_were_answered(size: int, tmp_path: Path) -> None:
    contents = [b"", b"\r\n--x-", b"z" * size, b"\r\n\r\n"]
    names = ["a.txt", "Grüße.txt", "we%22ird.txt", "../../up.txt"]
    body = form(*zip(names, contents, strict=True))
    spool = Spool(tmp_path)
    for place in range(0, len(body), 65536):
        spool.write(body[place : place + 65536])
    content = spool.content()
    assert isinstance(content, Path) == (len(body) > IN_MEMORY)
    found = files_of(content, 'multipart/form-data; boundary="x-Y"', tmp_path)
    spool.discard()
    files = joined(found, ["/t/0", "/t/1", "/t/2", "/t/3"])
    assert [one.name for one in files.values()] == [*names[:2], 'we"ird.txt', names[3]]
    assert {one.mime_type for one in files.values()} == {"text/plain"}
    kept = [one.content for one in files.values()]
    assert [one.read_bytes() if isinstance(one, Path) else one for one in kept] == contents
    assert len([*tmp_path.iterdir()]) == (size > IN_MEMORY)
    assert joined(found, ["/t/0"]) == {}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\nno end", "multipart/form-data; boundary=x"),
        (form(("a", b"b")), "multipart/form-data"),
        (form(("a", b"b")), "application/json"),
    ],
)
def test_what_is_no_form_has_no_files(body: bytes, kind: str, tmp_path: Path) -> None:
    assert files_of(body, kind, tmp_path) == []
