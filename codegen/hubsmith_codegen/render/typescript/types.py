"""Types as TypeScript source, and as the tables that the runtime checks values with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...ir import types
from ...ir.json_type import Json
from ...ir.names import ClassName
from ...ir.types import NULL, Bounds, Kind, Type, union
from .text import literal

Side: TypeAlias = Literal["input", "output"]
"""Whether a value is an argument or part of a result."""

_BOUNDS = {
    "minimum": "min",
    "maximum": "max",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "minLength": "min",
    "maxLength": "max",
    "minItems": "min",
    "maxItems": "max",
}
_KINDS: dict[Kind, str] = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Types:
    """Writes the types of one client, whose objects may have a name for each side."""

    names: Mapping[tuple[str, Side], ClassName]

    def written(self, type_: Type, side: Side) -> str:
        """A type on one line."""
        match type_:
            case types.ScalarType(kind=kind):
                return _KINDS[kind]
            case types.ChoiceType(values=values):
                return " | ".join(dict.fromkeys(literal(value) for value in values)) or "never"
            case types.FileType():
                return "FileInput" if side == "input" else "SpaceFile"
            case types.GenericType(class_name="Skipped"):
                return "undefined"
            case types.Reference(class_name=name):
                return self.names[str(name), side]
            case types.ListType(item=item):
                written = self.written(item, side)
                is_simple = " " not in written
                return f"readonly {written if is_simple else f'({written})'}[]"
            case types.TupleType(items=items):
                return f"readonly [{', '.join(self.written(item, side) for item in items)}]"
            case types.MappingType(value=value):
                return f"{{ readonly [key: string]: {self.written(value, side)} }}"
            case types.UnionType(options=options):
                return self._union(options, side)
            case _:
                return "unknown"

    def _union(self, options: tuple[Type, ...], side: Side) -> str:
        choices = [
            one
            for option in options
            if isinstance(option, types.ChoiceType)
            for one in option.values
        ]
        open_kinds = {
            name
            for name, kinds in (("string", {str}), ("number", {int}))
            if kinds & {type(value) for value in choices}
        }
        written: list[str] = []
        for option in options:
            one = self.written(option, side)
            if isinstance(option, types.ListType) and one.startswith("readonly "):
                one = f"({one})"
            if isinstance(option, types.ScalarType) and one in open_kinds:
                one = f"({one} & {{}})"  # Else the compiler would merge the choices into `string`.
            written.append(one)
        return "unknown" if "unknown" in written else " | ".join(dict.fromkeys(written))

    def shape(self, type_: Type) -> Json:
        """The table of a type."""
        match type_:
            case types.ScalarType(kind=kind, bounds=bounds):
                return {"of": kind, **_limits(bounds)} if bounds and kind != "boolean" else kind
            case types.ChoiceType(values=values):
                return {"choices": list(values)}
            case types.FileType():
                return "file"
            case types.GenericType(class_name="Skipped"):
                return "null"
            case types.Reference(class_name=name):
                return {"ref": str(name)}
            case types.ListType(item=item, bounds=bounds):
                return {"list": self.shape(item), **_limits(bounds)}
            case types.TupleType(items=items):
                return {"tuple": [self.shape(item) for item in items]}
            case types.MappingType(value=value):
                return {"map": self.shape(value)}
            case types.UnionType(options=options):
                found: list[Json] = []
                for option in options:
                    one = self.shape(option)
                    if one not in found:
                        found.append(one)
                return {"union": found} if len(found) > 1 else found[0]
            case _:
                return "any"


def without_null(type_: Type) -> Type:
    """The type without null, for an argument that is null in Python only to stand for a default."""
    if isinstance(type_, types.UnionType):
        return union([option for option in type_.options if option != NULL])
    return type_


def _limits(bounds: Bounds) -> dict[str, Json]:
    return {_BOUNDS[name]: limit for name, limit in bounds if name in _BOUNDS}
