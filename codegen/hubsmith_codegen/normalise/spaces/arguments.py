"""From a found parameter to its type, its default and its line of help."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...ir.json_type import Json
from ...ir.model import Default
from ...ir.text import NO_TEXT, SpecText, plain
from ...ir.types import (
    NULL,
    Bounds,
    ChoiceType,
    FileType,
    ListType,
    ScalarType,
    Type,
    UnionType,
    accepts,
    holds_file,
    union,
    without_bounds,
)
from .raw import RawParameter, mapping
from .reading import Path, SchemaReader, as_scalar

# A slider's bounds stand only here where /config is not at hand.
_RANGE = re.compile(
    r"numeric value between (?P<minimum>-?\d+(?:\.\d+)?(?:e-?\d+)?)"
    r" and (?P<maximum>-?\d+(?:\.\d+)?(?:e-?\d+)?)$"
)
# Labels that Gradio makes up from a component's number, and those of gr.api.
_MADE_UP = re.compile(r"(?:parameter|value)_\d+|\d+(?:st|nd|rd|th)")
_LONGEST_DEFAULT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A parameter whose schema is read.

    Attributes:
        type: What it takes.
        default: What it is when it is left out; absent for a required one.
        label: What the page calls it; empty where Gradio made that up.
        description: One line of help; may be empty.
        step: In what steps a slider goes.
    """

    type: Type
    default: Default | None
    label: SpecText
    description: SpecText
    step: float | None


def read_argument(parameter: RawParameter, reader: SchemaReader, path: Path) -> Argument:
    """The type, default and help of a parameter.

    Raises:
        NotExpressible: when its schema has no Python type.
    """
    schema = mapping(parameter.schema)
    type_ = reader.read(parameter.schema, path)
    type_ = _with_custom_values(type_, parameter.props)
    type_ = _bounded(type_, _limits(parameter.props, schema))
    if _is_file_input(type_):
        type_ = union([type_, NULL])  # Gradio lets a file component be empty.
    default = None
    if parameter.has_default:
        type_, default = _with_default(type_, parameter.default)
    return Argument(
        type=type_,
        default=default,
        label=own_label(parameter.label),
        description=_description(type_, parameter.props, schema),
        # A number field has a step, too, but any number may be typed there.
        step=_step(parameter.props) if parameter.component == "slider" else None,
    )


def own_label(label: Json) -> SpecText:
    """The label that the author gave; empty for one that Gradio made up."""
    line = plain(label)
    return NO_TEXT if _MADE_UP.fullmatch(line) else line


def _description(type_: Type, props: Mapping[str, Json], schema: Mapping[str, Json]) -> SpecText:
    if info := plain(props.get("info")):
        return info
    # What Gradio says of a file or of untyped JSON is about the wire, not about the argument.
    if holds_file(type_) or schema.get("type") == {}:
        return NO_TEXT
    description = plain(schema.get("description"))
    # The bounds are part of the type.
    return NO_TEXT if _RANGE.fullmatch(description) else description


def _is_file_input(type_: Type) -> bool:
    return isinstance(type_, FileType) or (
        isinstance(type_, ListType) and isinstance(type_.item, FileType)
    )


def _limits(props: Mapping[str, Json], schema: Mapping[str, Json]) -> Bounds:
    found: Mapping[str, Json] = props
    if match := _RANGE.match(plain(schema.get("description"))):
        found = {
            **{keyword: json.loads(text) for keyword, text in match.groupdict().items()},
            **props,
        }
    limits: list[tuple[str, float]] = []
    for keyword in ("minimum", "maximum"):
        if (limit := _number(found.get(keyword))) is not None:
            limits.append((keyword, limit))
    return tuple(limits)


def _step(props: Mapping[str, Json]) -> float | None:
    step = _number(props.get("step"))
    return step if step is not None and step > 0 else None


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _bounded(type_: Type, limits: Bounds) -> Type:
    if not limits or limits[0][1] > limits[-1][1]:
        return type_
    match type_:
        case ScalarType(kind="number" | "integer" as kind, bounds=bounds):
            return ScalarType(kind=kind, bounds=tuple({**dict(limits), **dict(bounds)}.items()))
        case UnionType(options=options):
            return union([_bounded(option, limits) for option in options])
        case _:
            return type_


def _with_custom_values(type_: Type, props: Mapping[str, Json]) -> Type:
    """Choices that the page lets its user extend by typing: any other string will do as well."""
    if props.get("allow_custom_value") is not True:
        return type_
    match type_:
        case ChoiceType():
            return union([type_, ScalarType(kind="string")])
        case ListType(item=item, bounds=bounds):
            return ListType(item=_with_custom_values(item, props), bounds=bounds)
        case UnionType(options=options):
            return union([_with_custom_values(option, props) for option in options])
        case _:
            return type_


def _with_default(type_: Type, value: Json) -> tuple[Type, Default | None]:
    """The default, and the type widened where the Space's own default does not fit it."""
    if value is None:
        return union([type_, NULL]), Default(value=None)
    if as_scalar(value) is not None:
        scalar = as_scalar(value)
        if isinstance(scalar, float) and scalar.is_integer() and not accepts(type_, scalar):
            scalar = int(scalar)
        for widened in (type_, without_bounds(type_), _with_choice(type_, scalar)):
            if accepts(widened, scalar):
                return widened, Default(value=scalar)
    if len(json.dumps(value)) > _LONGEST_DEFAULT:
        # Too much to carry in source code: the caller passes it.
        return type_, None
    return union([type_, NULL]), Default(value=None, wire=value)


def _with_choice(type_: Type, value: Json) -> Type:
    if isinstance(type_, ChoiceType) and isinstance(value, str | int):
        return ChoiceType(values=(*type_.values, value))
    return type_
