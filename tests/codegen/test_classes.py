"""The classes that datamodel-code-generator writes: bounds, aliases, names, and every type."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.ir.names import ClassName, Identifier
from hubsmith_codegen.ir.spelling import spelled
from hubsmith_codegen.ir.text import Source
from hubsmith_codegen.ir.types import (
    NULL,
    TEXT,
    AnyType,
    ChoiceType,
    FileType,
    GenericType,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
    bounds_of,
    optional,
    union,
)
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.normalise.tasks import service_of_tasks
from hubsmith_codegen.render.classes import Class, Member, write_classes
from hubsmith_codegen.render.space import render
from hubsmith_runtime import ValidationError
from hypothesis import example, given, settings, strategies as st
from typing_extensions import is_typeddict

from tests.support.documents import endpoint, imported, info_of, parameter, result, service_of
from tests.support.examples import examples

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT.parent / "shared" / "corpus" / "apps"
PERCENT = ScalarType(kind="integer", bounds=(("minimum", 0.0), ("maximum", 100)))
ABOVE = ScalarType(kind="number", bounds=(("exclusiveMinimum", 0.5), ("exclusiveMaximum", 1e3)))
SHORT = ScalarType(kind="string", bounds=(("minLength", 1), ("maxLength", 5)))
COLOURS = ChoiceType(values=("red", "it's", 'a "b"', "Type0", 1, True))
PAIR = ListType(item=PERCENT, bounds=(("minItems", 2), ("maxItems", 2)))
RECIPE = Reference(class_name=ClassName("Recipe"))
SEQUENCE = GenericType(
    class_name=ClassName("Sequence"), arguments=(RECIPE,), bounds=(("minItems", 1),)
)


def written(*members: Member, name: str = "Thing") -> str:
    class_ = Class(name=ClassName(name), base=Source("Model"), members=members)
    return write_classes([class_])[class_.name]


def member(type_: Type, name: str = "a", *, is_key: bool = False, **more: str) -> Member:
    default = Source(more["default"]) if "default" in more else None
    return Member(
        identifier=Identifier(name),
        type=type_,
        default=default,
        alias=more.get("alias"),
        is_alias_argument="is_argument" in more,
        is_key=is_key,
    )


def annotation(one: Member) -> str:
    (class_,) = ast.parse(written(one)).body
    assert isinstance(class_, ast.ClassDef)
    (statement,) = class_.body
    return ast.unparse(statement).removeprefix("a: ")


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (PERCENT, "Annotated[int, Field(ge=0, le=100)]"),
        (ABOVE, "Annotated[float, Field(gt=0.5, lt=1000)]"),
        (SHORT, "Annotated[str, Field(min_length=1, max_length=5)]"),
        (optional(PERCENT), "Annotated[int | None, Field(ge=0, le=100)]"),
        (ListType(item=PERCENT), "list[Annotated[int, Field(ge=0, le=100)]]"),
        (
            PAIR,
            "Annotated[list[Annotated[int, Field(ge=0, le=100)]], "
            "Field(min_length=2, max_length=2)]",
        ),
        (union([PERCENT, TEXT]), "Annotated[int, Field(ge=0, le=100)] | str"),
        (union([PERCENT, TEXT, NULL]), "Annotated[int, Field(ge=0, le=100)] | str | None"),
        (MappingType(value=SHORT), "dict[str, Annotated[str, Field(min_length=1, max_length=5)]]"),
        (
            TupleType(items=(PERCENT, PERCENT)),
            "tuple[Annotated[int, Field(ge=0, le=100)], Annotated[int, Field(ge=0, le=100)]]",
        ),
        (optional(TupleType(items=(TEXT, TEXT))), "tuple[str, str] | None"),
        (SEQUENCE, "Annotated[Sequence[Recipe], Field(min_length=1)]"),
        (
            ListType(item=SEQUENCE),
            "list[Annotated[Sequence[Recipe], Field(min_length=1)]]",
        ),
    ],
)
def test_bounds_stand_at_the_value_that_they_bind(type_: Type, expected: str) -> None:
    assert annotation(member(type_)) == expected


def test_a_typed_dictionary_has_no_bounds_and_no_defaults() -> None:
    assert annotation(member(PAIR, is_key=True)) == "list[int]"
    assert annotation(member(optional(PERCENT), is_key=True, default="1")) == (
        "NotRequired[int | None]"
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "int"),
        ({"default": "1"}, "int = 1"),
        ({"alias": "b-c"}, "Annotated[int, Field(alias='b-c')]"),
        ({"alias": "b-c", "default": "1"}, "Annotated[int, Field(alias='b-c')] = 1"),
        ({"alias": "b", "is_argument": "yes"}, "int = Field(alias='b')"),
        ({"alias": "b", "is_argument": "yes", "default": "1"}, "int = Field(default=1, alias='b')"),
        ({"alias": 'it\'s\n"""'}, "Annotated[int, Field(alias='it\\'s\\n\"\"\"')]"),
    ],
)
def test_the_name_in_json(more: dict[str, str], expected: str) -> None:
    assert annotation(member(ScalarType(kind="integer"), **more)) == expected


