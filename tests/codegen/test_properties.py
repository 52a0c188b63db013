"""What holds for every spec, not only for those that someone thought of."""

from __future__ import annotations

import ast
import json
from pathlib import PurePosixPath
from typing import Any

from hubsmith_codegen.names import distinct, is_name
from hubsmith_codegen.render import render
from hubsmith_codegen.text import docstring, literal, paragraphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .documents import endpoint, info_of, parameter, result, service_of

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


@given(taken=SCHEMAS, given_back=SCHEMAS, default=JSON)
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
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
