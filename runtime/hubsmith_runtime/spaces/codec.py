"""Encodes a request model as the JSON of a call, and decodes outputs to a typed result."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import typing
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, ClassVar, TypeVar, cast

import pydantic
import pydantic_core

from ..arrays import json_forms
from ..errors import ResultError, SpaceChangedError, ValidationError, a_type, first_problem, shorten
from ..files import File, answered_file
from ..model import RequestModel
from ..reading import as_object
from ..saving import FileOrigin
from .events import SKIPPED, ComponentUpdate
from .filedata import convert_files, has_any
from .live import LiveEndpoint

R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The endpoint of a Space that a request model calls."""

    name: str = ""  # With its leading slash; empty if it has none.
    fn_index: int | None = None  # If it has no name; it shifts when the author adds an event.
    outputs: int = 1  # For 0 the result is `None`, for more than 1 the request's named tuple.
    is_ordered: bool = True  # Whether fields are in the order of the inputs; else `/info` is read.
    # By wire name, for parameters whose default is not a scalar: sent when the argument is `None`.
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return self.name or f"fn_index={self.fn_index}"


class Request(RequestModel[R]):
    """The arguments of one call of one endpoint, checked when it is made.

    A subclass names its result type, `class GreetRequest(Request[str])`, and its `__endpoint__`.
    It can be stored, queued and sent later with `space.run(request)`.

    Raises:
        ValidationError: when an argument is missing, unknown, of the wrong type or out of bounds.
    """

    __endpoint__: ClassVar[Endpoint]

    @classmethod
    def _called(cls) -> object:
        return cls.__endpoint__

    @pydantic.field_validator("*", mode="wrap")
    @classmethod
    def _take(cls, value: Any, check: Callable[[Any], Any]) -> Any:
        for form in json_forms(value):
            with contextlib.suppress(pydantic.ValidationError):
                return check(form)
        return check(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that must be uploaded before the call."""

    file: File
    references: list[dict[str, Any]]  # Its uses in the call: each gets the server's path.


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, ready to be sent once its files are uploaded."""

    where: str  # Space and endpoint, for messages.
    endpoint: LiveEndpoint
    values: list[Any] = field(repr=False)  # One per input slot.
    uploads: Sequence[Upload] = field(repr=False)
    decode: Callable[[list[Any]], Any] = field(repr=False)  # From outputs to result.
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    extras: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)  # For the body.


