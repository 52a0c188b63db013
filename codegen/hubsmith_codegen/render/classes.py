"""The classes of a module, written by datamodel-code-generator.

It is given one bundle of definitions whose names and texts are clean, and a template of ours to
write them by. What it wrote must be the classes and the members that were asked for.
"""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from ..ir.json_schema import json_schema
from ..ir.json_type import Json
from ..ir.names import ClassName, Identifier, class_name, reserved
from ..ir.spelling import field_bounds, spelled
from ..ir.text import Source, literal
from ..ir.types import (
    NULL,
    FileType,
    GenericType,
    ListType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
    bounds_of,
    mapped,
    optional,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a class.

    Attributes:
        identifier: Its name.
        type: Its type; bounds are checked by the model.
        default: Its value where it is left out; absent for a required one.
        alias: Its name in JSON, where that is another.
        is_alias_argument: Whether its name in JSON is the one that type checkers know.
        is_key: Whether it is a key of a typed dictionary, which is not required with a default.
        doc: Its docstring.
    """

    identifier: Identifier
    type: Type
    default: Source | None = None
    alias: str | None = None
    is_alias_argument: bool = False
    is_key: bool = False
    doc: Source | None = None

    @property
    def annotation(self) -> tuple[str, str]:
        """What its type stands between, its default included."""
        if self.is_key:
            return ("NotRequired[", "]") if self.default is not None else ("", "")
        arguments = [field_bounds(bounds)] if (bounds := bounds_of(self.type)) else []
        default = self.default
        if self.alias is not None:
            alias = f"alias={literal(self.alias)}"
            if self.is_alias_argument:
                given = "" if default is None else f"default={default}, "
                default = Source(f"Field({given}{alias})")
            else:
                arguments.append(Source(alias))
        end = "" if default is None else f" = {default}"
        if not arguments:
            return "", end
        return "Annotated[", f", Field({', '.join(arguments)})]{end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One class to write.

    Attributes:
        name: Its name.
        base: The class it derives from.
        doc: Its docstring.
        call: The statement that says what it calls, of a request model.
        members: Its members, the required ones first.
    """

    name: ClassName
    base: Source
    members: tuple[Member, ...]
    doc: Source | None = None
    call: Source | None = None


def write_classes(classes: Sequence[Class], taken: Iterable[str] = ()) -> dict[ClassName, Source]:
    """The source of every class, by its name.

    Args:
        classes: What to write.
        taken: Other names of the module, which no alias of a bounded type may have.

    Raises:
        ValueError: when what was written is not what was asked for.
    """
    used = {*reserved("types"), *taken, *(str(one.name) for one in classes)}
    used.update(str(member.identifier) for one in classes for member in one.members)
    wanted = {str(one.name): _Bundled(one, used) for one in classes}
    if not wanted:
        return {}
    code = _generate(wanted)
    lines = code.splitlines()
    found: dict[ClassName, Source] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.ClassDef):
            bundled = wanted.get(node.name)
            members = [ast.unparse(one.target) for one in _members(node)]
            if bundled is None or members != list(bundled.types):
                raise ValueError(f"the class {node.name} was written with members {members}")
            text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            found[ClassName(node.name)] = Source("".join(bundled.alias_lines()) + text)
    if missing := set(wanted) - set(found):
        raise ValueError(f"no class was written for {', '.join(sorted(missing))}")
    return found


class _Bundled:
    """A class as datamodel-code-generator gets it.

    The bounds of a member stand in the template's annotation. A bounded value deeper inside, such
    as an item of a list, would become a class; it gets a name of its own beside the class instead.

    Args:
        class_: The class.
        taken: Names that no alias may have; its own are added.

    Attributes:
        types: The types of its members without the bounds.
        aliases: The bounded types inside them, by name.
    """

    def __init__(self, class_: Class, taken: set[str]) -> None:
        self.class_ = class_
        self._taken = taken
        self.types: dict[str, Type] = {}
        self.aliases: dict[str, Type] = {}
        for member in class_.members:
            place = f"{class_.name}{class_name(member.identifier, fallback='Value')}"
            self.types[member.identifier] = self._named(_without_own(member.type), place)

    def alias_lines(self) -> Iterator[str]:
        """The statements that the class needs before it."""
        for name, type_ in self.aliases.items():
            yield f"{name}: TypeAlias = {spelled(type_, bounded=True)}\n\n\n"

    def _named(self, type_: Type, place: str) -> Type:
        if bounds_of(type_) and isinstance(type_, ScalarType | ListType | GenericType):
            while place in self._taken:
                place += "Item"
            self._taken.add(place)
            self.aliases[place] = type_
            return Reference(class_name=ClassName(place))
        return mapped(type_, lambda inner: self._named(inner, f"{place}Item"))

    def schema(self, classes: Container[str]) -> dict[str, Any]:
        """Its schema. Every member is required, as the template writes the defaults."""

        def special(type_: Type) -> dict[str, Json] | None:
            match type_:
                case Reference(class_name=name) if name in classes:
                    return None
                # A tuple's fixed length would count as bounds, which become a class in a union.
                case Reference() | FileType() | GenericType() | TupleType():
                    return {"type": "object", "x-python-type": spelled(type_)}
                case _:
                    return None

        members = {name: json_schema(one, special) for name, one in self.types.items()}
        return {"type": "object", "properties": members, "required": list(members)}

    def context(self) -> dict[str, Any]:
        """What its template prints besides the types."""
        one = self.class_
        members = {
            str(member.identifier): {"annotation": member.annotation, "doc": member.doc}
            for member in one.members
        }
        return {"base": one.base, "doc": one.doc, "call": one.call, "members": members}


def _without_own(type_: Type) -> Type:
    match type_:
        case ScalarType() | ListType() | GenericType():
            return replace(type_, bounds=())
        case UnionType(options=(one, null)) if null == NULL:
            return optional(_without_own(one))
        case _:
            return type_


def _generate(classes: Mapping[str, _Bundled]) -> str:
    """What datamodel-code-generator makes of the classes, every option explicit."""
    from datamodel_code_generator import GenerateConfig, InputFileType, generate
    from datamodel_code_generator.enums import DataModelType
    from datamodel_code_generator.format import PythonVersion
    from datamodel_code_generator.parser import LiteralType

    templates = resources.files("hubsmith_codegen").joinpath("render/templates/classes")
    with warnings.catch_warnings():
        # The pinned version runs on every Python of ours; what a later one drops is not news here.
        warnings.filterwarnings("ignore", "Running datamodel-code-generator on", FutureWarning)
        code = generate(
            {"$defs": {name: one.schema(classes) for name, one in classes.items()}},
            config=GenerateConfig(
                input_file_type=InputFileType.JsonSchema,
                output_model_type=DataModelType.PydanticV2BaseModel,
                target_python_version=PythonVersion.PY_310,
                custom_template_dir=Path(str(templates)),
                extra_template_data=defaultdict(
                    dict[str, Any], {name: one.context() for name, one in classes.items()}
                ),
                custom_class_name_generator=str,
                skip_root_model=True,
                collapse_root_models=True,
                enum_field_as_literal=LiteralType.All,
                use_annotated=True,
                field_constraints=True,
                strict_nullable=True,
                use_standard_collections=True,
                use_union_operator=True,
                use_tuple_for_fixed_items=True,
                disable_timestamp=True,
                formatters=[],
                allow_remote_refs=False,
                strict_refs=True,
            ),
        )
    if not isinstance(code, str):
        raise TypeError("datamodel-code-generator wrote no module")
    return code


def _members(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [one for one in node.body if isinstance(one, ast.AnnAssign)]
