"""Arrow columns for results: their types, and the conversion of values to them."""

from __future__ import annotations

import base64
import importlib
import io
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pydantic
from hubsmith_runtime import SKIPPED, File, MissingDependencyError, ResultError
from hubsmith_runtime.errors import shorten
from hubsmith_runtime.reading import as_object, as_text
from pydantic_core import to_jsonable_python


def arrow() -> Any:
    """Import and return `pyarrow`.

    Raises:
        MissingDependencyError: if it is not installed.
    """
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        raise MissingDependencyError(
            'hubsmith.ray needs pyarrow. Run: pip install "hubsmith[ray]"'
        ) from None


@dataclass(frozen=True, slots=True)
class Form:
    """The Arrow type of a column, and the function that converts a value to it."""

    type: Any
    take: Callable[[Any], Any]
    is_json: bool = False

    def of(self, value: Any) -> Any:
        """Convert a value for Arrow. Empty and skipped outputs become null."""
        return None if value is None or value is SKIPPED else self.take(value)


def column(form: Form, values: Sequence[Any]) -> tuple[Any, dict[int, ResultError]]:
    """Make a column of results. Those that do not fit are null, with an error by row number."""
    try:
        return arrow().array([form.of(value) for value in values], form.type), {}
    except Exception:  # From pyarrow or a value: convert one by one to find out which.
        taken, errors = list[Any](), dict[int, ResultError]()
    for place, value in enumerate(values):
        try:
            item = form.of(value)
            arrow().array([item], form.type)
        except Exception as error:
            item = None
            text = f"The result {shorten(value)} does not fit a column of {form.type}: {error}"
            errors[place] = ResultError(text, value)
        taken.append(item)
    return arrow().array(taken, form.type), errors


def form_of(annotation: Any) -> Form:
    """Return the form of an annotated result type; JSON text if no Arrow type fits."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return form_of(arguments[0])
    if origin is Literal:
        return _form_of_any({type(value) for value in arguments})
    if origin in (typing.Union, types.UnionType):
        return _form_of_any(_members(arguments))
    if origin in (list, Sequence, cast("Any", typing.get_origin(Sequence[int]))):
        return _listed(form_of(arguments[0]))
    if hasattr(annotation, "_fields"):  # A named tuple: one field per output.
        hints = typing.get_type_hints(annotation, include_extras=True)
        return _named({name: form_of(hints[name]) for name in annotation._fields})
    return _plain(annotation) or json_form()


def form_of_schema(schema: object) -> Form:
    """Return the form for the JSON schema of a Space's output; see `form_of`."""
    about = as_object(schema)
    match as_text(about.get("type")):
        case "string":
            return text_form()
        case "boolean":
            return cast("Form", _plain(bool))
        case "integer":
            return cast("Form", _plain(int))
        case "number":
            return cast("Form", _plain(float))
        case "array" if about.get("items"):
            return _listed(form_of_schema(about["items"]))
        case _:
            return json_form()


def form_of_outputs(outputs: Sequence[object]) -> Form:
    """Return the form of an endpoint's result from the `/info` descriptions of its outputs."""
    described = [as_object(output) for output in outputs]
    forms = [form_of_schema(output.get("type")) for output in described]
    if len(forms) == 1:
        return forms[0]
    labels = [as_text(output.get("label")) for output in described]
    names = [
        label if label and labels.count(label) == 1 else f"output_{place}"
        for place, label in enumerate(labels)
    ]
    return _named(dict(zip(names, forms, strict=True))) if forms else text_form()


def image_form() -> Form:
    """Return the form of images: PNG files."""

    def png(image: Any) -> bytes:
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    return Form(arrow().binary(), png)


def json_form() -> Form:
    """Return the form of values without an Arrow type: JSON text."""

    def take(value: Any) -> str:
        return json.dumps(_jsonable(value), ensure_ascii=False)

    return Form(arrow().string(), take, is_json=True)


def _jsonable(value: Any) -> Any:
    match value:
        case None | str() | int() | float() | bool():
            return value
        case File():
            if value.is_local:
                return {"file": Path(value).absolute().as_posix(), "name": value.name}
            return {"url": value.url}
        case pydantic.BaseModel():
            return {name: _jsonable(item) for name, item in value}
        case Mapping():
            entries = cast("Mapping[object, object]", value)
            return {str(name): _jsonable(item) for name, item in entries.items()}
        case tuple() if hasattr(cast("object", value), "_asdict"):
            return _jsonable(cast("Any", value)._asdict())
        case list() | tuple():
            return [_jsonable(item) for item in cast("list[object]", value)]
        case bytes():
            return {"base64": base64.b64encode(value).decode()}
        case _ if value is SKIPPED:
            return None
        case _ if hasattr(value, "tolist"):  # A NumPy array.
            return value.tolist()
        case _:
            return to_jsonable_python(value)


def text_form() -> Form:
    """Return the form of text."""
    return Form(arrow().string(), lambda text: text)


def _plain(kind: Any) -> Form | None:
    if kind in (None, type(None)):
        return text_form()  # No outputs: a column of nulls.
    name = {str: "string", bool: "bool_", int: "int64", float: "float64", bytes: "binary"}.get(kind)
    if name is None:
        return None
    return Form(getattr(arrow(), name)(), float if kind is float else lambda value: value)


def _members(arguments: Sequence[Any]) -> set[Any]:
    """Return the types in a union; for a `Literal`, those of its values."""
    found: set[Any] = set()
    for member in arguments:
        if typing.get_origin(member) is typing.Annotated:
            member = typing.get_args(member)[0]
        if typing.get_origin(member) is Literal:
            found |= {type(value) for value in typing.get_args(member)}
        else:
            found.add(member)
    return found


def _form_of_any(kinds: set[Any]) -> Form:
    kinds = kinds - {type(None)}
    if kinds == {int, float}:
        kinds = {float}
    return form_of(kinds.pop()) if len(kinds) == 1 else json_form()


def _listed(item: Form) -> Form:
    if item.is_json:
        return json_form()  # One JSON text for the whole list.
    return Form(arrow().list_(item.type), lambda values: [item.of(value) for value in values])


def _named(fields: Mapping[str, Form]) -> Form:
    def take(values: Any) -> dict[str, Any]:
        pairs = zip(fields.items(), values, strict=True)
        return {name: form.of(value) for (name, form), value in pairs}

    return Form(arrow().struct([(name, form.type) for name, form in fields.items()]), take)