class Encoder:
    """Encodes arguments as JSON for the Space with API root `base`, and collects their files."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._uploads: dict[int, Upload] = {}

    @property
    def uploads(self) -> list[Upload]:
        return list(self._uploads.values())

    def argument(self, value: Any, where: str) -> Any:
        """Return the JSON form of an argument, or raise if it has none; `where` is for messages."""
        try:
            return self._value(value)
        except (pydantic_core.PydanticSerializationError, RecursionError, ValueError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
            what = a_type(cast("object", value)) + " cannot be sent as JSON"
            advice = "Pass files, bytes and images as File(...)."
            raise ValidationError(f"{where}: {what}: {reason}. {advice}") from None

    def _value(self, value: Any) -> Any:
        match value:
            case None | bool() | str() | int():
                return value
            case float():
                if not math.isfinite(value):
                    raise ValueError(f"{value} is not a JSON number")
                return value
            case File():
                reference = value.reference(self._base)  # With values from a server.
                return self._upload(value) if reference is None else self._value(reference)
            case pydantic.RootModel():
                return self._value(cast("Any", value).root)
            case pydantic.BaseModel():
                return self._model(value)
            case Mapping():
                entries = cast("Mapping[Any, Any]", value)
                return {str(key): self._value(item) for key, item in entries.items()}
            case Sequence() | Set() if not isinstance(value, (bytes, bytearray)):
                return [self._value(item) for item in cast("Sequence[Any]", value)]
            case os.PathLike():
                raise ValueError(f"{value} can mean a file or, as str(...), text")
            case _:
                for form in json_forms(value):
                    return self._value(form)
                return self._value(pydantic_core.to_jsonable_python(value, bytes_mode="base64"))

    def _model(self, model: pydantic.BaseModel) -> dict[str, Any]:
        if not type(model).__pydantic_complete__:
            type(model).model_rebuild()  # Resolves forward references, so that aliases are known.
        sent: dict[str, Any] = dict(model.model_extra or {})
        for name, declared in type(model).model_fields.items():
            value = getattr(model, name)
            # Omitted fields are not sent, so that the Space's own default applies; constants, such
            # as the `type` of a chat message, are.
            if value is not None or name in model.model_fields_set:
                sent[declared.alias or name] = value
        return {name: self._value(value) for name, value in sent.items()}

    def _upload(self, file: File) -> dict[str, Any]:
        about = {"mime_type": file.mime_type, "size": file.size}
        reference: dict[str, Any] = {
            "path": "",
            "orig_name": file.name,
            "meta": {"_type": "gradio.FileData"},
            **{key: value for key, value in about.items() if value is not None},
        }
        upload = self._uploads.setdefault(id(file), Upload(file=file, references=[]))
        upload.references.append(reference)
        return reference


def encode(
    request: Request[Any],
    live: LiveEndpoint,
    source: str,
    origin: FileOrigin,
    order: Sequence[str] | None = None,
) -> Call:
    """Put a request's arguments into the input slots of the running Space.

    Their order is that of the request's fields or, if given, of the wire names in `order`.
    """

    def check(is_same: bool, what: str, generated_for: object) -> None:
        if not is_same:
            raise SpaceChangedError(
                f"{where} {what}, but this client was generated for {generated_for}. "
                "Run `hubsmith update` to generate it again."
            )

    endpoint, encoder = type(request).__endpoint__, Encoder(origin.base)
    where, inputs, outputs = f"{source}: {endpoint}", sum(live.inputs), sum(live.outputs)
    declared = type(request).model_fields.items()
    fields = {model_field.alias or name: name for name, model_field in declared}
    check(len(fields) == inputs, f"takes {inputs} arguments", len(fields))
    check(endpoint.outputs == outputs, f"returns {outputs} values", endpoint.outputs)
    if order is not None:
        is_same = len(order) == len(fields) and fields.keys() == set(order)
        check(is_same, f"takes {', '.join(order)}", ", ".join(fields))
        fields = {wire_name: fields[wire_name] for wire_name in order}
    values: list[Any] = []
    for wire_name, name in fields.items():
        value = getattr(request, name)
        value = endpoint.defaults.get(wire_name) if value is None else value
        values.append(encoder.argument(value, f"{endpoint}: {name}"))
    return Call(
        where=where,
        endpoint=live,
        values=fill(live, values),
        uploads=encoder.uploads,
        decode=partial(decode, type(request), live, where, origin),
    )


def fill(live: LiveEndpoint, values: Sequence[Any]) -> list[Any]:
    """Put the arguments into their input slots, and null into those of session state."""
    slots = iter(values)
    return [next(slots) if is_argument else None for is_argument in live.inputs]


def results_of(live: LiveEndpoint, outputs: list[Any]) -> list[Any]:
    """Return the outputs that belong to the result."""
    # Some versions omit trailing outputs that are empty.
    padded = outputs + [None] * (len(live.outputs) - len(outputs))
    return list(itertools.compress(padded, live.outputs))


def updates_of(live: LiveEndpoint, outputs: list[Any]) -> tuple[ComponentUpdate | None, ...]:
    """Return, for each output of the result, its component's changes other than the value."""
    return tuple(
        ComponentUpdate({k: v for k, v in output.items() if k not in ("__type__", "value")})
        if _is_update(output)
        else None
        for output in results_of(live, outputs)
    )


def _is_update(output: Any) -> bool:
    return as_object(output).get("__type__") == "update"


def decode(
    request: type[Request[Any]],
    live: LiveEndpoint,
    where: str,
    origin: FileOrigin,
    outputs: list[Any],
) -> Any:
    """Return the result of a request, or raise if an output does not have its declared type."""
    typed: list[Any] = []
    kinds = zip(_adapters(request), results_of(live, outputs), strict=True)
    for (adapter, is_open), output in kinds:
        value = output.get("value", SKIPPED) if _is_update(output) else output
        if value is None or value is SKIPPED:
            # A Space can leave any output empty or unchanged, whatever its type.
            typed.append(value)
            continue
        try:
            checked: Any = adapter.validate_python(value, context=origin)
            if is_open:  # What is declared as `Any` can contain files.
                checked = convert_files(checked, partial(answered_file, origin=origin))
            typed.append(checked)
        except pydantic.ValidationError as error:
            raise ResultError(
                f"{where} answered {shorten(value, origin.masked)}, which does not match the "
                f"declared type: {first_problem(error)}. If the Space changed, run `hubsmith "
                "update`; the raw answer is in `.value`.",
                value,
            ) from None
    if len(typed) > 1:
        return request.__result__(*typed)
    return typed[0] if typed else None


@lru_cache(maxsize=1024)
def _adapters(request: type[Request[Any]]) -> list[tuple[pydantic.TypeAdapter[Any], bool]]:
    """Build the validators of a result type once per request class, on its first answer.

    Each is paired with whether its type contains `Any`.
    """
    outputs, result = request.__endpoint__.outputs, request.__result__
    kinds = [result] * outputs
    if outputs > 1:
        hints = typing.get_type_hints(result, include_extras=True)
        kinds = [hints[name] for name in result._fields]
    return [(pydantic.TypeAdapter(kind), has_any(kind)) for kind in kinds]
