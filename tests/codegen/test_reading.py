"""A JSON schema in, a Python type out: what a stub takes, and what it returns."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hubsmith_codegen.ir.types import bounds_of

from tests.support.documents import (
    FILE_DATA,
    endpoint,
    info_of,
    of_endpoint,
    parameter,
    result,
    service_of,
)

from .ir_text import argument, returned, signatures

STRING = {"type": "string"}
NULL = {"type": "null"}
PAIR = [STRING, {"type": "integer"}]
MANY = [str(number) for number in range(501)]

# name: (schema, type of an argument, type of a result; the same where it is left out)
TYPES: dict[str, tuple[Any, ...]] = {
    "string": (STRING, "str"),
    "integer": ({"type": "integer"}, "int"),
    "number": ({"type": "number"}, "float"),
    "boolean": ({"type": "boolean"}, "bool"),
    "words of Python": ({"type": ["str", "int", "float", "bool"]}, "str | int | float | bool"),
    "no schema": (None, "Any"),
    "empty schema": ({}, "Any"),
    "empty type": ({"type": {}}, "Any"),
    "unknown type": ({"type": "weird"}, "Any"),
    "list of anything": ({"type": "array"}, "list[Any]"),
    "list": ({"type": "array", "items": STRING}, "list[str]"),
    "list by its items": ({"items": STRING}, "list[str]"),
    "mapping": ({"type": "object"}, "dict[str, Any]"),
    "typed mapping": ({"type": "object", "additionalProperties": STRING}, "dict[str, str]"),
    "nullable": ({**STRING, "nullable": True}, "str | None"),
    "list of types": ({"type": ["null", "string", "integer"]}, "str | int | None"),
    "one of, with null": ({"oneOf": [NULL, STRING]}, "str | None"),
    "any of, with null": ({"anyOf": [STRING, NULL]}, "str | None"),
    "any of one": ({"anyOf": [STRING, STRING]}, "str"),
    "any of with anything": ({"anyOf": [STRING, {}]}, "Any"),
    "all of one": ({"allOf": [STRING]}, "str"),
    "all of no objects": ({"allOf": [STRING, NULL]}, "Any"),
    "tuple": ({"prefixItems": PAIR, "minItems": 2, "maxItems": 2}, "tuple[str, int]"),
    "open tuple": ({"type": "array", "prefixItems": PAIR}, "list[Any]"),
    "closed short tuple": ({"prefixItems": PAIR, "items": False}, "list[str | int]"),
    "tuple with a tail": ({"prefixItems": PAIR, "items": NULL}, "list[str | int | None]"),
    "old tuple": ({"type": "array", "items": PAIR, "maxItems": 2}, "list[str | int]"),
    "constant": ({"const": "a"}, "Literal['a']"),
    "constant fraction": ({"const": 1.5}, "float"),
    "constant null": ({"const": None}, "None"),
    "constant object": ({"const": {"a": 1}}, "Any"),
    "choices": ({"enum": ["a", "b"]}, "Literal['a', 'b']", "Literal['a', 'b'] | str"),
    "choices called strings": (
        {"type": "string", "enum": [1, 2]},
        "Literal[1, 2]",
        "Literal[1, 2] | int",
    ),
    "mixed choices": (
        {"enum": ["a", 1, True, None]},
        "Literal['a', 1, True] | None",
        "Literal['a', 1, True] | str | int | None",
    ),
    "equal choices of two kinds": (
        {"enum": [1, True, 1]},
        "Literal[1, True]",
        "Literal[1, True] | int",
    ),
    "choices with a fraction": (
        {"enum": ["auto", 0.5]},
        "Literal['auto'] | float",
        "Literal['auto'] | str | float",
    ),
    "fractions": ({"type": "string", "enum": [0.5, 1.5]}, "float"),
    "no choices": ({"type": "string", "enum": []}, "str"),
    "very many choices": ({"enum": MANY}, "str"),
    "very many choices of two kinds": ({"enum": [*MANY, 1]}, "int | str"),
    "choices that are objects": ({"enum": [{"a": 1}]}, "Any"),
    "list of choices": (
        {"type": "array", "items": {"enum": ["a"]}},
        "list[Literal['a']]",
        "list[Literal['a'] | str]",
    ),
    "filepath": ({"type": "filepath"}, "FileInput | None", "File"),
    "format filepath": ({"type": "string", "format": "filepath"}, "FileInput | None", "File"),
    "files deep inside": (
        {"type": "array", "items": {"anyOf": [{"type": "filepath"}, NULL]}},
        "list[FileInput | None]",
        "list[File | None]",
    ),
    "mapping of files": (
        {"type": "object", "additionalProperties": FILE_DATA},
        "dict[str, FileInput]",
        "dict[str, File]",
    ),
    "file by reference": (
        {"$ref": "#/$defs/F", "$defs": {"F": FILE_DATA}},
        "FileInput | None",
        "File",
    ),
    "file by old reference": (
        {"$ref": "#/definitions/F", "definitions": {"F": FILE_DATA}},
        "FileInput | None",
        "File",
    ),
    "fractional length": ({"type": "string", "minLength": 1.5, "maxLength": 4.0}, "str"),
    "lengths of the wrong sign": ({"type": "array", "minItems": -1}, "list[Any]"),
    "bounds that are no numbers": ({"type": "number", "minimum": "1", "maximum": True}, "float"),
}
META = {
    "constant meta": {"meta": {"const": {"_type": "gradio.FileData"}}},
    "default meta": {"meta": {"default": {"_type": "gradio.FileData"}}},
    "no meta, as in 4.0": {},
    "more members": {"is_stream": {"type": "boolean"}, "size": {"type": "integer"}},
}


@pytest.mark.parametrize("case", TYPES.values(), ids=TYPES)
def test_type_of_an_argument_and_of_a_result(case: tuple[Any, ...]) -> None:
    schema, taken, *given = case
    assert argument(schema) == taken
    assert returned(schema) == (given[0] if given else taken)


@pytest.mark.parametrize("members", META.values(), ids=META)
def test_a_file_is_told_by_its_shape(members: dict[str, Any]) -> None:
    shape = {name: FILE_DATA["properties"][name] for name in ("path", "url", "orig_name")}
    schema = {
        "type": "object",
        "title": "ImageData",
        "properties": {**shape, "mime_type": {}, **members},
    }
    assert (argument(schema), returned(schema)) == ("FileInput | None", "File")


@pytest.mark.parametrize(
    ("schema", "bounds"),
    [
        ({"type": "number", "minimum": 0, "maximum": 1}, {"minimum": 0, "maximum": 1}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"exclusiveMinimum": 0}),
        ({"type": "string", "minLength": 2.0, "maxLength": 2.5}, {"minLength": 2}),
        ({"type": "array", "items": STRING, "minItems": 1}, {"minItems": 1}),
        ({"anyOf": [{"type": "integer", "minimum": 3}, NULL]}, {"minimum": 3}),
    ],
    ids=["number", "integer", "string", "list", "or null"],
)
def test_arguments_have_bounds_and_results_have_none(
    schema: object, bounds: dict[str, float]
) -> None:
    operation = of_endpoint(endpoint(parameter(schema), returns=[result(schema)]))
    assert dict(bounds_of(operation.parameters[0].type)) == bounds
    assert bounds_of(operation.result) == ()


@pytest.mark.parametrize(
    "keyword",
    ["customTypePath", "x-python-import", "pattern", "format", "$comment", "$id", "discriminator"],
)
@pytest.mark.parametrize("kind", ["string", "object", "array"])
def test_only_known_keywords_count(keyword: str, kind: str) -> None:
    plain = {"type": kind}
    for value in ("os.system", {"module": "os", "name": "system"}, ["(((("]):
        odd = {**plain, keyword: value}
        assert argument(odd) == argument(plain)
        assert "system" not in repr(of_endpoint(endpoint(parameter(odd))))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://127.0.0.1/x.json", "refers to http://127.0.0.1/x.json, outside of it"),
        ("file:///etc/passwd", "refers to file:///etc/passwd, outside of it"),
        ("../other.json#/$defs/A", "refers to ../other.json#/$defs/A, outside of it"),
        ("#/$defs/Gone", "refers to Gone, which it does not define"),
        ("#", "refers to #, outside of it"),
        (None, "refers to nothing, outside of it"),
        ({"a": 1}, "refers to nothing, outside of it"),
    ],
)
@pytest.mark.parametrize("where", ["parameter 'x'", "result 1"])
def test_a_reference_that_leads_nowhere_leaves_its_endpoint_out(
    target: object, reason: str, where: str
) -> None:
    schema = {"type": "array", "items": {"$ref": target}}
    bad = endpoint(parameter(schema)) if "x" in where else endpoint(returns=[result(schema)])
    service = service_of(info=info_of({"/bad": bad, "/good": endpoint()}))
    assert list(signatures(service)) == ["good"]
    (omission,) = service.omissions
    assert (omission.endpoint, omission.reason) == ("/bad", f"{where}: its schema {reason}")


def test_deep_nesting_leaves_its_endpoint_out() -> None:
    schema: dict[str, Any] = STRING
    for _ in range(45):
        schema = {"type": "array", "items": schema}
    service = service_of(info=info_of({"/deep": endpoint(parameter(schema)), "/go": endpoint()}))
    assert list(signatures(service)) == ["go"]
    assert [str(one) for one in service.omissions] == [
        "/deep: parameter 'x': its schema is nested more than 40 levels deep"
    ]


def test_references_that_double_at_each_level_leave_their_endpoint_out() -> None:
    """Written out, it would be 2 ** 17 strings."""
    names = [f"d{level}" for level in range(18)]
    definitions: dict[str, Any] = {
        name: {"type": "array", "prefixItems": [{"$ref": f"#/$defs/{inner}"}] * 2}
        for name, inner in itertools.pairwise(names)
    }
    bomb = {"$ref": "#/$defs/d0", "$defs": {**definitions, names[-1]: STRING}}
    service = service_of(info=info_of({"/bomb": endpoint(parameter(bomb)), "/go": endpoint()}))
    assert [str(one) for one in service.omissions] == [
        "/bomb: parameter 'x': its schema contains more than 10000 schemas"
    ]


def test_a_reference_to_itself_without_an_object_is_open() -> None:
    loop = {"type": "array", "items": {"$ref": "#/$defs/L"}}
    assert argument({"$ref": "#/$defs/L", "$defs": {"L": loop}}) == "list[Any]"


def test_a_reference_may_hold_escaped_slashes() -> None:
    schema = json.loads('{"$ref": "#/$defs/a~1b~0c", "$defs": {"a/b~c": {"type": "string"}}}')
    assert argument(schema) == "str"
