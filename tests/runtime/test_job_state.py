"""One job and one session, as messages; the streams were recorded from real servers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import (
    AppError,
    Cancelled,
    JobCancelledError,
    ServerStoppedError,
    SessionLostError,
    SessionNotFoundError,
    ZeroGPUQuotaError,
    ZeroGPUTimeoutError,
)
from hubsmith_runtime.spaces.codec import Call
from hubsmith_runtime.spaces.edits import Accumulator
from hubsmith_runtime.spaces.events import Chunk, Failed
from hubsmith_runtime.spaces.live import LiveEndpoint
from hubsmith_runtime.spaces.session import JobState, Session
from hubsmith_runtime.transport import Origins

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "gradio-versions"


def new_state(**options: Any) -> JobState:
    options = {"sends_diffs": True, "keeps_events": True, "session": Session("hash"), **options}
    endpoint = LiveEndpoint(fn_index=0, inputs=(), outputs=())
    call = Call(where="space: /call", endpoint=endpoint, values=[], uploads=[], decode=list)
    return JobState(call=call, **options)


def join(session: Session, event_id: str, state: JobState) -> None:
    session.joining.add(state)
    session.end_join(state, event_id)


def completed(event_id: str, output: dict[str, Any], *, success: bool = True) -> dict[str, Any]:
    return {
        "msg": "process_completed", "event_id": event_id, "output": output, "success": success,
    }  # fmt: skip


def recorded_jobs() -> list[Any]:
    found: list[Any] = []
    for path in sorted(CORPUS.glob("*/proto.*.txt")):
        text = path.read_text()
        for block in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            if block.startswith("QUEUE/JOIN"):
                lines = re.findall(r"^  \+[\d.]+s data: (\{.*\})$", block, flags=re.MULTILINE)
                messages = [json.loads(line) for line in lines]
                endings = [m for m in messages if m["msg"] == "process_completed"]
                if len(endings) == 1:
                    name = f"{path.parent.name}/{path.stem}/{block.split()[1]}"
                    found.append(pytest.param(messages, id=name))
    return found


RECORDED = recorded_jobs()


@pytest.mark.skipif(not RECORDED, reason="the corpus of recorded streams is not here")
@pytest.mark.parametrize("messages", RECORDED or [[]])
def test_a_recorded_job_comes_to_its_end(messages: list[dict[str, Any]]) -> None:
    (ending,) = (m for m in messages if m["msg"] == "process_completed")
    session, state = Session("hash"), new_state()
    join(session, ending["event_id"], state)
    for message in messages:
        session.receive(message)
    assert not session.pending
    output = ending["output"]
    if "data" in output and ending["success"]:
        assert state.status().stage == "finished"
        assert state.values() == output["data"]
        chunks = [event for event in state.events if isinstance(event, Chunk)]
        streams = any(m["msg"] == "process_streaming" for m in messages)
        if chunks and not streams:  # A generator ends on its last partial result.
            accumulator = Accumulator()
            last = [accumulator.add(c.values, is_diff=c.is_diff) for c in chunks][-1]
            assert last == output["data"]
    elif output:
        assert state.status().stage == "failed"
        with pytest.raises(AppError):
            state.values()
    else:
        assert state.status().stage == "cancelled"
        with pytest.raises(JobCancelledError):
            state.values()


def test_messages_may_come_before_the_answer_to_the_join() -> None:
    session, state = Session("hash"), new_state()
    session.joining.add(state)
    session.receive(completed("e1", {"data": [1]}))
    session.end_join(state, "e1")
    assert state.values() == [1]
    assert not session.pending


def test_messages_of_unknown_jobs_are_not_kept() -> None:
    session, state = Session("hash"), new_state()
    session.receive(completed("e1", {"data": ["stale"]}))
    join(session, "e1", state)
    assert not state.outcome


def test_the_late_ending_of_a_cancelled_job_disturbs_no_other() -> None:
    session, gone, other, third = Session("hash"), new_state(), new_state(), new_state()
    for event_id, state in (("e1", gone), ("e2", other)):
        join(session, event_id, state)
    session.end(gone, Cancelled())
    session.joining.add(
        third
    )  # While another job is being sent, messages of unknown jobs are kept.
    assert not session.receive(completed("e1", {}))
    session.end_join(third, "e3")
    assert [state.status().stage for state in (gone, other, third)] == [
        "cancelled", "joining", "joining",
    ]  # fmt: skip
    session.receive(completed("e2", {"data": [2]}))
    session.receive(completed("e3", {"data": [3]}))
    assert (other.values(), third.values()) == ([2], [3])


def test_only_a_job_that_runs_or_is_alone_is_cancelled_with_its_function() -> None:
    session = Session("hash")
    first, second = new_state(session=session), new_state(session=session)
    session.joining.add(first)
    assert session.begin_cancel(first) == 0
    join(session, "first", first)
    join(session, "second", second)
    session.receive({"msg": "process_starts", "event_id": "first"})
    assert session.begin_cancel(second) == -1
    assert session.begin_cancel(first) == 0


def test_an_old_stream_that_ends_with_a_cancelled_job_takes_no_other_along() -> None:
    session, gone, other = Session("hash", announces_close=False), new_state(), new_state()
    body: Any = object()
    for event_id, state in (("e1", gone), ("e2", other)):
        join(session, event_id, state)
    session.open(body)
    session.end(gone, Cancelled())
    session.receive(completed("e1", {}))
    assert session.feed(None)
    assert other.outcome is None
    session.open(body)
    assert session.feed(None)  # This one ended before anything came.
    with pytest.raises(SessionLostError):
        other.values()


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"message": "404: Not Found", "session_not_found": True}, SessionNotFoundError),
        ({"message": "404: Session not found."}, SessionNotFoundError),
        ({"message": "Server stopped unexpectedly."}, ServerStoppedError),
    ],
)
def test_an_unexpected_error_concerns_every_job(message: dict[str, Any], error: type) -> None:
    session, states = Session("hash"), [new_state(), new_state()]
    for index, state in enumerate(states):
        join(session, f"e{index}", state)
    assert session.receive({"msg": "unexpected_error", "event_id": None, **message})
    for state in states:
        with pytest.raises(error):
            state.values()


@pytest.mark.parametrize(
    "message",
    [
        completed("a", {"error": "no such key: own-secret", "title": "own-secret"}, success=False),
        {"msg": "process_generating", "event_id": "a", "output": {"error": "own-secret"}},
        {"msg": "unexpected_error", "message": "own-secret is wrong"},
    ],
)
def test_an_error_that_nobody_raises_hides_secrets(message: dict[str, Any]) -> None:
    session = Session("hash", origins=Origins({"https://a.org:443": {"x-own": "own-secret"}}))
    state = new_state(session=session)
    join(session, "a", state)
    session.receive(message)
    (failed,) = state.events
    assert isinstance(failed, Failed)
    assert "***" in str(failed.error)
    said = f"{state.status()} {failed!r} {failed.error} {vars(failed.error)}"
    assert "own-secret" not in said


@pytest.mark.parametrize(
    ("output", "error", "words"),
    [
        ({"error": "boom", "title": "Error"}, AppError, "boom"),
        ({"error": "'quoted by gradio 4'"}, AppError, "quoted by gradio 4"),
        ({"error": None}, AppError, ""),
        ({"error": "used up", "title": "ZeroGPU quota exceeded"}, ZeroGPUQuotaError, "used up"),
        (
            {"error": "No GPU was available after 60s", "title": "ZeroGPU quota exceeded"},
            ZeroGPUTimeoutError,
            "No GPU was available after 60s",
        ),
    ],
)
def test_a_failed_job_says_what_the_space_said(
    output: dict[str, Any], error: type[AppError], words: str
) -> None:
    state = new_state()
    state.receive(completed("e", output, success=False))
    with pytest.raises(AppError) as caught:
        state.values()
    assert type(caught.value) is error
    assert caught.value.message == words
    assert "space: /call" in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"msg": 7},
        {"msg": "progress", "progress_data": "x"},
        {"msg": "progress", "progress_data": [None, {"index": "a"}]},
        {"msg": "log", "log": {"a": 1}},
        {"msg": "estimation", "rank": "first"},
        {"msg": "process_generating", "output": None},
        {"msg": "process_generating", "output": {"data": 5}},
    ],
)
def test_a_strange_message_does_no_harm(message: dict[str, Any]) -> None:
    state = new_state()
    state.receive(message)
    assert state.outcome is None
    state.receive(completed("e", {"data": ["fine"]}))
    assert state.values() == ["fine"]


@pytest.mark.parametrize("output", [None, 5, {"data": None}, {"data": 5}, {"error": 5}])
def test_a_strange_ending_is_never_a_success(output: Any) -> None:
    state = new_state()
    state.receive(completed("e", output))
    assert state.status().stage in ("failed", "cancelled")
