"""The dialects of the task schemas, each trap with what becomes of it."""

from __future__ import annotations

import pytest
from hubsmith_codegen.ir.json_type import Json
from hubsmith_codegen.ir.model import Definition
from hubsmith_codegen.ir.spelling import json_schema
from hubsmith_codegen.normalise.tasks.documents import Documents, Overlay, Registry
from hubsmith_codegen.normalise.tasks.schema import Classes, Direction
from hubsmith_runtime import SpecError

COMMON: dict[str, Json] = {
    "$id": "/schemas/common.json",
    "definitions": {
        "Transform": {"type": "string", "title": "Transform", "enum": ["softmax", "none"]},
        "Box": {
            "type": "object",
            "title": "BoundingBox",
            "description": "A box.",
            "properties": {"xmin": {"type": "integer", "minimum": 0}},
            "required": ["xmin"],
        },
    },
}


def read(
    schema: Json, direction: Direction = "argument", aliases: tuple[str, ...] = ()
) -> tuple[dict[str, Json], tuple[Definition, ...]]:
    document: dict[str, Json] = {"$id": "/schemas/shout/input.json", "properties": {"a": schema}}
    registry = Registry(Documents(tasks={"shout": {"input": document}}, common=COMMON))
    overlay = Overlay(
        task="shout", method="shout", summary="", returns="", signature=(),
        classes={"ShoutOld": "ShoutNew"}, shared={"ShoutRect": "Rect"}, aliases=aliases,
    )  # fmt: skip
    classes = Classes(document, registry, overlay, direction)
    return json_schema(classes.type(schema, "Value")), tuple(classes.definitions.values())


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"description": "Anything."}, {}),
        ({"type": "string", "comment": "type=binary"}, {"$ref": "#/$defs/ContentInput"}),
        ({"comment": "type=binary"}, {"$ref": "#/$defs/ContentInput"}),
        (
            {"type": "integer", "format": "int32", "nullable": True, "minimum": 0},
            {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
        ),
        (
            {"type": "number", "minimum": 0, "exclusiveMinimum": 0, "default": "null"},
            {"type": "number", "exclusiveMinimum": 0},
        ),
        (
            {"type": ["boolean", "string"], "enum": ["never", True, False]},
            {"anyOf": [{"type": "boolean"}, {"enum": ["never"]}]},
        ),
        (
            {"type": "string", "oneOf": [{"const": "none"}, {"const": "max"}]},
            {"enum": ["none", "max"]},
        ),
        (
            {"oneOf": [{"enum": ["auto"]}, {"enum": ["none"]}, {"type": "integer"}]},
            {"anyOf": [{"enum": ["auto", "none"]}, {"type": "integer"}]},
        ),
        (
            {"type": ["string", "object"]},
            {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {}}]},
        ),
        (
            {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
            {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
        ),
        (
            {"title": "X", "$ref": "/schemas/common.json#/definitions/Transform"},
            {"enum": ["softmax", "none"]},
        ),
        (
            {"allOf": [{"$ref": "/schemas/common.json#/definitions/Transform"}], "nullable": True},
            {"anyOf": [{"enum": ["softmax", "none"]}, {"type": "null"}]},
        ),
    ],
)
def test_an_argument(schema: Json, expected: Json) -> None:
    assert read(schema)[0] == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer", "minimum": 0}, {"type": "integer"}),
        ({"type": "string", "enum": ["a", "b"]}, {"anyOf": [{"enum": ["a", "b"]}, {"type": "string"}]}),
        ({"comment": "type=binary"}, {"$ref": "#/$defs/Base64Bytes"}),
        ({"comment": "type=binary", "contentMediaType": "image/png"}, {"$ref": "#/$defs/Image"}),
        ({"type": "array", "minItems": 2, "items": {}}, {"type": "array", "items": {}}),
    ],
)  # fmt: skip
def test_a_result_keeps_no_bounds_and_open_choices(schema: Json, expected: Json) -> None:
    assert read(schema, "result")[0] == expected


def test_an_object_is_a_class_with_the_name_of_its_task() -> None:
    box = {"$ref": "/schemas/common.json#/definitions/Box", "description": "Where it is."}
    schema, (definition,) = read(box)
    assert schema == {"$ref": "#/$defs/ShoutBoundingBox"}
    assert definition.class_name == "ShoutBoundingBox"
    assert definition.description == "A box.", "not what this one use of it says"
    (member,) = definition.members
    assert (member.identifier, member.is_required) == ("xmin", True)
    assert json_schema(member.type) == {"type": "integer", "minimum": 0}


def test_a_class_that_tasks_share_has_a_name_and_a_module_for_all() -> None:
    rect: Json = {"type": "object", "title": "Rect", "properties": {"x": {"type": "integer"}}}
    schema, (definition,) = read(rect, "result")
    assert schema == {"$ref": "#/$defs/Rect"}
    assert (definition.class_name, definition.module) == ("Rect", "_common")
    assert (definition.is_input, definition.is_result) == (False, True)


def test_a_tag_with_one_value_has_it_as_its_default() -> None:
    tagged: Json = {"type": "object", "title": "Tagged", "required": ["type"],
                    "properties": {"type": {"type": "string", "enum": ["text"]}}}  # fmt: skip
    (member,) = read(tagged)[1][0].members
    assert (member.is_required, member.default) == (False, "text")
    assert json_schema(member.type) == {"enum": ["text"]}


def test_an_object_without_a_title_is_named_after_its_place_and_may_be_renamed() -> None:
    inner: Json = {"type": "object", "properties": {"schema": {"type": "string"}}}
    outer: Json = {"type": "object", "title": "ShoutOld", "properties": {"target_size": inner}}
    schema, definitions = read(outer)
    assert schema == {"$ref": "#/$defs/ShoutNew"}
    assert [one.class_name for one in definitions] == ["ShoutTargetSize", "ShoutNew"]
    (member,) = definitions[0].members
    assert (member.wire_name, member.identifier) == ("schema", "schema_"), "pydantic has a `schema`"
    assert json_schema(member.type) == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_a_union_may_have_a_name() -> None:
    union: Json = {"title": "ShoutForm", "oneOf": [{"type": "string"}, {"type": "integer"}]}
    assert read(union)[0] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    assert read(union, aliases=("ShoutForm",))[0] == {"$ref": "#/$defs/ShoutForm"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"$ref": "#/$defs/Nowhere"}, "cannot resolve the reference"),
        ({"$ref": "https://example.com/a.json#/b"}, "cannot resolve the reference"),
        ({"$ref": "../../secret.json"}, "cannot resolve the reference"),
        ({"type": "file"}, "is of type 'file'"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "combines several schemas"),
        ({"type": "object", "title": "a b", "properties": {"a": {}}}, "cannot be a class name"),
        (
            {"type": "object", "properties": {"token_str": {}}, "required": ["tokenStr"]},
            "requires tokenStr, which it does not define. Correct it in the overlay",
        ),
        (7, "is not a schema"),
    ],
)
def test_what_is_not_understood_is_refused(schema: Json, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read(schema)
