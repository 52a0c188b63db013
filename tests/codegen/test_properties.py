"""What holds for every spec, not only for those that someone thought of."""

from __future__ import annotations

import ast
import json
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hubsmith_codegen.ir.names import distinct, is_name
from hubsmith_codegen.ir.text import docstring, literal, paragraphs
from hubsmith_codegen.render.space import render
from hubsmith_runtime.saving import FileOrigin
from hubsmith_runtime.spaces.codec import encode
from hubsmith_runtime.spaces.live import LiveEndpoint
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.support.documents import endpoint, imported, info_of, parameter, result, service_of
from tests.support.examples import examples

ORIGIN = FileOrigin("http://127.0.0.1")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
KINDS = ("string", "integer", "number", "boolean", "null", "array", "object", "filepath", "odd")
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems")


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas that use each keyword in right and in wrong ways."""
    many = st.lists(inner, max_size=3)
    by_name = st.dictionaries(st.sampled_from(["a", "b", "class", "é-", ""]), inner, max_size=3)
    references = ("#/$defs/a", "#/definitions/b", "#/$defs/c", "http://x", "")
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(KINDS) | st.lists(st.sampled_from(KINDS), max_size=3) | JSON,
        "enum": st.lists(JSON, max_size=4) | JSON,
        "const": JSON,
        "items": inner | many | JSON,
        "prefixItems": many | JSON,
        "properties": by_name | JSON,
        "required": st.lists(st.sampled_from(["a", "b", "z"])) | JSON,
        "additionalProperties": inner | JSON,
        "title": st.sampled_from(["A", "B", "File", "str", "a b", "été"]) | JSON,
        "description": JSON,
        "default": JSON,
        "nullable": JSON,
        "$ref": st.sampled_from(references) | JSON,
        "$defs": by_name | JSON,
        "definitions": by_name | JSON,
        **dict.fromkeys(("anyOf", "oneOf", "allOf"), many | JSON),
        **{keyword: st.integers() | st.floats() | JSON for keyword in NUMBERS},
    }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=5, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({one: keywords[one] for one in chosen})
    )


SCHEMAS = st.recursive(JSON | schemas(JSON), schemas, max_leaves=10)
NAMES = st.lists(st.text(max_size=12) | st.sampled_from(["a-b", "a_b", "a b", "class", "A_B"]))


@pytest.mark.slow
@given(taken=SCHEMAS, given_back=SCHEMAS, default=JSON)
@settings(max_examples=examples(100, 200), suppress_health_check=list(HealthCheck))
def test_whatever_stands_for_a_schema_the_endpoint_is_there_or_left_out_by_name(
    taken: object, given_back: object, default: object
) -> None:
    odd = {**parameter(taken), "parameter_has_default": True, "parameter_default": default}
    described = endpoint(odd, returns=[result(given_back)])
    service = service_of(info=info_of({"/odd": described, "/even": endpoint()}))
    endpoints = [operation.endpoint for operation in service.operations]
    omitted = [omission.endpoint for omission in service.omissions]
    assert sorted([*endpoints, *omitted]) == ["/even", "/odd"]
    assert "/even" in endpoints
    files = render(service)
    for name in ("__init__.py", "client.py", "models.py"):
        ast.parse(files[PurePosixPath(name)])


@given(NAMES, st.randoms())
def test_identifiers_are_valid_and_distinct_and_do_not_depend_on_the_order(
    names: list[str], random: Any
) -> None:
    found = distinct(names, fallback="param")
    assert len(set(found)) == len(names)
    assert all(is_name(one) and not one.startswith("_") for one in found)
    once = list(dict.fromkeys(names))
    by_name = dict(zip(once, distinct(once, fallback="param"), strict=True))
    random.shuffle(once)
    assert dict(zip(once, distinct(once, fallback="param"), strict=True)) == by_name


@given(JSON.filter(lambda value: "NaN" not in json.dumps(value)))
def test_a_literal_is_the_value_and_nothing_else(value: Any) -> None:
    if "Infinity" in json.dumps(value):
        return
    assert ast.literal_eval(literal(value)) == value


@given(st.lists(st.text()))
def test_a_docstring_is_one_string_that_holds_the_words(texts: list[str]) -> None:
    lines = [paragraph for text in texts for paragraph in paragraphs(text)]
    source = docstring(lines or ["Nothing."], indent=4)
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Expr)
    words = str(ast.literal_eval(statement.value)).split()
    assert words == " ".join(lines or ["Nothing."]).split()


SCALARS: tuple[tuple[dict[str, Any], st.SearchStrategy[Any]], ...] = (
    ({"type": "string"}, st.text(max_size=5)),
    ({"type": "string", "minLength": 2}, st.text(min_size=2, max_size=5)),
    ({"type": "integer", "minimum": -3}, st.integers(min_value=-3, max_value=10**20)),
    ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
    ({"type": "boolean"}, st.booleans()),
    ({"type": "null"}, st.none()),
    ({"enum": ["a", "b c", 1]}, st.sampled_from(["a", "b c", 1])),
    ({}, st.none() | st.text(max_size=3) | st.lists(st.integers(0, 9), max_size=2)),
)


def containers(
    inner: st.SearchStrategy[tuple[dict[str, Any], Any]],
) -> st.SearchStrategy[tuple[dict[str, Any], Any]]:
    """Lists, mappings and objects around a schema, each with a value that satisfies it."""
    lists = inner.map(lambda pair: ({"type": "array", "items": pair[0]}, [pair[1]] * 2))
    mappings = inner.map(
        lambda pair: ({"type": "object", "additionalProperties": pair[0]}, {"k": pair[1]})
    )
    members = st.dictionaries(st.sampled_from(["a", "b-c", "class"]), inner, min_size=1)
    objects = members.map(
        lambda found: (
            {
                "type": "object",
                "properties": {name: pair[0] for name, pair in found.items()},
                "required": list(found),
            },
            {name: pair[1] for name, pair in found.items()},
        )
    )
    return lists | mappings | objects


FITTING = st.recursive(
    st.sampled_from(SCALARS).flatmap(lambda one: st.tuples(st.just(one[0]), one[1])),
    containers,
    max_leaves=4,
)


@pytest.mark.slow
@given(FITTING, st.booleans())
@settings(max_examples=examples(40, 200))
def test_a_value_that_fits_is_taken_and_sent_as_it_is(pair: tuple[Any, Any], is_own: bool) -> None:
    schema, value = pair
    described = endpoint(parameter(schema, name="the value", parameter_default=None))
    files = render(service_of(info=info_of({"/go": described})))
    live = LiveEndpoint(fn_index=0, inputs=(False, True), outputs=())
    with tempfile.TemporaryDirectory() as folder, imported(files, Path(folder)) as package:
        request = package.GoRequest(**{"the_value" if is_own else "the value": value})
        again = package.GoRequest.model_validate_json(request.model_dump_json(by_alias=True))
        for one in (request, again):
            assert encode(one, live, "tiny", ORIGIN).values == [None, value]


def test_a_name_inside_an_object_is_sent_as_the_spec_has_it(tmp_path: Path) -> None:
    # The inner class stands behind the outer one, so pydantic completes the outer one late.
    inner = {"type": "object", "title": "Z", "properties": {"d-e": {"type": "string"}}}
    outer = {"type": "object", "title": "A", "properties": {"b-c": inner}}
    files = render(service_of(info=info_of({"/go": endpoint(parameter(outer))})))
    live = LiveEndpoint(fn_index=0, inputs=(True,), outputs=())
    value = {"b-c": {"d-e": "x"}}
    with imported(files, tmp_path) as package:
        request = package.GoRequest(x=value)
        assert encode(request, live, "tiny", ORIGIN).values == [value]