def test_bounds_and_a_name_in_json_stand_together() -> None:
    expected = "Annotated[int, Field(ge=0, le=100, alias='b-c')] = 1"
    assert annotation(member(PERCENT, alias="b-c", default="1")) == expected
    expected = "Annotated[int, Field(ge=0, le=100)] = Field(default=1, alias='b')"
    assert annotation(member(PERCENT, alias="b", is_argument="yes", default="1")) == expected


def test_bounds_are_checked_wherever_they_are(tmp_path: Path) -> None:
    number = {"type": "integer", "minimum": 1}
    lists = {"type": "array", "items": {"type": "array", "items": number, "minItems": 1}}
    choices = {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2}
    inner = {"type": "object", "title": "Zoo", "properties": {"n": number, "many": lists}}
    described = endpoint(
        *(
            {**parameter(schema, name=name), "parameter_has_default": True}
            for name, schema in {"n": number, "many": lists, "some": choices, "zoo": inner}.items()
        )
    )
    with imported(render(service_of(info=info_of({"/go": described}))), tmp_path) as package:
        package.GoRequest(n=1, many=[[1]], some=["a", "b"], zoo={"n": 1, "many": [[1]]})
        wrong: list[dict[str, object]] = [{"n": 0}, {"many": [[]]}, {"many": [[0]]}, {"some": []}]
        wrong += [{"zoo": one} for one in wrong[:3]]
        for arguments in wrong:
            with pytest.raises(ValidationError):
                package.GoRequest(**arguments)


KNOWN = [
    "Any", "BaseModel", "Callable", "ClassVar", "ConfigDict", "Decimal", "Dict", "Enum",
    "Final", "Generic", "Image", "List", "Never", "NotRequired", "ObjectInput", "Optional",
    "Path", "Pattern", "Protocol", "Required", "RootModel", "Self", "Sequence", "Set",
    "StrEnum", "Tuple", "Type", "Type0", "TypeAlias", "Typed", "TypedDict", "UUID", "Union",
    "override", "date", "deque",
]  # fmt: skip


@pytest.mark.parametrize("title", [*KNOWN, "É", "图像", "a b", "class", "None", "x", "y"])
def test_an_object_may_have_any_name(title: str, tmp_path: Path) -> None:
    inner = {"type": "object", "title": f"{title} too", "properties": {"n": {"type": "integer"}}}
    thing = {
        "type": "object",
        "title": title,
        "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": inner}},
    }
    both = {"type": "array", "prefixItems": [thing, inner], "minItems": 2, "maxItems": 2}
    many = {"type": "array", "items": thing}
    described = endpoint(
        parameter(thing),
        parameter(many, name="y"),
        parameter(both, name="z"),
        returns=[result(thing), result(many, label="many"), result(both, label="both")],
    )
    service = service_of(info=info_of({"/go": described}))
    value = {"a": "x", "b": [{"n": 1}]}
    with imported(render(service), tmp_path) as package:
        request = package.GoRequest(x=value, y=[value], z=[value, {"n": 2}])
        found = [request.x, request.x.b[0], request.y[0], *request.z]
        assert {type(one).__module__ for one in found} == {"tiny.models"}
        assert [type(one) for one in found].count(type(request.x)) == 3
        names = {one.class_name for one in service.definitions}
        assert {type(one).__name__ for one in found} == names <= set(package.__all__)
        dicts = [one for one in vars(package.models).values() if is_typeddict(one)]
        assert len(dicts) == len(names)


