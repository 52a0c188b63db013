"""The classes of a module, written by datamodel-code-generator.

It gets a bundle of definitions with clean names and texts, and our own template. Its output must
consist of exactly the classes and members that were requested.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from ..ir import types
from ..ir.json_type import Json
from ..ir.names import ClassName, Identifier
from ..ir.spelling import field_bounds, json_schema, spelled
from ..ir.text import Source, literal
from ..ir.types import NULL, Type, optional, without_bounds

# A string or a word in an annotation.
_WORDS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\w+""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a class."""

    identifier: Identifier
    type: Type  # Its type; the model checks the bounds.
    default: Source | None = None  # Its value if it is left out; `None` if it is required.
    alias: str | None = None  # Its name in JSON, if that differs.
    is_alias_argument: bool = False  # Whether type checkers also accept its name in JSON.
    # Whether it is a key of a typed dictionary; then a default means that it is not required.
    is_key: bool = False
    doc: Source | None = None

    def written(self, annotation: str) -> str:
        """The annotation of the member with its bounds, its name in JSON and its default."""
        default = self.default
        if self.is_key:
            return annotation if default is None else f"NotRequired[{annotation}]"
        arguments = [field_bounds(bounds)] if (bounds := types.bounds_of(self.type)) else []
        if self.alias is not None:
            alias = f"alias={literal(self.alias)}"
            if self.is_alias_argument:
                given = "" if default is None else f"default={default}, "
                default = Source(f"Field({given}{alias})")
            else:
                arguments.append(Source(alias))
        if arguments:
            annotation = f"Annotated[{annotation}, Field({', '.join(arguments)})]"
        return annotation if default is None else f"{annotation} = {default}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One class to write."""

    name: ClassName
    base: Source  # The class that it derives from.
    members: tuple[Member, ...]  # Its members, the required ones first.
    doc: Source | None = None
    call: Source | None = None  # In a request model, the statement that says what it calls.


def write_classes(classes: Sequence[Class]) -> dict[ClassName, Source]:
    """The source of every class by name; a `ValueError` if it is not what was requested."""
    if not classes:
        return {}
    code = _generate(_Bundle(classes))
    lines = code.splitlines()
    wanted = {str(one.name): [str(member.identifier) for member in one.members] for one in classes}
    found: dict[ClassName, Source] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.ClassDef):
            members = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
            if [ast.unparse(one) for one in members] != wanted.get(node.name):
                raise ValueError(f"the class {node.name} was not written as requested")
            text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            found[ClassName(node.name)] = Source(text)
    if missing := set(wanted) - set(found):
        raise ValueError(f"no class was written for {', '.join(sorted(missing))}")
    return found


class _Bundle:
    """Classes in the form that datamodel-code-generator gets.

    It would import names that it knows, such as `Path`, or rename a class of that name, and it
    would create a class for a value with bounds. So it does not get any class names or bounds, but
    numbered words, which the template replaces.
    """

    def __init__(self, classes: Sequence[Class]) -> None:
        self._words: dict[str, str] = {}
        definitions = {f"Class{number}": one for number, one in enumerate(classes)}
        self.schema = {"$defs": {name: self._schema(one) for name, one in definitions.items()}}
        annotations = {word: annotation for annotation, word in self._words.items()}

        def spelled_out(annotation: str) -> str:
            return _WORDS.sub(lambda word: annotations.get(word[0], word[0]), annotation)

        # What the template prints besides the types.
        self.context = {
            name: {
                "class": one,
                "members": {str(member.identifier): member for member in one.members},
                "spelled_out": spelled_out,
            }
            for name, one in definitions.items()
        }

    def _schema(self, class_: Class) -> dict[str, Any]:
        # Every member is required, because the template writes the defaults.
        members = {str(one.identifier): self._type(one) for one in class_.members}
        return {"type": "object", "properties": members, "required": list(members)}

    def _type(self, member: Member) -> dict[str, Json]:
        type_ = without_bounds(member.type) if member.is_key else _without_own(member.type)
        return json_schema(type_, self._word)

    def _word(self, type_: Type) -> dict[str, Json] | None:
        match type_:
            case types.Reference() | types.FileType() | types.GenericType() | types.TupleType():
                pass
            case types.ScalarType(bounds=bounds) | types.ListType(bounds=bounds) if bounds:
                pass
            case _:
                return None
        annotation = spelled(type_, bounded=True)
        word = self._words.setdefault(annotation, f"Type{len(self._words)}")
        return {"customTypePath": f"types.{word}"}


def _without_own(type_: Type) -> Type:
    match type_:
        case types.ScalarType() | types.ListType() | types.GenericType():
            return replace(type_, bounds=())
        case types.UnionType(options=(one, null)) if null == NULL:
            return optional(_without_own(one))
        case _:
            return type_


def _generate(bundle: _Bundle) -> str:
    """The output of datamodel-code-generator for the classes, with every option explicit."""
    from datamodel_code_generator import GenerateConfig, InputFileType, generate
    from datamodel_code_generator.enums import DataModelType
    from datamodel_code_generator.format import PythonVersion
    from datamodel_code_generator.parser import LiteralType

    templates = resources.files("hubsmith_codegen").joinpath("render/templates/classes")
    with warnings.catch_warnings():
        # The pinned version supports every Python that hubsmith does; later ones do not matter.
        warnings.filterwarnings("ignore", "Running datamodel-code-generator on", FutureWarning)
        code = generate(
            bundle.schema,
            config=GenerateConfig(
                input_file_type=InputFileType.JsonSchema,
                output_model_type=DataModelType.PydanticV2BaseModel,
                target_python_version=PythonVersion.PY_310,
                custom_template_dir=Path(str(templates)),
                extra_template_data=defaultdict(dict[str, Any], bundle.context),
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
