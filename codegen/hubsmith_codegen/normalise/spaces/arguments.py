"""From a parameter in a document to its type, default and help."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from ...ir import types
from ...ir.json_type import Json, mapping
from ...ir.model import Default, Parameter
from ...ir.names import identifier
from ...ir.text import NO_TEXT, SpecText, plain
from ...ir.types import Type, accepts, mapped, optional
from ..scalars import as_number, as_scalar
from .raw import RawParameter
from .reading import Path, SchemaReader

# Without /config, this text is the only source of a slider's bounds.
_RANGE = re.compile(
    r"numeric value between (?P<minimum>-?\d+(?:\.\d+)?(?:e-?\d+)?)"
    r" and (?P<maximum>-?\d+(?:\.\d+)?(?:e-?\d+)?)$"
)
# Labels that Gradio makes up from a component's number, and those of gr.api.
_MADE_UP = re.compile(r"(?:parameter|value)_\d+|\d+(?:st|nd|rd|th)")
_LONGEST_DEFAULT = 20_000


def read_parameter(raw: RawParameter, reader: SchemaReader, path: Path) -> Parameter:
    """Read the type, default and help of a parameter; its identifier may not be unique yet."""
    schema = mapping(raw.schema)
    type_ = reader.read(raw.schema, path)
    if raw.props.get("allow_custom_value") is True:
        type_ = _with_custom_values(type_)
    type_ = _bounded(type_, _limits(raw.props, schema))
    item = type_.item if isinstance(type_, types.ListType) else type_
    # The picture of an editor is an object with files, as a video is in Gradio 5.0.
    if isinstance(item, types.FileType) or raw.component in ("video", "imageeditor"):
        type_ = optional(type_)  # Gradio lets a file component be empty.
    default = None
    if raw.has_default:
        type_, default = _with_default(type_, raw.default)
    # A number field has a step, too, but any number may be typed there.
    step = as_number(raw.props.get("step")) if raw.component == "slider" else None
    return Parameter(
        wire_name=SpecText(raw.name),
        identifier=identifier(raw.name, fallback="param"),
        label=own_label(raw.label),
        description=_description(type_, raw.props, schema),
        type=type_,
        default=default,
        component=plain(raw.component),
        example=raw.example,
        step=step if step and step > 0 else None,
    )


def own_label(label: Json) -> SpecText:
    """The label from the app's author; empty for one that Gradio made up."""
    line = plain(label)
    return NO_TEXT if _MADE_UP.fullmatch(line) else line


def _description(type_: Type, props: Mapping[str, Json], schema: Mapping[str, Json]) -> SpecText:
    if info := plain(props.get("info")):
        return info
    # Gradio's descriptions of files and untyped JSON are about the wire format, not the argument.
    if types.holds_file(type_) or schema.get("type") == {}:
        return NO_TEXT
    description = plain(schema.get("description"))
    # The bounds are part of the type.
    return NO_TEXT if _RANGE.fullmatch(description) else description


def _limits(props: Mapping[str, Json], schema: Mapping[str, Json]) -> types.Bounds:
    match = _RANGE.match(plain(schema.get("description")))
    described = {key: json.loads(text) for key, text in match.groupdict().items()} if match else {}
    found = {key: as_number({**described, **props}.get(key)) for key in ("minimum", "maximum")}
    return tuple((key, limit) for key, limit in found.items() if limit is not None)


def _bounded(type_: Type, limits: types.Bounds) -> Type:
    if not limits or limits[0][1] > limits[-1][1]:
        return type_
    if isinstance(type_, types.ScalarType) and type_.kind in ("number", "integer"):
        return replace(type_, bounds=tuple({**dict(limits), **dict(type_.bounds)}.items()))
    if isinstance(type_, types.UnionType):
        return mapped(type_, lambda option: _bounded(option, limits))
    return type_


def _with_custom_values(type_: Type) -> Type:
    # Users of the page can type a value that is not among the choices: any string is accepted.
    if isinstance(type_, types.ChoiceType):
        return types.union([type_, types.TEXT])
    return mapped(type_, _with_custom_values)


def _with_default(type_: Type, value: Json) -> tuple[Type, Default | None]:
    """The default, and the type, widened if the Space's own default does not fit it."""
    if value is None:
        return optional(type_), Default(value=None)
    if (scalar := as_scalar(value)) is not None:
        for widened in (type_, types.without_bounds(type_), _with_choice(type_, scalar)):
            if accepts(widened, scalar):
                return widened, Default(value=scalar)
    if len(json.dumps(value)) > _LONGEST_DEFAULT:
        # Too large for source code: the parameter becomes required.
        return type_, None
    return optional(type_), Default(value=None, wire=value)


def _with_choice(type_: Type, value: Json) -> Type:
    if isinstance(type_, types.ChoiceType) and isinstance(value, str | int):
        return types.ChoiceType(values=(*type_.values, value))
    return type_
