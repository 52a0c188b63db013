"""Example arguments: what a snippet passes so that it runs as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..ir.model import Definition, Json, Operation, Parameter, Schema
from .values import MismatchError, ValueReader, holds_file, is_file, options_of

_LONGEST = 400
_DEEPEST = 8
_MOST_PARTS = 200
_MOST_ITEMS = 20
_MOST_STEPS = 5_000
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
    """A file of the reader's own, by its name in the working folder."""

    name: str


Example: TypeAlias = "Json | ExampleFile | list[Example] | dict[str, Example]"
"""A value that stands in a snippet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A parameter with the value that a snippet passes."""

    parameter: Parameter
    value: Example


def example_arguments(
    operation: Operation, definitions: Sequence[Definition]
) -> tuple[Argument, ...]:
    """What a snippet passes: every required argument, and the others that a default shows.

    Where the Space's own value is null, an object, a list or a file, it is left out.
    """
    found: list[Argument] = []
    for parameter in operation.parameters:
        if parameter.default is None:
            found.append(Argument(parameter=parameter, value=example_value(parameter, definitions)))
        elif parameter.default.value is not None:
            found.append(Argument(parameter=parameter, value=parameter.default.value))
    return tuple(found)


def example_value(parameter: Parameter, definitions: Sequence[Definition]) -> Example:
    """A value that a parameter accepts: the spec's own example where it fits, or one made up.

    A file is never taken from a spec: a stranger does not choose what a snippet reads or fetches.
    """
    by_name = {str(one.class_name): one for one in definitions}
    own = parameter.example
    if own is not None and not holds_file(parameter.schema, by_name) and not _names_file(own):
        try:
            ValueReader(definitions, _no_file, most_steps=_MOST_STEPS).read(own, parameter.schema)
        except MismatchError:
            pass
        else:
            if len(json.dumps(own)) <= _LONGEST:
                return _sorted(own)
    component = str(parameter.component)
    name = "image.png" if component in _IMAGES else _FILE_NAMES.get(component, "file.txt")
    return _Maker(by_name, ExampleFile(name=name)).make(parameter.schema)


def own_value(parameter: Parameter) -> Json:
    """What stands for a left-out argument that has to be passed; null where that is a file."""
    wire = parameter.default.wire if parameter.default is not None else None
    return None if _names_file(wire) else wire


def _names_file(value: Json) -> bool:
    """Whether a client would take an object in a value for a file, and send what it names."""
    match value:
        case dict():
            return "path" in value or any(map(_names_file, value.values()))
        case list():
            return any(map(_names_file, value))
        case _:
            return False


def needs_file(operation: Operation) -> bool:
    """Whether an endpoint cannot be called without a file."""
    return any(
        one.default is None and any(map(is_file, options_of(one.schema)))
        for one in operation.parameters
    )


def _sorted(value: Json) -> Json:
    """The value with the keys of its objects in order: servers have them in any."""
    match value:
        case dict():
            return {key: _sorted(value[key]) for key in sorted(value)}
        case list():
            return [_sorted(one) for one in value]
        case _:
            return value


def _no_file(path: str) -> object:
    raise MismatchError("must be no file")


class _Maker:
    """Makes values up, within bounds: a type may hold itself, and many times so."""

    def __init__(self, definitions: Mapping[str, Definition], file: ExampleFile) -> None:
        self._definitions = definitions
        self._file = file
        self._parts_left = _MOST_PARTS

    def make(self, schema: Schema, depth: int = 0) -> Example:
        """Make a value that a schema accepts, where there is one of a bearable size."""
        self._parts_left -= 1
        if "anyOf" in schema:
            options = [one for one in options_of(schema) if one.get("type") != "null"]
            return self.make(options[0] if options else {}, depth + 1)
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return choices[0]
        if is_file(schema):
            return self._file
        if isinstance(target := schema.get("$ref"), str):
            return self._object(self._definitions[target.rpartition("/")[2]], depth)
        match schema.get("type"):
            case "boolean":
                return True
            case "integer" | "number":
                return _number(schema)
            case "null":
                return None
            case "array":
                return self._list(schema, depth)
            case "object":
                return {}
            case _:
                return _text(schema)

    def _object(self, definition: Definition, depth: int) -> Example:
        if self._is_enough(depth):
            return {}
        return {
            str(member.wire_name): self.make(member.schema, depth + 1)
            for member in definition.members
            if member.is_required
        }

    def _list(self, schema: Schema, depth: int) -> Example:
        places, item, least = schema.get("prefixItems"), schema.get("items"), schema.get("minItems")
        if isinstance(places, list):
            schemas = [place if isinstance(place, dict) else {} for place in places]
        else:
            count = max(least if isinstance(least, int) else 0, 1)
            schemas = [item if isinstance(item, dict) else {}] * min(count, _MOST_ITEMS)
        return [] if self._is_enough(depth) else [self.make(one, depth + 1) for one in schemas]

    def _is_enough(self, depth: int) -> bool:
        return depth > _DEEPEST or self._parts_left < 0


def _number(schema: Schema) -> int | float:
    value: int | float = 1
    for keyword, step in (("minimum", 0), ("exclusiveMinimum", 1)):
        limit = schema.get(keyword)
        if isinstance(limit, int | float) and value < limit + step:
            value = limit + step
    for keyword, step in (("maximum", 0), ("exclusiveMaximum", 1)):
        limit = schema.get(keyword)
        if isinstance(limit, int | float) and value > limit - step:
            value = limit - step
    return value


def _text(schema: Schema) -> str:
    least, most = schema.get("minLength"), schema.get("maxLength")
    text = "Hello"
    if isinstance(least, int):
        text = text.ljust(min(least, _LONGEST), "o")
    return text[:most] if isinstance(most, int) else text
