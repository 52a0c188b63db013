"""Every kind of change: what it is called, how bad it is, and where the lines between them run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hubsmith_codegen.compare.api import ApiDiff, Rule, diff_services

from tests.support.documents import (
    config_of,
    endpoint,
    function,
    info_of,
    parameter,
    result,
    service_of,
    with_default,
)

Endpoint = Mapping[str, Any]
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
NULL: Schema = {"type": "null"}
AB: Schema = {"type": "string", "enum": ["a", "b"]}
ABC: Schema = {"type": "string", "enum": ["a", "b", "c"]}
NAME = parameter(TEXT, name="name")
COUNT = parameter(NUMBER, name="count")
OPTIONAL = with_default(TEXT, "you", name="name")
ONE, TWO = (with_default(NUMBER, 1, name=name) for name in ("one", "two"))
A, B, C = (
    result(schema, label=label) for schema, label in ((TEXT, "A"), (NUMBER, "B"), (WHOLE, "C"))
)
REFERENCE = parameter({"$ref": "http://example.org/x"}, name="name")


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> ApiDiff:
    """How two APIs differ, given as their documents."""
    return diff_services(*(service_of(**{"name": "kitchen", **one}) for one in (old, new)))


def go(*described: Any, **more: Any) -> dict[str, Any]:
    """The documents of a Space with one endpoint."""
    return {"info": info_of({"/go": endpoint(*described, **more)})}


def named(**endpoints: Any) -> dict[str, Any]:
    """The documents of a Space with several endpoints."""
    return {"info": info_of({f"/{name}": described for name, described in endpoints.items()})}


def app(**more: Any) -> dict[str, Any]:
    """The documents of a Space that has a configuration only."""
    return {"config": config_of([], function("go"), **more)}


def streaming(is_generator: bool) -> dict[str, Any]:
    return {"config": config_of([], function("go", types={"generator": is_generator}))}


def dropdown(schema: Schema) -> dict[str, Any]:
    """The documents of a Space whose one choice takes any other text as well."""
    component = {"id": 1, "type": "dropdown", "props": {"allow_custom_value": True}}
    return {**go(parameter(schema)), "config": config_of([component], function("go", [1]))}


def bounded(minimum: float, maximum: float) -> Schema:
    return {"type": "number", "minimum": minimum, "maximum": maximum}


def thing(*required: str, title: str = "Thing", **members: Any) -> Schema:
    """An object type."""
    return {"type": "object", "title": title, "properties": members, "required": list(required)}


def rules(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [change.rule.value for change in diff(old, new).changes]


def of_parameter(old: Endpoint, new: Endpoint) -> list[str]:
    """The changes of the only parameter of an endpoint."""
    return rules(go(old), go(new))


def of_result(old: Schema, new: Schema) -> list[str]:
    """The changes of the only result of an endpoint."""
    return rules(go(returns=[result(old)]), go(returns=[result(new)]))


# What changes from the left to the right, and the one rule that it falls under.
JUDGEMENTS: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "client-renamed": ("breaking", {**go(), "name": "a"}, {**go(), "name": "b"}),
    "class-gone": (
        "breaking", go(parameter({}), returns=[result(thing(a=TEXT))]),
        go(parameter({}), returns=[result({})]),
    ),
    "class-renamed": (
        "breaking", go(returns=[result(thing(a=TEXT))]),
        go(returns=[result(thing(a=TEXT, title="Item"))]),
    ),
    "class-added": ("compatible", go(parameter(TEXT)), go(parameter({"anyOf": [TEXT, thing(a=TEXT)]}))),
    "source-changed": ("compatible", {**go(), "source": "a/b"}, {**go(), "source": "a/c"}),
    "title-changed": ("cosmetic", app(title="Old"), app(title="New")),
    "platform-changed": ("cosmetic", app(), {"config": {**app()["config"], "version": "7.0.0"}}),
    "documents-changed": ("cosmetic", {**app(), **go()}, app()),
    "endpoint-gone": ("breaking", named(go=endpoint(NAME), stay=endpoint()), named(stay=endpoint())),
    "endpoint-omitted": ("breaking", go(NAME), go(REFERENCE)),
    "endpoint-renamed": ("breaking", named(go=endpoint(NAME)), named(walk=endpoint(NAME))),
    "endpoint-added": ("compatible", named(), go(NAME)),
    "method-renamed": (
        "breaking", named(**{"a-b": endpoint()}), named(**{"a-b": endpoint(), "a_b": endpoint(NAME)}),
    ),
    "endpoint-described": ("cosmetic", go(description="One."), go(description="Two.")),
    "streaming-began": ("compatible", streaming(False), streaming(True)),
    "streaming-ended": ("compatible", streaming(True), streaming(False)),
    "parameter-gone": ("breaking", go(NAME), go()),
    "parameter-renamed": ("breaking", go(parameter(TEXT, name="nmae")), go(NAME)),
    "parameter-added-required": ("breaking", go(NAME), go(NAME, COUNT)),
    "parameter-added-optional": ("compatible", go(NAME), go(NAME, ONE)),
    "parameter-made-required": ("breaking", go(OPTIONAL), go(NAME)),
    "parameter-made-optional": ("compatible", go(NAME), go(OPTIONAL)),
    "parameter-described": (
        "cosmetic", go(parameter(TEXT, label="Who")), go(parameter(TEXT, label="Whom")),
    ),
    "parameters-moved": ("breaking", go(NAME, COUNT), go(COUNT, NAME)),
    "parameters-reordered": ("compatible", go(NAME, ONE, TWO), go(NAME, TWO, ONE)),
    "default-changed": ("compatible", go(with_default(NUMBER, 1)), go(with_default(NUMBER, 2))),
    "choices-gone": ("breaking", go(parameter(ABC)), go(parameter(AB))),
    "open-choices-gone": ("compatible", dropdown(ABC), dropdown(AB)),
    "choices-added": ("compatible", go(parameter(AB)), go(parameter(ABC))),
    "bounds-narrowed": ("breaking", go(parameter(bounded(0, 9))), go(parameter(bounded(1, 10)))),
    "bounds-widened": ("compatible", go(parameter(bounded(0, 9))), go(parameter(NUMBER))),
    "argument-narrowed": ("breaking", go(parameter(TEXT)), go(parameter(AB))),
    "argument-widened": ("compatible", go(parameter(AB)), go(parameter(TEXT))),
    "argument-type-changed": ("breaking", go(parameter(TEXT)), go(parameter(NUMBER))),
    "result-began": ("compatible", go(), go(returns=[A])),
    "result-ended": ("breaking", go(returns=[A]), go()),
    "result-count-changed": ("breaking", go(returns=[A]), go(returns=[A, B])),
    "result-gone": ("breaking", go(returns=[A, B, C]), go(returns=[A, B])),
    "result-added": ("breaking", go(returns=[A, B]), go(returns=[A, B, C])),
    "result-renamed": ("breaking", go(returns=[A, B]), go(returns=[A, result(NUMBER, label="Z")])),
    "results-reordered": ("breaking", go(returns=[A, B]), go(returns=[B, A])),
    "result-choices-changed": ("compatible", go(returns=[result(AB)]), go(returns=[result(ABC)])),
    "result-narrowed": ("compatible", go(returns=[result(NUMBER)]), go(returns=[result(WHOLE)])),
    "result-widened": ("breaking", go(returns=[result(WHOLE)]), go(returns=[result(NUMBER)])),
    "result-type-changed": ("breaking", go(returns=[result(TEXT)]), go(returns=[result(NUMBER)])),
    "result-described": (
        "cosmetic", go(returns=[result(TEXT, label="A")]), go(returns=[result(TEXT, label="B")]),
    ),
}  # fmt: skip
# What cannot change alone.
COMPANIONS = {
    "class-gone": ["result-widened"],
    "class-added": ["argument-widened"],
    "method-renamed": ["endpoint-added"],
    "result-renamed": ["result-described"],
}


def test_each_rule_is_judged_here() -> None:
    # What only callers in TypeScript notice is judged in test_typescript.py.
    others = {Rule.RESULT_MEMBER_ADDED}
    assert set(JUDGEMENTS) == {rule.value for rule in Rule if rule not in others}


@pytest.mark.parametrize("rule", JUDGEMENTS)
def test_each_rule(rule: str) -> None:
    kind, old, new = JUDGEMENTS[rule]
    assert Rule(rule).kind == kind
    assert sorted(rules(old, new)) == sorted([rule, *COMPANIONS.get(rule, [])])
    assert rules(old, old) == []


def test_what_is_breaking_comes_first() -> None:
    old = named(go=endpoint(parameter(TEXT, label="Who"), description="One."))
    new = endpoint(parameter(NUMBER, label="Whom"), description="Two.")
    found = diff(old, named(go=new, new=endpoint()))
    assert [change.kind for change in found.changes] == [
        "breaking", "compatible", "cosmetic", "cosmetic",
    ]  # fmt: skip
    assert found.summary() == "1 breaking, 1 compatible, 2 cosmetic"


# What counts as renamed.


def test_where_two_new_endpoints_could_be_it_none_is_taken_for_the_renamed_one() -> None:
    old = endpoint(NAME, returns=[A])
    found = rules(named(go=old), named(walk=old, run=old))
    assert found == ["endpoint-gone", "endpoint-added", "endpoint-added"]


def test_an_unnamed_function_whose_position_shifts_is_renamed() -> None:
    old, new = ({"info": info_of({}, {place: endpoint(NAME)})} for place in ("3", "4"))
    (change,) = diff(old, new).changes
    assert (change.rule, change.endpoint) == (Rule.ENDPOINT_RENAMED, "fn_index=3")


def test_a_parameter_is_renamed_where_its_place_or_its_label_stays_and_its_type() -> None:
    one, other = (parameter(TEXT, name=name, label="Who") for name in ("a", "b"))
    assert rules(go(one, COUNT), go(COUNT, other)) == ["parameter-renamed", "parameters-moved"]
    assert of_parameter(COUNT, NAME) == ["parameter-gone", "parameter-added-required"]


# Parameters.


def test_a_parameter_that_is_taken_by_name_only_now_breaks_calls_by_position() -> None:
    assert rules(go(NAME), go(with_default(NUMBER, 1, name="count"), NAME)) == [
        "parameters-moved", "parameter-added-optional",
    ]  # fmt: skip


def test_a_default_of_null_is_no_change_of_the_type() -> None:
    optional = with_default(TEXT, None, name="name")
    assert of_parameter(NAME, optional) == ["parameter-made-optional"]
    assert of_parameter(optional, NAME) == ["parameter-made-required"]


def test_a_null_that_is_accepted_no_longer_breaks() -> None:
    found = of_parameter(with_default(TEXT, None), with_default(TEXT, "you"))
    assert found == ["argument-narrowed", "default-changed"]


@pytest.mark.parametrize(
    ("schema", "old", "new", "is_same"),
    [
        ({}, 1, True, False),
        (NUMBER, 1, 1.0, True),
        ({}, {"a": 1}, {"a": 2}, False),
        ({}, {"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}, True),
        ({}, {"a": [1, 2]}, {"a": [2, 1]}, False),
        ({}, {"a": 1}, {"a": True}, False),
    ],
)
def test_defaults_are_compared_as_json(schema: Schema, old: Any, new: Any, is_same: bool) -> None:
    found = of_parameter(with_default(schema, old), with_default(schema, new))
    assert found == ([] if is_same else ["default-changed"])


def test_choices_are_compared_wherever_they_stand() -> None:
    many = [parameter({"type": "array", "items": schema}) for schema in (ABC, AB)]
    assert of_parameter(many[0], many[1]) == ["choices-gone"]
    both = of_parameter(parameter({**AB, "enum": ["a", "z"]}), parameter(AB))
    assert both == ["choices-gone", "choices-added"]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (bounded(0, 10), bounded(0, 5), "bounds-narrowed"),
        (bounded(0, 10), bounded(-1, 11), "bounds-widened"),
        (NUMBER, bounded(0, 10), "bounds-narrowed"),
        ({"type": "number", "minimum": 0}, {"type": "number", "exclusiveMinimum": 0}, "bounds-narrowed"),
        ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 8}, "bounds-narrowed"),
        (
            {"type": "array", "items": TEXT, "maxItems": 2},
            {"type": "array", "items": TEXT, "maxItems": 3},
            "bounds-widened",
        ),
    ],
)  # fmt: skip
def test_bounds(old: Schema, new: Schema, rule: str) -> None:
    assert of_parameter(parameter(old), parameter(new)) == [rule]


# Types.


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (TEXT, {"anyOf": [TEXT, NUMBER]}),
        (TEXT, {"anyOf": [TEXT, NULL]}),
        (TEXT, {}),
        ({"type": "array", "items": WHOLE}, {"type": "array", "items": NUMBER}),
        (
            {"type": "object", "additionalProperties": WHOLE},
            {"type": "object", "additionalProperties": NUMBER},
        ),
    ],
)
def test_an_argument_may_accept_more_and_a_result_may_promise_more(
    narrow: Schema, wide: Schema
) -> None:
    assert of_parameter(parameter(narrow), parameter(wide)) == ["argument-widened"]
    assert of_parameter(parameter(wide), parameter(narrow)) == ["argument-narrowed"]
    assert of_result(wide, narrow) == ["result-narrowed"]
    assert of_result(narrow, wide) == ["result-widened"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TEXT, {"type": "filepath"}),
        (TEXT, {"type": "array", "items": TEXT}),
        ({"type": "boolean"}, WHOLE),
    ],
)
def test_another_type_breaks_on_both_sides(old: Schema, new: Schema) -> None:
    assert of_parameter(parameter(old), parameter(new)) == ["argument-type-changed"]
    assert of_result(old, new) == ["result-type-changed"]


def test_a_member_that_comes_or_goes_is_named() -> None:
    small, large = thing("a", a=TEXT), thing("a", "b", a=TEXT, b=NUMBER)
    (came,) = diff(go(parameter(small)), go(parameter(large))).changes
    assert came.rule is Rule.ARGUMENT_TYPE_CHANGED
    assert "`Thing.b` is new and required" in came.what
    assert of_result(small, large) == ["result-narrowed"]
    for old, new in (
        (go(parameter(large)), go(parameter(small))),
        (go(returns=[result(large)]), go(returns=[result(small)])),
    ):
        (gone,) = diff(old, new).breaking
        assert "`Thing.b` is gone" in gone.what


def test_a_type_that_contains_itself_is_compared_to_its_end() -> None:
    def tree(leaf: Schema) -> Schema:
        node = thing("value", value=leaf, next={"anyOf": [{"$ref": "#/$defs/Thing"}, NULL]})
        return {"$ref": "#/$defs/Thing", "$defs": {"Thing": node}}

    assert of_result(tree(TEXT), tree(TEXT)) == []
    assert of_result(tree(TEXT), tree(NUMBER)) == ["result-type-changed"]
    assert of_result(tree(NUMBER), tree(WHOLE)) == ["result-narrowed"]


# What is said.


@pytest.mark.parametrize(
    ("old", "new", "what", "affected"),
    [
        (
            go(parameter(TEXT, name="nmae")), go(NAME),
            "parameter `nmae` is now `name`",
            "Calls to `kitchen.go(nmae=...)` fail: write `kitchen.go(name=...)`. "
            "Calls that pass it by position keep working.",
        ),
        (
            go(parameter(ABC)), go(parameter(AB)),
            "parameter `x` no longer offers `'c'`",
            "Calls to `kitchen.go(x=...)` with it fail.",
        ),
        (
            go(parameter(bounded(0, 10))), go(parameter(bounded(2, 10))),
            "parameter `x`: the bounds were `>= 0, <= 10`, are `>= 2, <= 10`",
            "Calls to `kitchen.go(x=...)` with a value beyond the new bounds fail.",
        ),
        (
            go(with_default({}, {"a": 1})), go(with_default({}, {"a": 2})),
            "parameter `x`: the default was `{'a': 1}`, is `{'a': 2}`",
            "Calls to `kitchen.go(...)` without `x` send the new default.",
        ),
        (
            go(returns=[A]), go(returns=[A, B]),
            "it returns 2 values (`a` and `b`), not `str`",
            "Code that uses what `kitchen.go(...)` returns fails: the value is now a field of the "
            "named tuple.",
        ),
    ],
)  # fmt: skip
def test_a_change_says_what_happens_to_which_calls(
    old: Any, new: Any, what: str, affected: str
) -> None:
    (change,) = diff(old, new).changes
    assert (change.what, change.affected) == (what, affected)