@pytest.mark.parametrize("name", ["json", "copy", "model_dump", "schema", "validate", "Recipe"])
def test_a_member_may_have_any_name(name: str, tmp_path: Path) -> None:
    recipe = {"type": "object", "title": "Recipe", "properties": {name: {"type": "integer"}}}
    described = endpoint(parameter(recipe, name=name), returns=[result(recipe, label=name)])
    with imported(render(service_of(info=info_of({"/go": described}))), tmp_path) as package:
        request = package.GoRequest(**{name: {name: 1}})
        assert request.model_dump(by_alias=True) == {name: {name: 1}}


def test_what_was_not_asked_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("", "class Other(Model):\n    a: int", "class Thing(Model):\n    b: int"):
        monkeypatch.setattr("hubsmith_codegen.render.classes._generate", lambda _, code=code: code)
        with pytest.raises(
            ValueError, match=r"^(no class was written for Thing|the class \w+ was)"
        ):
            written(member(TEXT))


SCALARS = st.sampled_from(
    [
        AnyType(), TEXT, NULL, PERCENT, ABOVE, SHORT, COLOURS, RECIPE,
        FileType(), FileType(form="File"),
        *(ScalarType(kind=kind) for kind in ("integer", "number", "boolean")),
        Reference(class_name=ClassName("Path")),
    ]
)  # fmt: skip
CHOICES = st.lists(st.text(max_size=6), min_size=1, max_size=3, unique=True).map(
    lambda values: ChoiceType(values=tuple(values))
)


def around(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    """Types that hold others."""
    some = st.lists(inner, min_size=1, max_size=3)
    bounds = st.sampled_from([(), (("minItems", 1),), (("maxItems", 3.0),)])
    return (
        st.builds(ListType, item=inner, bounds=bounds)
        | inner.map(lambda one: MappingType(value=one))
        | some.map(lambda many: TupleType(items=tuple(many)))
        | some.map(union)
        | inner.map(lambda one: GenericType(class_name=ClassName("Sequence"), arguments=(one,)))
    )


@given(st.lists(st.recursive(SCALARS | CHOICES, around, max_leaves=6), min_size=1, max_size=8))
@example([ChoiceType(values=(" = ",))])
@settings(max_examples=examples(60, 200), deadline=None)
def test_every_type_is_written_as_it_is_spelled(types: list[Type]) -> None:
    same_spelling(types)


def test_every_type_of_a_task_is_written_as_it_is_spelled() -> None:
    same_spelling(types_of(service_of_tasks(ROOT / "specs" / "tasks")))


@pytest.mark.skipif(not APPS.is_dir(), reason="the corpus of real apps is not there")
def test_every_type_of_a_recorded_app_is_written_as_it_is_spelled() -> None:
    found: dict[Type, None] = {}
    for folder in sorted(APPS.iterdir()):
        files = {kind: folder / f"{kind}.json" for kind in ("info", "config", "openapi")}
        documents = {kind: file.read_bytes() for kind, file in files.items() if file.is_file()}
        found |= dict.fromkeys(types_of(normalise(load(documents, name="app"))))
    assert len(found) > 50
    same_spelling(found)


def types_of(service: Service) -> Iterator[Type]:
    for operation in service.operations:
        yield from (one.type for one in operation.parameters if not one.is_option)
        yield from (one.type for one in operation.results)
    for definition in service.definitions:
        yield from (one.type for one in definition.members)


def same_spelling(types: Iterable[Type]) -> None:
    """Fail where an annotation is written in another way than `spelled` has it."""
    members = [member(type_, f"m{number}", default="1") for number, type_ in enumerate(types)]
    (class_,) = ast.parse(written(*members)).body
    assert isinstance(class_, ast.ClassDef)
    for one, statement in zip(members, class_.body, strict=True):
        assert isinstance(statement, ast.AnnAssign)
        outer = inner_of(one.type) if bounds_of(one.type) else one.type
        (expected,) = ast.parse(f"_: {one.written(spelled(outer, bounded=True))}").body
        assert isinstance(expected, ast.AnnAssign)
        assert ast.dump(statement.annotation) == ast.dump(expected.annotation), one.type


def inner_of(type_: Type) -> Type:
    """The type without the bounds of its own, which stand around its annotation."""
    match type_:
        case ListType(item=item):
            return ListType(item=item)
        case ScalarType(kind=kind):
            return ScalarType(kind=kind)
        case UnionType(options=(one, null)):
            return UnionType(options=(inner_of(one), null))
        case _:
            raise AssertionError(type_)
