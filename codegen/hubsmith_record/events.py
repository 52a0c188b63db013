"""What each recorded call was: which endpoint, what started it, and whether a client can make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hubsmith_codegen.ir.model import Operation, Service
from hubsmith_codegen.ir.text import plain
from hubsmith_runtime.reading import as_count, as_list, as_object, as_text

from .recording import RecordedCall, Recording

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A dependency of `/config`."""

    id: int
    facts: JsonObject = field(repr=False)

    @property
    def name(self) -> str:
        """Its API name with a slash, as clean text; empty where it has none."""
        name = self.facts.get("api_name")
        return f"/{plain(name.removeprefix('/'))}" if isinstance(name, str) and name else ""

    @property
    def shown(self) -> str:
        """What comments call it."""
        return self.name or f"fn_index={self.id}"

    @property
    def visibility(self) -> str:
        """Whether it is `public`, `undocumented` or `private`."""
        if self.facts.get("api_name") is False:
            return "private"
        shown = "undocumented" if self.facts.get("show_api") is False else "public"
        return as_text(self.facts.get("api_visibility")) or shown

    @property
    def is_page_only(self) -> bool:
        """Whether it runs in the page alone."""
        return self.facts.get("backend_fn") is False

    @property
    def follows(self) -> int | None:
        """The function behind which the page runs it, if it is part of a chain."""
        before = self.facts.get("trigger_after")
        return before if isinstance(before, int) else None

    @property
    def targets(self) -> list[tuple[int | None, str]]:
        """The events that start it, each with its component."""
        pairs = [as_list(one) for one in as_list(self.facts.get("targets"))]
        return [(as_count(one[0]), as_text(one[1])) for one in pairs if len(one) == 2]

    def is_load(self, trigger: int | None) -> bool:
        """Whether a call that this component started came from opening the page."""
        return any(event == "load" and trigger in (None, one) for one, event in self.targets)

    def components(self, side: str) -> list[int | None]:
        """The ids of its `inputs` or `outputs`."""
        return [as_count(one) for one in as_list(self.facts.get(side))]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """A recorded call in its place among the others."""

    call: RecordedCall
    function: Function
    operation: Operation | None  # The endpoint of the client.
    obstacle: str  # Why a client cannot make the call; empty where it can.
    after: Event | None  # The call that the page made it after, as part of a chain.

    @property
    def root(self) -> Event:
        """The call that started the chain."""
        return self if self.after is None else self.after.root

    @property
    def is_load(self) -> bool:
        """Whether it came from opening the page, not from a click."""
        return self.root.function.is_load(self.root.call.trigger_id)


class App:
    """The functions and components of the Space that was recorded."""

    def __init__(self, recording: Recording) -> None:
        self._config = recording.config
        self.functions = {
            one["id"] if isinstance(one.get("id"), int) else place: one
            for place, one in enumerate(map(as_object, as_list(self._config.get("dependencies"))))
        }

    @cached_property
    def components(self) -> dict[int | None, JsonObject]:
        """The components by id."""
        found = map(as_object, as_list(self._config.get("components")))
        return {one["id"]: one for one in found if isinstance(one.get("id"), int)}

    def function(self, number: int) -> Function:
        """A function; one that `/config` does not have is empty."""
        return Function(id=number, facts=self.functions.get(number, {}))

    def is_argument(self, component: int | None) -> bool:
        """Whether a component takes part in calls: state, layout and buttons do not."""
        facts = self.components.get(component, {})
        return facts.get("skip_api", facts.get("type") == "state") is not True

    def label(self, component: int | None) -> str:
        """What the page shows on a component, as clean text."""
        facts = self.components.get(component, {})
        props = as_object(facts.get("props"))
        shown = props.get("value") if facts.get("type") == "button" else props.get("label")
        return plain(shown)

    def page_only(self, events: Sequence[Event]) -> list[Function]:
        """The functions that ran in the page alone when these calls, a chain, were made."""
        numbers = {one.function.id for one in events}
        root = events[0].root
        started = {target for target in root.function.targets if target[0] == root.call.trigger_id}
        found: list[Function] = []
        for number in self.functions:
            one = self.function(number)
            follows = one.follows
            if one.is_page_only and (
                follows in numbers if follows is not None else started & set(one.targets)
            ):
                numbers.add(number)
                found.append(one)
        return found


def events_of(recording: Recording, service: Service, app: App) -> list[Event]:
    """The calls of a recording in their order; the endpoints are those of the client."""
    by_name = {str(one.endpoint): one for one in service.operations if one.endpoint}
    by_number = {one.fn_index: one for one in service.operations if not one.endpoint}
    events: list[Event] = []
    for call in recording.calls:
        function = app.function(call.fn_index)
        name = function.facts.get("api_name")
        operation = by_number.get(call.fn_index)
        if isinstance(name, str) and function.visibility == "public":
            operation = by_name.get(f"/{name.removeprefix('/')}")
        events.append(
            Event(
                call=call,
                function=function,
                operation=operation,
                obstacle=_obstacle(call, function, operation, service),
                after=_before(call, function, events, app),
            )
        )
    return events


def _obstacle(
    call: RecordedCall, function: Function, operation: Operation | None, service: Service
) -> str:
    if function.visibility != "public":
        return f"it is {function.visibility}, so no client has it"
    if operation is None:
        omitted = {one.endpoint: one.reason for one in service.omissions}
        reason = plain(omitted.get(function.shown, ""))
        return f"the client does not have it{f': {reason}' if reason else ''}"
    if call.event_data is not None:
        return "it was given what was selected on the page, which a call cannot be"
    if not operation.is_ordered:
        return "the client was made without knowing in which order it takes its arguments"
    return ""


def _before(
    call: RecordedCall, function: Function, events: Sequence[Event], app: App
) -> Event | None:
    seen: set[int] = set()
    while function.follows is not None and function.id not in seen:
        seen.add(function.id)
        for event in reversed(events):
            is_same = event.call.session_hash == call.session_hash
            if (
                event.function.id == function.follows
                and is_same
                and event.call.trigger_id == call.trigger_id
            ):
                return event
        # What runs in the page alone is not recorded: look behind it.
        function = app.function(function.follows)
    return None
