"""From a request model to the JSON of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, cast

import pydantic
import pydantic_core

from ._endpoint import Request
from ._errors import SpaceChangedError, ValidationError
from ._files import File
from ._live import LiveEndpoint

# Below this a JavaScript front end writes a whole float without a fraction or exponent.
_EXPONENT_FROM = 1e21


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that must be on the server before the call."""

    file: File
    references: list[dict[str, Any]]  # Where the call names it: each gets the server's path.


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, ready to be sent once its files are."""

    fn_index: int
    values: list[Any]
    uploads: list[Upload]
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    extras: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)  # Of the body.


def encode(
    request: Request[Any],
    live: LiveEndpoint,
    source: str,
    base: str,
    order: Sequence[str] | None = None,
) -> Call:
    """Lay a request's arguments out in the input slots of the Space whose API root is `base`.

    They stand in the order of the request's fields, or in that of the wire names in `order`.
    """
    endpoint = type(request).__endpoint__
    declared = type(request).model_fields
    fields = {model_field.alias or name: name for name, model_field in declared.items()}
    if len(fields) != (expected := sum(live.inputs)):
        raise SpaceChangedError(
            f"{source}: {endpoint} takes {expected} arguments, but this client was generated "
            f"for {len(fields)}. Run `hubsmith update` to generate it again."
        )
    if order is not None:
        if len(order) != len(fields) or fields.keys() != set(order):
            raise SpaceChangedError(
                f"{source}: {endpoint} takes {', '.join(order)}, but this client was generated for "
                f"{', '.join(fields)}. Run `hubsmith update` to generate it again."
            )
        fields = {wire_name: fields[wire_name] for wire_name in order}
    uploads: dict[int, Upload] = {}
    values: list[Any] = []
    for wire_name, name in fields.items():
        value = getattr(request, name)
        if value is None:
            value = endpoint.defaults.get(wire_name)
        try:
            values.append(encode_value(value, uploads, base))
        except (pydantic_core.PydanticSerializationError, RecursionError) as error:
            raise ValidationError(
                f"{endpoint}: {name}: a {type(value).__name__} cannot be sent as JSON: {error}"
            ) from None
    return Call(fn_index=live.fn_index, values=fill(live, values), uploads=list(uploads.values()))


def fill(live: LiveEndpoint, values: Sequence[Any]) -> list[Any]:
    """Put the arguments into their input slots, and null into those of session state."""
    slots = iter(values)
    return [next(slots) if is_argument else None for is_argument in live.inputs]


def encode_value(value: Any, uploads: dict[int, Upload], base: str) -> Any:
    """Return the JSON of an argument, and add the files in it to the uploads."""
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            # Space functions rely on what a browser sends: `range(steps)` needs an integer.
            whole = value.is_integer() and abs(value) < _EXPONENT_FROM
            return int(value) if whole else value
        case File():
            return _encode_file(value, uploads, base)
        case pydantic.RootModel():
            return encode_value(cast("Any", value).root, uploads, base)
        case pydantic.BaseModel():
            return _encode_model(value, uploads, base)
        case Mapping():
            entries = cast("Mapping[Any, Any]", value)
            return {str(key): encode_value(item, uploads, base) for key, item in entries.items()}
        case Sequence() | Set() if not isinstance(value, (bytes, bytearray)):
            items = cast("Sequence[Any]", value)
            return [encode_value(item, uploads, base) for item in items]
        case _:
            plain = pydantic_core.to_jsonable_python(value, bytes_mode="base64")
            return encode_value(plain, uploads, base)


def _encode_model(
    model: pydantic.BaseModel, uploads: dict[int, Upload], base: str
) -> dict[str, Any]:
    if not type(model).__pydantic_complete__:
        # A class that names a later one learns its aliases only now.
        type(model).model_rebuild()
    encoded: dict[str, Any] = {}
    for name, declared in type(model).model_fields.items():
        value = getattr(model, name)
        # What was left out stays out, so that the Space's own default holds; a constant such as
        # the `type` of a chat message is sent.
        if value is not None or name in model.model_fields_set:
            encoded[declared.alias or name] = encode_value(value, uploads, base)
    for name, value in (model.model_extra or {}).items():
        encoded[name] = encode_value(value, uploads, base)
    return encoded


def _encode_file(file: File, uploads: dict[int, Upload], base: str) -> dict[str, Any]:
    known = file.reference(base)
    if known is not None:
        return known
    reference: dict[str, Any] = {
        "path": "",
        "orig_name": file.name,
        "meta": {"_type": "gradio.FileData"},
    }
    about = {"mime_type": file.mime_type, "size": file.size}
    reference.update({key: value for key, value in about.items() if value is not None})
    uploads.setdefault(id(file), Upload(file=file, references=[])).references.append(reference)
    return reference
