"""Relates recorded calls to endpoints and to what started them; says if a client can make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from hubsmith_codegen.ir.model import Operation, Service
from hubsmith_codegen.ir.text import plain
from hubsmith_runtime.reading import as_count, as_list, as_object, as_text

from .recording import RecordedCall, Recording

JsonObject = Mapping[str, Any]

_LONGEST_CHAIN = 100
_UNTRANSLATED = "__i18n__"  # Marks a label that is a translation key, which the page resolves.


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A dependency of `/config`."""

    id: int
    facts: JsonObject = field(repr=False)

    @property
    def name(self) -> str:
        """Its API name with a slash, as printable text; empty if it has none."""
        name = self.facts.get("api_name")
        return f"/{plain(name.removeprefix('/'))}" if isinstance(name, str) and name else ""

    @property
    def shown(self) -> str:
        """Its name in comments."""
        return self.name or f"fn_index={self.id}"

    @property
    def visibility(self) -> str:
        """Its API visibility: `public`, `undocumented` or `private`."""
        if self.facts.get("api_name") is False:
            return "private"
        shown = "undocumented" if self.facts.get("show_api") is False else "public"
        return as_text(self.facts.get("api_visibility")) or shown

    @property
    def is_generator(self) -> bool:
        """Whether it yields its results."""
        return as_object(self.facts.get("types")).get("generator") is True

    @property
    def is_page_only(self) -> bool:
        """Whether it runs only in the browser."""
        return self.facts.get("backend_fn") is False

    @property
    def follows(self) -> int | None:
        """The function that it runs after, if it is part of a chain."""
        before = self.facts.get("trigger_after")
        return before if isinstance(before, int) else None

    @property
    def targets(self) -> list[tuple[int | None, str]]:
        """The events that start it, as pairs of component and event."""
        pairs = [as_list(one) for one in as_list(self.facts.get("targets"))]
        return [(as_count(one[0]), as_text(one[1])) for one in pairs if len(one) == 2]

    def is_load(self, trigger: int | None) -> bool:
        """Whether a call started by the component `trigger` came from opening the page."""
        return any(event == "load" and trigger in (None, one) for one, event in self.targets)

    def components(self, side: str) -> list[int | None]:
        """The ids of its `inputs` or `outputs`."""
        return [as_count(one) for one in as_list(self.facts.get(side))]


@dataclass(frozen=True, kw_only=True, eq=False)
class Event:
    """A recorded call and its relation to functions, endpoints and other calls."""

    call: RecordedCall
    function: Function
    recorded: Function  # The function that the page called; differs for a stand-in.
    operation: Operation | None  # The endpoint of the client.
    obstacle: str  # Why a client cannot make the call; empty if it can.
    after: Event | None  # The previous call of the chain, if any.
    is_stand_in: bool = False  # Whether it is the public counterpart of the page's own call.

    @cached_property
    def root(self) -> Event:
        """The call that started the chain."""
        return self.chain[-1]

    @property
    def chain(self) -> list[Event]:
        """The call and the earlier ones of its chain, latest first."""
        found: list[Event] = [self]
        while found[-1].after is not None and len(found) < _LONGEST_CHAIN:
            found.append(found[-1].after)
        return found

    @property
    def is_load(self) -> bool:
        """Whether it came from opening the page, not from a click."""
        return self.root.recorded.is_load(self.root.call.trigger_id)


