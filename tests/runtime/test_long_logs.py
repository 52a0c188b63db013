"""A job that logs without end: what is kept of it, and what it costs."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hubsmith_runtime.spaces import session as sessions
from hubsmith_runtime.spaces.events import Log
from hubsmith_runtime.spaces.job import JobEvents
from hubsmith_runtime.spaces.session import JobState, Session

from tests.runtime.test_job_state import join, new_state


def line(number: int) -> bytes:
    message = {"msg": "log", "event_id": "e1", "log": f"line {number}", "level": "info"}
    return b"data: " + json.dumps(message).encode() + b"\n\n"


def new_job(**options: Any) -> tuple[Session, JobState]:
    session = Session("hash")
    state = new_state(session=session, **options)
    join(session, "e1", state)
    return session, state


def test_a_status_has_the_first_lines_and_the_events_have_all() -> None:
    session, state = new_job()
    session.feed(b"".join(map(line, range(10_050))))
    assert [one.message for one in state.status().log] == [f"line {n}" for n in range(10_000)]
    logged = [event.line.message for event in state.events if isinstance(event, Log)]
    assert logged == [f"line {n}" for n in range(10_050)]


def test_a_call_whose_events_nobody_reads_keeps_the_first_lines_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "_LONGEST_LOG", 10)
    session, state = new_job(keeps_events=False)
    session.feed(b"".join(map(line, range(50))))
    assert (len(state.status().log), len(state.events)) == (10, 0)


def calls_for(lines: int, piece: int) -> int:
    """Count the functions, of Python and of C, that are called for so many lines."""
    session, _ = new_job()
    content = b"".join(map(line, range(lines)))
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for one in pieces:
            session.feed(one)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("piece", [100, 1 << 16])
def test_twice_as_many_lines_take_twice_as_many_steps(piece: int) -> None:
    calls_for(10, piece)  # What is made once and kept is made now.
    once, twice = calls_for(1000, piece), calls_for(2000, piece)
    assert 1000 <= once <= 100 * 1000
    assert twice <= 2.1 * once


def test_taking_events_one_by_one_takes_each_once() -> None:
    """Whoever iterates while lines come looks at each line once, not at all of them each time."""
    session, state = new_job()

    class Counted(list[Any]):
        taken = 0

        def __getitem__(self, place: Any) -> Any:
            Counted.taken += 1
            return super().__getitem__(place)

    state.events = Counted()
    events, seen = JobEvents[Any](state), 0
    for number in range(500):
        session.feed(line(number))
        seen += len(list(events.take()))
    assert seen == Counted.taken == 500
