"""From a name in a spec to one in Python."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.ir.names import (
    Identifier,
    class_name,
    distinct,
    distinct_classes,
    identifier,
    joined,
    reserved,
)
from hubsmith_codegen.render.space import render
from hubsmith_runtime import AsyncJobs, AsyncSpace, Jobs, Model, Request, Space

from tests.support.documents import (
    endpoint,
    imported,
    info_of,
    parameter,
    result,
    service_of,
    signatures,
)

STRINGS = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("predict", "predict"),
        ("runIt", "runIt"),
        ("a-b", "a_b"),
        ("a.b", "a_b"),
        ("a/b", "a_b"),
        ("/a", "a"),
        ("a  b", "a_b"),
        ("été", "été"),
        ("你好", "你好"),
        ("ﬁle", "file"),
        ("1st", "param_1st"),
        ("class", "class_"),
        ("None", "None_"),
        ("match", "match"),
        ("__class__", "class_"),
        ("__init__", "init"),
        ("_hidden", "hidden"),
        ("", "param"),
        ("-!-", "param"),
        ("🎉", "param"),
        ("a\nb", "a_b"),
        ("a\u202eb", "a_b"),
        ("a\ud800b", "a_b"),
        ("x" * 10_000, "x" * 60),
    ],
)
def test_identifier(name: str, expected: str) -> None:
    assert identifier(name, fallback="param") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("greet", "Greet"),
        ("run_it", "RunIt"),
        ("my row-type", "MyRowType"),
        ("été", "Ete"),
        ("ßa", "Ssa"),
        ("你好", "NiHao"),
        ("🎉", "Tada"),
        ("123", "Thing123"),
        ("", "Thing"),
        ("none", "None_"),
        ("a\u0301", "A"),
        ("\ud800x", "X"),
        ("x" * 500, "X" + "x" * 59),
    ],
)
def test_class_name(name: str, expected: str) -> None:
    found = class_name(name, fallback="Thing")
    assert found == expected
    assert found.isidentifier() and found.isascii()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a-b", "a_b"], ["a_dash_b", "a_b"]),
        (["a-b", "a.b", "a b"], ["a_dash_b", "a_dot_b", "a_space_b"]),
        (["a é", "a_é"], ["a_space_é", "a_é"]),
        (["x!", "x"], ["x_u0021", "x"]),
        (["x", "x"], ["x_1", "x_2"]),
    ],
    ids=["dash", "dash, dot, space", "accent", "sign", "the same twice"],
)
def test_colliding_names_are_spelled_out(names: list[str], expected: list[str]) -> None:
    assert list(distinct(names, fallback="param")) == expected


@pytest.mark.parametrize(
    "names", [["class", "class_"], ["", "!"], ["/a", "a"], ["list", "list_"], ["ﬁ", "fi"]]
)
def test_names_that_no_spelling_sets_apart_get_a_hash_of_themselves(names: list[str]) -> None:
    found = distinct(names, fallback="param", avoid=frozenset({"list"}))
    assert len(set(found)) == 2
    assert distinct(names[::-1], fallback="param", avoid=frozenset({"list"})) == found[::-1]


def test_a_name_that_needed_no_change_keeps_it_whatever_stands_beside_it() -> None:
    names = ["a_b", "a-b", "a_dash_b", "a.b", "a b"]
    for order in itertools.permutations(names):
        found = dict(zip(order, distinct(order, fallback="x"), strict=True))
        assert (found["a_b"], found["a_dash_b"]) == ("a_b", "a_dash_b")
        assert (found["a.b"], found["a b"]) == ("a_dot_b", "a_space_b")
        assert found["a-b"].startswith("a_dash_b_")
        assert len(set(found.values())) == len(names)


def test_an_author_cannot_guess_a_hash_to_take_a_name() -> None:
    names = ["a_b", "a-b", "a_dash_b"]
    guessed = str(distinct(names, fallback="x")[1])
    found = distinct([*names, guessed], fallback="x")
    assert found[3] == guessed and len(set(found)) == 4


@pytest.mark.parametrize(
    "methods", [["run_it", "runIt"], ["a_b", "aB", "A_b", "AB"], ["x", "X", "x_", "X_"]]
)
def test_classes_of_methods_are_distinct(methods: list[str]) -> None:
    found = distinct_classes([Identifier(name) for name in methods])
    assert len(set(found)) == len(methods)
    assert all(name.isidentifier() for name in found)


def test_a_class_keeps_the_underscores_that_set_it_apart() -> None:
    methods = distinct(["run_it", "runIt"], fallback="x")
    assert distinct_classes(methods) == ("Run_it", "RunIt")


def test_a_path_as_a_class_name() -> None:
    assert joined(["/plan", "recipe", "in-gredients"]) == "PlanRecipeInGredients"
    assert joined(["1", "2"]) == "Object12"
    assert joined(["", "!"]) == "Object"


@pytest.mark.parametrize("base", [Request, Model], ids=["Request", "Model"])
def test_no_field_can_hide_a_member_of_a_model(base: type) -> None:
    members = {*dir(base), *dir(type(base))}
    assert {one for one in members if not one.startswith("_")} <= reserved("model") | reserved(
        "types"
    )


@pytest.mark.parametrize(
    "base", [Space, AsyncSpace, Jobs, AsyncJobs], ids=lambda base: base.__name__
)
def test_no_stub_can_hide_a_member_of_a_client(base: type) -> None:
    members = {one for one in dir(base) if not one.startswith("_")}
    assert members - {"map", "run", "submit"} <= reserved("client")


def of_names(*names: str) -> Service:
    """A Space with endpoints of these names, each with a parameter and a result of that name."""
    return service_of(
        info=info_of(
            {
                f"/{name}": endpoint(
                    parameter(STRINGS, name=name),
                    returns=[result(STRINGS, label=name), result({}, label="Other")],
                )
                for name in names
            }
        )
    )


@pytest.mark.parametrize(
    ("endpoints", "methods"),
    [
        (["a-b", "a_b"], {"a_dash_b", "a_b"}),
        (["runIt", "run_it"], {"runIt", "run_it"}),
        (["a.b", "a/b", "a b"], {"a_dot_b", "a_slash_b", "a_space_b"}),
        (["été", "你好"], {"été", "你好"}),
        (["1st", "!"], {"call_1st", "call"}),
        (["run", "submit", "jobs", "close"], {"run", "submit", "jobs_", "close_"}),
        (["aclose", "reset_session"], {"aclose_", "reset_session_"}),
        (["list", "str", "property"], {"list_", "str_", "property_"}),
        (["self", "class", "__init__"], {"self_", "class_", "init"}),
        (["File", "Any", "Tiny"], {"File_", "Any_", "Tiny"}),
        (["img", "ImgResult", "ImgRequest"], {"img", "ImgResult_", "ImgRequest_"}),
    ],
)
def test_names_of_stubs(endpoints: list[str], methods: set[str], tmp_path: Path) -> None:
    service = of_names(*endpoints)
    assert set(signatures(service)) == methods
    with imported(render(service), tmp_path) as package:
        called = {
            getattr(package, operation.request_class).__endpoint__.name: operation.endpoint
            for operation in service.operations
        }
        assert set(called) == {f"/{name}" for name in endpoints} == set(called.values())


def test_an_endpoint_named_like_the_client_does_not_hide_it() -> None:
    assert of_names("TinyJobs").class_name == "TinyClient"
    assert service_of(info=info_of({}), name="file").class_name == "FileClient"


def test_parameters_that_pydantic_or_an_annotation_would_miss(tmp_path: Path) -> None:
    taken = ["json", "copy", "schema", "model_dump", "model_config", "register", "mro", "dict"]
    names = [*taken, "list", "str", "float", "bool", "int", "self", "Field", "Literal"]
    described = endpoint(*(parameter(STRINGS, name=name) for name in names))
    service = service_of(info=info_of({"/go": described}))
    with imported(render(service), tmp_path) as package:
        request = package.GoRequest(**{name: [name] for name in names if name != "self"}, self_=[])
        for name in names:
            assert getattr(request, f"{name}_") == ([] if name == "self" else [name])
            assert package.GoRequest.model_fields[f"{name}_"].alias == name


def test_labels_of_results_become_fields(tmp_path: Path) -> None:
    labels = ["Answer", "Answer", "count", "index", "list", "_asdict", "2nd word", "!", "class"]
    returns = [result(STRINGS, label=label) for label in labels]
    service = service_of(info=info_of({"/go": endpoint(returns=returns)}))
    with imported(render(service), tmp_path) as package:
        assert package.GoResult._fields == (
            *("answer_1", "answer_2", "count_", "index_", "list_", "asdict"),
            *("value_2nd_word", "value", "class_"),
        )


def test_results_without_labels_are_named_by_their_component() -> None:
    returns = [
        result({}, label="value_3", component="Image"),
        result({}, label={"__type__": "translation_metadata"}, component="Textbox"),
        result({}, label=None, component="Api"),
    ]
    (operation,) = service_of(info=info_of({"/go": endpoint(returns=returns)})).operations
    assert [one.identifier for one in operation.results] == ["image", "textbox", "value"]