class App:
    """The functions and components of the recorded Space."""

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
        """The function of this number, without facts if `/config` does not have it."""
        return Function(id=number, facts=self.functions.get(number, {}))

    def is_argument(self, component: int | None) -> bool:
        """Whether a component takes part in calls: state, layout and buttons do not."""
        facts = self.components.get(component, {})
        return facts.get("skip_api", facts.get("type") == "state") is not True

    def label(self, component: int | None) -> str:
        """The label of a component, or the text of a button, as printable text."""
        facts = self.components.get(component, {})
        props = as_object(facts.get("props"))
        shown = plain(props.get("value" if facts.get("type") == "button" else "label"))
        return "" if shown.startswith(_UNTRANSLATED) else shown

    def is_hidden(self, component: int | None) -> bool:
        """Whether a component is invisible on the page."""
        props = as_object(self.components.get(component, {}).get("props"))
        return props.get("visible") in (False, "hidden")

    def page_only(self, events: Sequence[Event]) -> list[Function]:
        """The functions that ran only in the browser as part of a chain of calls."""
        numbers = {one.recorded.id for one in events}
        root = events[0].root
        started = {target for target in root.recorded.targets if target[0] == root.call.trigger_id}
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
    """The calls of a recording, in order, with the endpoints of the client."""
    by_name = {str(one.endpoint): one for one in service.operations if one.endpoint}
    by_number = {one.fn_index: one for one in service.operations if not one.endpoint}
    events: list[Event] = []
    for recorded in recording.calls:
        call, function = recorded, app.function(recorded.fn_index)
        after = _before(call, function, events, app)
        is_stand_in = False
        if function.visibility != "public" and (own := _public_twin(call, function, after, app)):
            is_stand_in, (function, call) = True, own
        name = function.facts.get("api_name")
        operation = by_number.get(function.id)
        if isinstance(name, str) and function.visibility == "public":
            operation = by_name.get(f"/{name.removeprefix('/')}")
        events.append(
            Event(
                call=call,
                function=function,
                recorded=app.function(recorded.fn_index),
                operation=operation,
                obstacle=_obstacle(call, function, operation, service),
                after=after,
                is_stand_in=is_stand_in,
            )
        )
    return events


def _public_twin(
    call: RecordedCall, function: Function, after: Event | None, app: App
) -> tuple[Function, RecordedCall] | None:
    """The public endpoint equivalent to a chain of private functions, and the call of it.

    For example, that of a `gr.ChatInterface`: it is started by a hidden button, shares session
    state with the function of the page, and takes arguments that the chain also takes.
    """
    chain = after.chain if after is not None else []
    if any(one.is_stand_in for one in chain):
        return None
    given = {**dict(zip(function.components("inputs"), call.data, strict=False))}
    for one in chain:
        for component, value in zip(one.function.components("inputs"), one.call.data, strict=False):
            given.setdefault(component, value)
    states = {one for one in function.components("inputs") if not app.is_argument(one)}
    for number in app.functions:
        twin = app.function(number)
        inputs = twin.components("inputs")
        arguments = [one for one in inputs if app.is_argument(one)]
        if (
            twin.visibility == "public"
            and any(app.is_hidden(one) for one, _ in twin.targets)
            and states & {*inputs}
            and twin.is_generator == function.is_generator
            and arguments
            and all(one in given for one in arguments)
        ):
            data = [given[one] if app.is_argument(one) else None for one in inputs]
            return twin, replace(call, fn_index=number, data=data, outputs=(), partial_outputs=())
    return None


def _obstacle(
    call: RecordedCall, function: Function, operation: Operation | None, service: Service
) -> str:
    if function.visibility != "public":
        return f"it is {function.visibility}, so clients have no method for it"
    if not function.facts:
        return "the page made it while it ran, as with gr.render, so clients have no method for it"
    if operation is None:
        omitted = {one.endpoint: one.reason for one in service.omissions}
        reason = plain(omitted.get(function.shown, ""))
        return f"the client has no method for it{f': {reason}' if reason else ''}"
    # Pages send data with many events, such as each change of a text; few functions take it.
    if call.event_data is not None and function.facts.get("collects_event_data") is not False:
        return "it depends on a selection on the page, which a call cannot pass"
    if not operation.is_ordered:
        return "the order of its arguments was unknown when the client was generated"
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
                event.recorded.id == function.follows
                and is_same
                and event.call.trigger_id == call.trigger_id
            ):
                return event
        # Functions that run only in the browser are not recorded, so skip over them.
        function = app.function(function.follows)
    return None
