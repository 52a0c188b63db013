"""Finds the arguments of later calls that came from the results of earlier ones."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hubsmith_codegen.ir.model import Definition
from hubsmith_codegen.ir.types import (
    AnyType,
    ListType,
    MappingType,
    Reference,
    TupleType,
    Type,
)
from hubsmith_codegen.snippets.examples import Expression
from hubsmith_runtime.reading import as_list, as_object

from .events import App
from .step import Part, Step, Writer
from .values import file_path, fits, is_distinctive, is_trivial, sameness

_MOST_ITEMS = 100
_DEEPEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A value in the result of an earlier call."""

    step: Step
    result: int
    parts: tuple[Part, ...]
    type: Type
    component: int | None  # The component that shows it, if it is a whole output.


class Results:
    """The results of the calls so far. `uploads` has the server paths of uploaded files."""

    def __init__(
        self,
        app: App,
        writer: Writer,
        definitions: Iterable[Definition],
        uploads: Container[str],
    ) -> None:
        self._app = app
        self._writer = writer
        self._definitions = {str(one.class_name): one for one in definitions}
        self._uploads = uploads
        self._found: dict[str, list[_Found]] = {}
        self._given: set[str] = set()  # Arguments of calls that no earlier result contained.

    def wired(
        self, step: Step, value: Any, type_: Type, component: int | None = None
    ) -> Expression | None:
        """Return the part of an earlier result that a value came from, if any.

        The earlier call must have ended, and the value must not be trivial. It came from the result
        if the same component showed it, if it is distinctive and was never passed to a call before,
        or if it is a file that was not uploaded.
        """
        text, path = sameness(value), file_path(value)
        if is_trivial(value):
            return None
        is_copy = is_distinctive(value) and text not in self._given
        if path is not None:
            is_copy = path not in self._uploads
        call = step.event.call
        for found in reversed(self._found.get(text, ())):
            before = found.step.event.call
            is_shown = component is not None and found.component == component
            is_later = (before.ended or 0) <= call.started
            is_same_session = before.session_hash == call.session_hash
            if (
                (is_copy or is_shown)
                and is_later
                and is_same_session
                and fits(found.type, type_)
                and (self._writer.any_fits or found.type != AnyType() or type_ == AnyType())
            ):
                step.uses.append(found.step)
                source = self._writer.part(found.step, found.result, found.parts)
                return Expression(source=source)
        return None

    def note_arguments(self, step: Step) -> None:
        """Record the arguments of a call."""
        self._given |= {sameness(one) for one in step.event.call.data} - self._found.keys()

    def note_results(self, step: Step) -> None:
        """Record the result of a call and its parts."""
        call, results = step.event.call, step.operation.results
        components = step.event.function.components("outputs")
        step.output_slots = [
            slot for slot, one in enumerate(components) if self._app.is_argument(one)
        ]
        if len(step.output_slots) != len(results):
            return
        for place, slot in enumerate(step.output_slots):
            value = call.outputs[slot] if slot < len(call.outputs) else None
            if as_object(value).get("__type__") == "update":
                value = as_object(value).get("value")
            for parts, inner, type_ in self._inside(value, results[place].type, ()):
                component = None if parts else components[slot]
                found = _Found(
                    step=step, result=place, parts=parts, type=type_, component=component
                )
                self._found.setdefault(sameness(inner), []).append(found)

    def _inside(
        self, value: Any, type_: Type, parts: tuple[Part, ...]
    ) -> Iterator[tuple[tuple[Part, ...], Any, Type]]:
        if value is None or len(parts) > _DEEPEST:
            return
        yield parts, value, type_
        inner: list[tuple[Part, Any, Type]] = []
        match type_:
            case ListType(item=item):
                items = as_list(value)[:_MOST_ITEMS]
                inner += [(place, one, item) for place, one in enumerate(items)]
            case TupleType(items=types):
                pairs = enumerate(zip(as_list(value), types, strict=False))
                inner += [(place, one, item) for place, (one, item) in pairs]
            case MappingType(value=item) if file_path(value) is None:
                entries = [*as_object(value).items()][:_MOST_ITEMS]
                inner += [(key, one, item) for key, one in entries]
            case Reference(class_name=name) if str(name) in self._definitions:
                inner += [
                    (
                        (str(one.identifier), str(one.wire_name)),
                        as_object(value).get(str(one.wire_name)),
                        one.type,
                    )
                    for one in self._definitions[str(name)].members
                    if one.is_required
                ]
            case _:
                pass
        for part, one, item in inner:
            yield from self._inside(one, item, (*parts, part))
