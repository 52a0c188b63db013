"""Python annotations for the schemas of a service, by datamodel-code-generator.

It is the only mapper from JSON schema to Python types. It is given one bundle of definitions with
neutral names, so that no text of a spec reaches it but the values of choices, and what it writes
is read back as syntax: an annotation may hold the names, literals and bounds below, nothing else.
"""

from __future__ import annotations

import ast
import copy
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ..ir.model import Json, Schema, Service
from ..ir.text import Source

_FILES = ("File", "FileInput")
_CARRIER = "Carrier"
_NAMES = frozenset(
    {"Annotated", "Any", "Field", "Literal", "None", "bool", "dict", "float", "int", "list", "str"}
    | {"tuple"}
)
_BOUNDS = frozenset({"ge", "gt", "le", "lt", "max_length", "min_length"})


class Annotation(Source):
    """A Python annotation, checked."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """One schema as Python.

    Attributes:
        full: With the bounds that pydantic checks, for a field of a model.
        plain: Without them, for a signature.
    """

    full: Annotation
    plain: Annotation


def annotate(service: Service) -> dict[str, tuple[Annotated, ...]]:
    """The annotations of every group of schemas in a service.

    Returns:
        By class name: for a definition those of its members, for a request class those of its
        parameters, for a result class those of its results, each in the order of the service.
    """
    groups: dict[str, Sequence[Schema]] = {}
    for definition in service.definitions:
        groups[definition.class_name] = [member.schema for member in definition.members]
    for operation in service.operations:
        groups[operation.request_class] = [one.schema for one in operation.parameters]
        groups[operation.result_class] = [one.schema for one in operation.results]
    classes = [*_FILES, *(definition.class_name for definition in service.definitions)]
    return annotate_groups(groups, classes)


def annotate_groups(
    groups: Mapping[str, Sequence[Schema]], classes: Iterable[str]
) -> dict[str, tuple[Annotated, ...]]:
    """The annotations of many schemas, all in one go.

    Args:
        groups: Schemas by the name of what holds them.
        classes: Every class that a schema may refer to.

    Returns:
        By the same names, in the same order; without the empty ones.
    """
    groups = {name: schemas for name, schemas in groups.items() if schemas}
    # Each schema once: the endpoints of a Space repeat a few types over and over.
    different = {_canonical(schema): schema for schemas in groups.values() for schema in schemas}
    if not different:
        return {}
    real = {f"C{place}": name for place, name in enumerate(sorted(classes))}
    neutral = {name: key for key, name in real.items()}
    members = {
        f"p{place}": _renamed(dict(different[key]), neutral)
        for place, key in enumerate(sorted(different))
    }
    # The classes are written by a template; here they are only names to refer to.
    bundle = {key: _object({"p": {}}) for key in real} | {_CARRIER: _object(members)}
    found = _fields(_generate({"$defs": bundle}))
    names = _Named(real, found)
    annotations = {
        key: _checked(found[_CARRIER][f"p{place}"], names)
        for place, key in enumerate(sorted(different))
    }
    return {
        name: tuple(annotations[_canonical(schema)] for schema in schemas)
        for name, schemas in groups.items()
    }


def _canonical(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)


def _object(members: dict[str, Json]) -> Json:
    return {"type": "object", "properties": members, "required": list[Json](members)}


def _renamed(schema: Json, neutral: Mapping[str, str]) -> Json:
    if isinstance(schema, list):
        return [_renamed(item, neutral) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(target := schema.get("$ref"), str):
        return {"$ref": f"#/$defs/{neutral[target.removeprefix('#/$defs/')]}"}
    return {
        key: value if key == "enum" else _renamed(value, neutral) for key, value in schema.items()
    }


def _generate(bundle: Json) -> str:
    """What datamodel-code-generator makes of the bundle, every option explicit."""
    from datamodel_code_generator import GenerateConfig, InputFileType, generate
    from datamodel_code_generator.enums import DataModelType
    from datamodel_code_generator.format import PythonVersion
    from datamodel_code_generator.parser import LiteralType

    with warnings.catch_warnings():
        # The pinned version runs on every Python of ours; what a later one drops is not news here.
        warnings.filterwarnings("ignore", "Running datamodel-code-generator on", FutureWarning)
        code = generate(
            cast("dict[str, object]", bundle),
            config=GenerateConfig(
                input_file_type=InputFileType.JsonSchema,
                output_model_type=DataModelType.PydanticV2BaseModel,
                target_python_version=PythonVersion.PY_310,
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


def _fields(code: str) -> dict[str, dict[str, ast.expr]]:
    """The annotation of every field of every class in a module; of an alias, as its `root`."""
    found: dict[str, dict[str, ast.expr]] = {}
    for statement in ast.parse(code).body:
        match statement:
            case ast.ClassDef(name=name, body=body):
                found[name] = {
                    field.target.id: field.annotation
                    for field in body
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
                }
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="TypeAliasType"), args=[_, root]),
            ):
                found[name] = {"root": root}
            case _:
                pass
    return found


def _checked(annotation: ast.expr, names: _Named) -> Annotated:
    named = cast("ast.expr", names.visit(copy.deepcopy(annotation)))
    for node in _forbidden(named):
        raise ValueError(f"an annotation holds {ast.unparse(node)!r}, which is not allowed")
    full = Annotation(ast.unparse(named))
    return Annotated(full=full, plain=Annotation(ast.unparse(_Plain().visit(named))))


class _Named(ast.NodeTransformer):
    """Puts the real class names in.

    A bounded option of a union becomes a class of its own, whose only field is its `root`, and a
    bounded value of a mapping an alias; what they hold is put in their place.
    """

    def __init__(
        self, real: Mapping[str, str], classes: Mapping[str, Mapping[str, ast.expr]]
    ) -> None:
        self._real = real
        self._classes = classes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._real:
            return ast.Name(id=str(self._real[node.id]), ctx=ast.Load())
        if root := self._classes.get(node.id, {}).get("root"):
            return cast("ast.expr", self.visit(copy.deepcopy(root)))
        if node.id not in _NAMES:
            raise ValueError(f"an annotation names {node.id!r}, which is not allowed")
        return node


class _Plain(ast.NodeTransformer):
    """Takes `Annotated` and what it adds away."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "Annotated":
            assert isinstance(node.slice, ast.Tuple)
            return cast("ast.expr", self.visit(node.slice.elts[0]))
        self.generic_visit(node)
        return node


def _forbidden(annotation: ast.expr) -> Iterator[ast.AST]:
    for node in ast.walk(annotation):
        match node:
            case ast.Call(func=ast.Name(id="Field"), args=[], keywords=keywords):
                if not all(keyword.arg in _BOUNDS for keyword in keywords):
                    yield node
            case ast.Name() | ast.Subscript() | ast.Tuple() | ast.Constant() | ast.keyword():
                pass
            case ast.BinOp(op=ast.BitOr()) | ast.BitOr() | ast.UnaryOp(op=ast.USub()) | ast.USub():
                pass
            case ast.Load():
                pass
            case _:
                yield node
