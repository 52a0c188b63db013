"""The calls of a script, and their arguments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hubsmith_codegen.ir.model import Parameter, Service
from hubsmith_codegen.ir.types import (
    AnyType,
    FileType,
    ListType,
    MappingType,
    TupleType,
    Type,
    UnionType,
    inside,
)
from hubsmith_codegen.snippets.examples import Example, ExampleFile
from hubsmith_codegen.snippets.validation import ObjectValue, Validation
from hubsmith_runtime.reading import as_list, as_object

from .events import App, Event, events_of
from .files import free_name
from .recording import Recording
from .step import Step, Writer
from .values import file_path, sameness
from .wiring import Results


class Plan:
    """The steps of a script, in the order of the recording."""

    def __init__(self, recording: Recording, service: Service, writer: Writer) -> None:
        self.app = App(recording)
        self.files: dict[str, str] = {}  # Uploads that the script needs: names by server path.
        self.has_served_file = False
        self._recording = recording
        self._writer = writer
        self._results = Results(self.app, writer, service.definitions, recording.uploads)
        self._validation = Validation(service.definitions, _as_file)
        self._taken: set[str] = set()
        self.steps: list[Step] = []
        for event in events_of(recording, service, self.app):
            self.steps.append(self._step(event))
        # Calls from opening the page are made only if a later call needs their result.
        needed = [one for one in self.steps if not one.event.is_load and not one.obstacle]
        for one in needed:
            for other in one.uses:
                other.is_used = True
                if other not in needed:
                    needed.append(other)
        self.needed = {id(one) for one in needed}

    def _step(self, event: Event) -> Step:
        step = Step(event=event, obstacle=event.obstacle)
        if not step.obstacle:
            self._read_arguments(step)
        self._results.note_arguments(step)
        if not step.obstacle and event.call.error is None and event.call.ended is not None:
            step.name = self._writer.variable(step.operation, self._taken)
            self._taken.add(step.name)
            self._results.note_results(step)
        return step

    def _read_arguments(self, step: Step) -> None:
        event = step.event
        components = event.function.components("inputs")
        slots = [*zip(components, event.call.data, strict=False)]
        given = [slot for slot in slots if self.app.is_argument(slot[0])]
        parameters = step.operation.parameters
        if len(given) != len(parameters):
            step.obstacle = (
                f"its number of arguments was {len(given)}, but the client takes {len(parameters)}"
            )
            return
        for parameter, (component, value) in zip(parameters, given, strict=True):
            default = parameter.default
            if default is not None and not self._writer.by_place:
                own = default.wire if default.wire is not None else default.value
                if sameness(value) == sameness(own):
                    continue
                if value is None and default.wire is not None:
                    step.obstacle = f"its {parameter.identifier} was cleared, which no call can do"
                    return
            try:
                json.dumps(value, allow_nan=False)  # NaN and infinity have no literal.
                step.arguments.append(
                    (parameter, self._argument(step, parameter, value, component))
                )
            except (ValueError, RecursionError):  # ValueError includes pydantic's.
                step.obstacle = f"the client does not accept its {parameter.identifier}"
                return

    def _argument(
        self, step: Step, parameter: Parameter, value: Any, component: int | None
    ) -> Example:
        found = self._results.wired(step, value, parameter.type, component)
        read = self._validation.read(value, parameter.type)  # Raises if the client rejects it.
        return found or self._example(step, read, value, parameter.type)

    def _example(self, step: Step, value: Example, raw: Any, type_: Type) -> Example:
        """A validated value, with its files and with references to earlier results."""
        if isinstance(value, ExampleFile):
            # A parameter accepts paths and more, but a member of a class must be a `File`.
            is_taken = any(one == FileType() for one in inside(type_))
            return self._file(value.name, is_marked=not is_taken)
        if (path := file_path(raw)) is not None and not isinstance(value, ObjectValue):
            return self._file(path, is_marked=True)
        match value:
            case ObjectValue():
                members = as_object(raw)
                known = {str(one.wire_name): one.type for one in value.definition.members}
                inner = {
                    name: self._part(step, value[name], members.get(name), type_)
                    for name, type_ in known.items()
                    if name in value
                }
                return ObjectValue(value.definition, inner)
            case list() | tuple():
                types = _item_types(type_, len(value))
                items = as_list(raw)
                made = [
                    self._part(step, one, item, type_)
                    for one, item, type_ in zip(value, items, types, strict=True)
                ]
                return tuple(made) if isinstance(value, tuple) else made
            case dict():
                members, of = as_object(raw), _value_type(type_)
                return {
                    key: self._part(step, one, members.get(key), of) for key, one in value.items()
                }
            case _:
                return value

    def _part(self, step: Step, value: Example, raw: Any, type_: Type) -> Example:
        return self._results.wired(step, raw, type_) or self._example(step, value, raw, type_)

    def _file(self, path: str, *, is_marked: bool) -> Example:
        file = self._recording.uploads.get(path)
        if file is None:
            self.has_served_file = True
            return self._writer.served(path, is_marked=is_marked)
        if path not in self.files:
            self.files[path] = free_name(file.name, self.files.values())
        return self._writer.saved(self.files[path], is_marked=is_marked)


def _as_file(value: Any) -> ExampleFile:
    path = file_path(value)
    if path is None:
        raise ValueError("it is not a file")
    return ExampleFile(name=path)


def _item_types(type_: Type, count: int) -> Sequence[Type]:
    options = type_.options if isinstance(type_, UnionType) else (type_,)
    found = [one for one in options if isinstance(one, (ListType, TupleType))]
    match found:
        case [ListType(item=item)]:
            return [item] * count
        case [TupleType(items=items)] if len(items) == count:
            return items
        case _:
            return [AnyType()] * count


def _value_type(type_: Type) -> Type:
    options = type_.options if isinstance(type_, UnionType) else (type_,)
    found = [one.value for one in options if isinstance(one, MappingType)]
    return found[0] if len(found) == 1 else AnyType()
