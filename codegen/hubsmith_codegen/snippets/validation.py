"""Validating values against the types of a service with pydantic, without a generated client."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator, core_schema

from ..ir import types
from ..ir.model import Definition, Parameter
from ..ir.spelling import PYDANTIC_BOUNDS
from ..ir.types import Type

_ROUNDED_UP = {"minimum", "exclusiveMaximum", "minLength", "minItems"}


class ObjectValue(dict[str, Any]):
    """An object that was validated as a class of the service, with its members by wire name."""

    def __init__(self, definition: Definition, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self.definition = definition


class Validation:
    """Validates values against the types of one service, which refer to these classes.

    `as_file` converts the value for a file, or refuses it with a `ValueError`; by default, any
    value is accepted.
    """

    def __init__(
        self, definitions: Iterable[Definition], as_file: Callable[[Any], object] = lambda one: one
    ) -> None:
        self._file = core_schema.no_info_plain_validator_function(as_file)
        self._definitions = tuple(definitions)
        self._validators: dict[Type, SchemaValidator] = {}

    def read(self, value: object, type_: Type) -> Any:
        """Convert a value to a type: numbers from strings, files, and objects of classes.

        Like `read_arguments`, it raises a `pydantic.ValidationError` for a value that does not fit.
        """
        if type_ not in self._validators:
            refers = any(isinstance(one, types.Reference) for one in types.inside(type_))
            schema = self._schema(type_)
            self._validators[type_] = self._validator(schema) if refers else SchemaValidator(schema)
        return self._validators[type_].validate_python(value)

    def read_arguments(
        self, arguments: Mapping[str, object], parameters: Iterable[Parameter]
    ) -> dict[str, Any]:
        """Convert the arguments of a call, by wire name, to the types of the parameters."""
        return self.of_arguments(parameters).validate_python(arguments)

    def of_arguments(self, parameters: Iterable[Parameter]) -> SchemaValidator:
        """Return a validator for the arguments of many calls; see `read_arguments`."""
        fields = {
            str(one.wire_name): core_schema.typed_dict_field(
                self._schema(one.type), required=one.default is None
            )
            for one in parameters
        }
        schema = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
        return self._validator(schema)

    def _validator(self, schema: CoreSchema) -> SchemaValidator:
        return SchemaValidator(core_schema.definitions_schema(schema, self._classes))

    @cached_property
    def _classes(self) -> list[CoreSchema]:
        return [self._definition(one) for one in self._definitions]

    def _definition(self, definition: Definition) -> CoreSchema:
        fields = {
            str(one.wire_name): core_schema.typed_dict_field(
                self._schema(one.type),
                required=one.is_required,
                validation_alias=[[str(one.wire_name)], [str(one.identifier)]],
            )
            for one in definition.members
        }
        return core_schema.no_info_after_validator_function(
            lambda members: ObjectValue(definition, members),
            core_schema.typed_dict_schema(fields, extra_behavior="allow"),
            ref=definition.class_name,
        )

    def _schema(self, type_: Type) -> CoreSchema:
        match type_:
            case types.ScalarType(kind=kind, bounds=bounds):
                return _scalar(kind, bounds)
            case types.ChoiceType(values=values):
                return core_schema.literal_schema(list(values))
            case types.FileType():
                return self._file
            case types.ListType(item=item, bounds=bounds):
                return core_schema.list_schema(self._schema(item), **_whole_bounds(bounds))
            case types.TupleType(items=items):
                return core_schema.tuple_schema([self._schema(item) for item in items])
            case types.MappingType(value=value):
                return core_schema.dict_schema(core_schema.str_schema(), self._schema(value))
            case types.UnionType(options=options):
                schemas = [self._schema(one) for one in options if one != types.NULL]
                some = schemas[0] if len(schemas) == 1 else core_schema.union_schema([*schemas])
                return core_schema.nullable_schema(some) if types.NULL in options else some
            case types.Reference(class_name=name):
                return core_schema.definition_reference_schema(name)
            case _:
                return core_schema.any_schema()


def _scalar(kind: str, bounds: Iterable[tuple[str, float]]) -> CoreSchema:
    match kind:
        case "string":
            return core_schema.str_schema(**_whole_bounds(bounds))
        case "integer":
            return core_schema.int_schema(**_whole_bounds(bounds))
        case "number":
            limits: dict[str, Any] = {PYDANTIC_BOUNDS[keyword]: limit for keyword, limit in bounds}
            number = core_schema.float_schema(allow_inf_nan=False, **limits)
            return core_schema.no_info_wrap_validator_function(_as_given, number)
        case "boolean":
            return core_schema.bool_schema()
        case _:
            return core_schema.none_schema()


def _whole_bounds(bounds: Iterable[tuple[str, float]]) -> dict[str, Any]:
    return {
        PYDANTIC_BOUNDS[keyword]: math.ceil(limit) if keyword in _ROUNDED_UP else math.floor(limit)
        for keyword, limit in bounds
    }


def _as_given(value: object, check: Callable[[object], Any]) -> Any:
    """Return a number as it was written: `2` stays an integer, `2.0` a float."""
    number = check(value)
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else number
