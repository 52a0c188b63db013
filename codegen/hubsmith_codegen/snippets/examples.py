"""Example arguments: what a snippet passes so that it runs as it is."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..ir import types
from ..ir.json_type import Json
from ..ir.model import Definition, Operation, Parameter, definitions_in
from ..ir.text import Source
from ..ir.types import Type
from .validation import ObjectValue, Validation

_LONGEST = 400
_DEEPEST = 8
_MOST_PARTS = 200
_MOST_ITEMS = 20
_FILE_NAMES = {
    "audio": "audio.wav",
    "microphone": "audio.wav",
    "model3d": "model.glb",
    "video": "video.mp4",
    "playablevideo": "video.mp4",
}
_IMAGES = frozenset(
    {"annotatedimage", "gallery", "image", "imageeditor", "imagemask", "imageslider", "paint"}
    | {"sketchpad"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleFile:
    """One of the reader's own files, by its name in the working folder."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression in the language of the snippet, such as a variable, in place of a value.

    In a shell snippet, it is the name of a variable that contains JSON.
    """

    source: Source


Example: TypeAlias = (
    "Json | ExampleFile | Expression | list[Example] | tuple[Example, ...] | dict[str, Example]"
)
"""A value in a snippet; objects of a class are `ObjectValue`."""


class Examples:
    """Makes example arguments for the endpoints of a service with these classes."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._definitions = {str(one.class_name): one for one in definitions}
        self._validation = Validation(self._definitions.values())

    def arguments(self, operation: Operation) -> list[tuple[Parameter, Example]]:
        """What a snippet passes: required arguments, and the defaults of optional ones.

        Defaults that are null, an object, a list or a file are left out.
        """
        return [
            (one, self.value(one) if one.default is None else one.default.value)
            for one in operation.parameters
            if one.default is None or one.default.value is not None
        ]

    def all_values(self, operation: Operation) -> list[Example]:
        """A value for every parameter, in order; the Space's default for those left out.

        A default that is a file becomes null.
        """
        return in_place(operation, self.arguments(operation))

    def value(self, parameter: Parameter) -> Example:
        """A value for a parameter: the spec's example if it fits, or else a made-up one.

        Files are never taken from the spec, which must not choose what a snippet reads or fetches.
        """
        own, type_ = parameter.example, parameter.type
        if own is not None and self._is_plain(type_) and not _names_file(own):
            with contextlib.suppress(ValueError, RecursionError):
                # Sorted, because servers return the keys of objects in any order.
                if len(text := json.dumps(own, sort_keys=True)) <= _LONGEST:
                    return self._validation.read(json.loads(text), type_)
        component = str(parameter.component)
        name = "image.png" if component in _IMAGES else _FILE_NAMES.get(component, "file.txt")
        return _Maker(self._definitions, ExampleFile(name=name)).make(type_)

    def _is_plain(self, type_: Type) -> bool:
        """Whether a type contains no files and no unions of containers: validating against nested
        unions can take exponential time.
        """
        found = [type_]
        for definition in definitions_in(found, self._definitions.values()):
            found += [member.type for member in definition.members]
        return not any(types.holds_file(one) or _has_alternatives(one) for one in found)


def in_place(operation: Operation, arguments: Iterable[tuple[Parameter, Example]]) -> list[Example]:
    """A value for every parameter, in order; the Space's default for those without an argument."""
    given = {id(parameter): value for parameter, value in arguments}
    for one in operation.parameters:
        wire = one.default.wire if one.default is not None else None
        given.setdefault(id(one), None if _names_file(wire) else wire)
    return [given[id(one)] for one in operation.parameters]


def parts(value: Example) -> Iterator[Example]:
    """The value and every value inside it."""
    yield value
    match value:
        case list() | tuple():
            for one in value:
                yield from parts(one)
        case dict():
            for one in value.values():
                yield from parts(one)
        case _:
            pass


def has_file(value: Example) -> bool:
    """Whether the value contains a file anywhere."""
    return any(isinstance(one, ExampleFile) for one in parts(value))


def _names_file(value: Json) -> bool:
    """Whether a client would take an object in the value for a file, and send that file."""
    return any(isinstance(one, dict) and "path" in one for one in parts(value))


def _has_alternatives(type_: Type) -> bool:
    containers = (types.ListType, types.TupleType, types.MappingType, types.Reference)
    return any(
        sum(isinstance(option, containers) for option in one.options) > 1
        for one in types.inside(type_)
        if isinstance(one, types.UnionType)
    )


class _Maker:
    """Makes up values of limited size, because a type may contain itself, even many times."""

    def __init__(self, definitions: Mapping[str, Definition], file: ExampleFile) -> None:
        self._definitions = definitions
        self._file = file
        self._parts_left = _MOST_PARTS

    def make(self, type_: Type, depth: int = 0) -> Example:
        """Make a value of a type; beyond the limits it is empty, even if that does not fit."""
        self._parts_left -= 1
        is_enough = depth > _DEEPEST or self._parts_left < 0
        match type_:
            case types.UnionType(options=options):
                return self.make(next(one for one in options if one != types.NULL), depth + 1)
            case types.ChoiceType(values=values):
                return values[0]
            case types.FileType():
                return self._file
            case types.Reference(class_name=name) if not is_enough:
                definition = self._definitions[name]
                required = [one for one in definition.members if one.is_required]
                members = {str(one.wire_name): self.make(one.type, depth + 1) for one in required}
                return ObjectValue(definition, members)
            case types.ListType(item=item, bounds=bounds) if not is_enough:
                count = min(max(int(dict(bounds).get("minItems", 1)), 1), _MOST_ITEMS)
                return [self.make(item, depth + 1) for _ in range(count)]
            case types.TupleType(items=items) if not is_enough:
                return tuple(self.make(item, depth + 1) for item in items)
            case types.ListType() | types.TupleType():
                return []
            case types.MappingType() | types.Reference():
                return {}
            case types.ScalarType(kind=kind, bounds=bounds):
                return _scalar(kind, dict(bounds))
            case _:
                return "Hello"


def _scalar(kind: types.Kind, bounds: Mapping[str, float]) -> Json:
    match kind:
        case "boolean":
            return True
        case "null":
            return None
        case "string":
            text = "Hello".ljust(min(int(bounds.get("minLength", 0)), _LONGEST), "o")
            return text[: int(bounds["maxLength"])] if "maxLength" in bounds else text
        case "integer" | "number":
            number = max(1, bounds.get("minimum", 1), bounds.get("exclusiveMinimum", 0) + 1)
            return min(
                number,
                bounds.get("maximum", number),
                bounds.get("exclusiveMaximum", number + 1) - 1,
            )
