"""Turns the traffic between the page and the Space into calls, without I/O.

A page sends a call, gets an event id, and receives the results of all its calls in one stream of
events. `Traffic` receives each of these messages, and assigns them to calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hubsmith_runtime.errors import AppError, HubsmithError
from hubsmith_runtime.http import parsed
from hubsmith_runtime.reading import as_count, as_list, as_object, as_text, as_words
from hubsmith_runtime.spaces import events as kinds, messages
from hubsmith_runtime.spaces.edits import Accumulator
from hubsmith_runtime.sse import EventDecoder

from .recording import RecordedCall, RecordedFile

PARTIALS_KEPT, CALLS_KEPT, NOTES_KEPT = 100, 10_000, 100
"""The maximum of recorded partial results per call, of calls and of remarks."""

_PROTOCOLS_WITHOUT_DIFFS = ("sse", "sse_v1")
_NO_REASON = "the Space gave no reason"


@dataclass(slots=True, eq=False)
class Call:
    """A call that may still be in progress."""

    recorded: RecordedCall
    """What is known of the call so far."""
    event_id: str = ""
    is_over: bool = False
    values: Accumulator = field(default_factory=Accumulator)


class Traffic:
    """The calls, uploads and remarks of one recording.

    Args:
        on_start: Called with each call when the page sends it.
        on_end: Called with each call when it has completed, failed or been cancelled.
        hide: Called with text from password fields, which must not be recorded.
        clock: Returns the time in seconds.
    """

    def __init__(
        self,
        *,
        on_start: Callable[[RecordedCall], object] = lambda call: None,
        on_end: Callable[[RecordedCall], object] = lambda call: None,
        hide: Callable[[str], object] = lambda secret: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config: Mapping[str, Any] = {}
        self.calls: list[Call] = []
        self.uploads: dict[str, RecordedFile] = {}
        self._notes: dict[str, None] = {}
        self._on_start, self._on_end, self._hide = on_start, on_end, hide
        self._clock, self._began = clock, clock()
        self._pending: dict[str, Call] = {}  # By event id.
        self._known: set[str] = set()  # Event ids of all calls, including ended ones.
        self._joining = 0  # Calls without an event id so far; a stream may already have it.
        self._early: dict[str, list[messages.Message]] = {}

    def notes(self) -> tuple[str, ...]:
        """Return the remarks on what could not be recorded."""
        return tuple(self._notes)

    def note(self, words: str) -> None:
        """Record a remark, once."""
        if len(self._notes) < NOTES_KEPT:
            self._notes[words] = None

    def begin(self, body: bytes, *, name: str = "") -> Call | None:
        """Record a call that the page sends; with a `name`, it does not go through the queue.

        Returns:
            The call, for `answer`, or `None` if it is not recorded.
        """
        sent = _object(body)
        fn_index = as_count(sent.get("fn_index"))
        if fn_index is None:
            fn_index = self._named(name)
        if fn_index is None or not isinstance(sent.get("data"), list):
            self.note("A call could not be read: it has no function or no list of values.")
            return None
        if len(self.calls) >= CALLS_KEPT:
            self.note(f"Calls after the first {CALLS_KEPT} are not recorded.")
            return None
        recorded = RecordedCall(
            fn_index=fn_index,
            data=self._values(fn_index, as_list(sent.get("data"))),
            trigger_id=as_count(sent.get("trigger_id")),
            event_data=sent.get("event_data"),
            session_hash=as_text(sent.get("session_hash")),
            started=self._now(),
            is_queued=not name,
        )
        call = Call(recorded)
        self.calls.append(call)
        self._joining += recorded.is_queued
        self._on_start(recorded)
        return call

    def answer(self, call: Call, status: int, body: bytes) -> None:
        """Process the response to a call: an event id, a result, or a refusal."""
        is_queued, said = call.recorded.is_queued, _object(body)
        self._joining -= is_queued
        call.event_id = as_text(said.get("event_id"))
        if status >= 400 or not (call.event_id if is_queued else "data" in said):
            reason = as_words(said.get("error") or said.get("detail")) or _NO_REASON
            self._end(call, error=reason if status < 400 else f"{reason} (status {status})")
        elif is_queued:
            self._pending[call.event_id] = call
            self._known.add(call.event_id)
            for message in self._early.pop(call.event_id, ()):
                self._receive(call, message)
        else:
            self._end(call, outputs=as_list(said.get("data")))
        if not self._joining:
            self._early.clear()

    def lost(self, call: Call) -> None:
        """Record that a call got no response."""
        self._joining -= call.recorded.is_queued
        self._end(call, error="the Space did not answer")

    def cancel(self, body: bytes) -> None:
        """Record that the page cancels a call: it gets no result and no end time."""
        if call := self._pending.get(as_text(_object(body).get("event_id"))):
            self._end(call, is_cancelled=True)

    def receive(self, session_hash: str, payload: bytes) -> None:
        """Process one event of the stream of a session."""
        message = messages.parse_message(payload)
        kind, event_id = message.get("msg"), message.get("event_id")
        if kind == "unexpected_error" and event_id is None:
            # Gradio up to 5.29 ends a cancelled call a second time, with its id as the reason.
            reason = as_words(message.get("message"))
            for call in [*self._pending.values()] if reason.strip("'") not in self._known else []:
                if call.recorded.session_hash == session_hash:
                    self._end(call, error=reason or _NO_REASON)
        elif isinstance(event_id, str):
            if call := self._pending.get(event_id):
                self._receive(call, message)
            elif self._joining and event_id not in self._known:
                self._early.setdefault(event_id, []).append(message)

    def _receive(self, call: Call, message: messages.Message) -> None:
        sends_diffs = self.config.get("protocol") not in _PROTOCOLS_WITHOUT_DIFFS
        kept, count = [*call.recorded.partial_outputs], call.recorded.partials
        is_diff = sends_diffs and count > 0
        match messages.read_event(message, "The call", is_diff=is_diff):
            case kinds.Chunk(values=values, is_diff=has_edits):
                whole = call.values.add(values, is_diff=has_edits)
                if whole is not None and count < PARTIALS_KEPT:
                    kept.append(whole)
                call.recorded = replace(
                    call.recorded, partials=count + 1, partial_outputs=tuple(kept)
                )
            case kinds.Completed(value=values):
                self._end(call, outputs=values)
            case kinds.Failed(error=error):
                is_of_app = isinstance(error, AppError)
                self._end(call, error=(error.message or _NO_REASON) if is_of_app else str(error))
            case kinds.Cancelled():
                self._end(call, is_cancelled=True)
            case _:
                pass

    def _end(
        self,
        call: Call,
        *,
        outputs: list[Any] | None = None,
        error: str | None = None,
        is_cancelled: bool = False,
    ) -> None:
        self._pending.pop(call.event_id, None)
        if not call.is_over:
            ended = None if is_cancelled else self._now()
            call.is_over = True
            call.recorded = replace(call.recorded, outputs=outputs or (), error=error, ended=ended)
            self._on_end(call.recorded)

    def _named(self, name: str) -> int | None:
        """Return the id of the function with an API name."""
        named = (key for key, one in self._functions() if one.get("api_name") == name)
        return next(named, None) if name else None

    def _values(self, fn_index: int, data: list[Any]) -> list[Any]:
        """Return the values sent, with text from password fields replaced.

        Session state becomes null, because the page of Gradio 4 sends a value for it.
        """
        shown = {
            as_count(one.get("id")): one
            for one in map(as_object, as_list(self.config.get("components")))
        }
        values = list(data)
        inputs = as_list(dict(self._functions()).get(fn_index, {}).get("inputs"))
        for place, number in enumerate(inputs[: len(values)]):
            component = shown.get(as_count(number), {})
            if component.get("type") == "state":
                values[place] = None
            elif as_object(component.get("props")).get("type") == "password" and values[place]:
                self._hide(as_text(values[place]))
                values[place] = "***"
                self.note("Text typed into a password field is not recorded. Replace *** by it.")
        return values

    def _functions(self) -> Iterator[tuple[int | None, dict[str, Any]]]:
        for place, one in enumerate(as_list(self.config.get("dependencies"))):
            yield as_count(as_object(one).get("id", place)), as_object(one)

    def _now(self) -> float:
        return self._clock() - self._began


class EventStream:
    """Decodes the events of one session from a stream in arbitrary pieces.

    Args:
        traffic: Receives the events.
        session_hash: The session.
        masked: Masks secrets in an event before it is recorded.
    """

    def __init__(
        self, traffic: Traffic, session_hash: str, masked: Callable[[bytes], bytes] = bytes
    ) -> None:
        self._traffic, self._hash, self._masked = traffic, session_hash, masked
        self._decoder: EventDecoder | None = EventDecoder()

    def feed(self, piece: bytes) -> None:
        """Process the next bytes."""
        if self._decoder is None:
            return
        try:
            for payload in self._decoder.feed(piece):
                self._traffic.receive(self._hash, self._masked(payload))
        except HubsmithError as error:  # The page still gets the rest.
            self._decoder = None
            self._traffic.note(f"The results of some calls are missing: {error}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return as_object(parsed(body))
    except ValueError:
        return {}
