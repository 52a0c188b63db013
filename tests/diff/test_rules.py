"""Every kind of change: what it is called, how bad it is, and what it does to calling code."""

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
    signatures,
    with_default,
)

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}
AB: dict[str, Any] = {"type": "string", "enum": ["a", "b"]}
ABC: dict[str, Any] = {"type": "string", "enum": ["a", "b", "c"]}
NAME = parameter(TEXT, name="name")
Endpoints = Mapping[str, object]


def diff(old: Endpoints, new: Endpoints) -> ApiDiff:
    return diff_services(
        service_of(info=info_of(old), name="kitchen"), service_of(info=info_of(new), name="kitchen")
    )


def changed(old: object, new: object) -> dict[str, tuple[str, str]]:
    """The changes of one endpoint: what and affected, by rule."""
    found = diff({"/go": old}, {"/go": new})
    return {change.rule.value: (change.what, change.affected) for change in found.changes}


def of_parameter(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The changes of the only parameter of an endpoint."""
    return changed(endpoint(old), endpoint(new))


def of_result(old: object, new: object) -> dict[str, tuple[str, str]]:
    """The changes of the only result of an endpoint."""
    return changed(endpoint(returns=[result(old)]), endpoint(returns=[result(new)]))


def kinds(found: Mapping[str, object]) -> dict[str, str]:
    return {rule: Rule(rule).kind for rule in found}


def bounded(minimum: float, maximum: float, kind: str = "number") -> dict[str, Any]:
    return {"type": kind, "minimum": minimum, "maximum": maximum}


def thing(*required: str, **members: object) -> dict[str, Any]:
    """An object type named Thing."""
    return {
        "type": "object",
        "title": "Thing",
        "properties": members,
        "required": list(required),
    }


# Endpoints.


def test_an_endpoint_that_is_gone_breaks_its_calls() -> None:
    found = diff({"/go": endpoint(NAME), "/stay": endpoint()}, {"/stay": endpoint()})
    (change,) = found.changes
    assert (change.rule.value, change.kind, change.endpoint) == ("endpoint-gone", "breaking", "/go")
    assert change.affected == "Calls of `kitchen.go(...)` fail."


def test_an_endpoint_that_is_new_breaks_nothing() -> None:
    (change,) = diff({}, {"/go": endpoint(NAME)}).changes
    assert (change.rule.value, change.kind, change.endpoint) == (
        "endpoint-added",
        "compatible",
        "/go",
    )


def test_an_endpoint_of_equal_signature_under_another_name_is_renamed() -> None:
    old = endpoint(NAME, returns=[result(TEXT)])
    (change,) = diff({"/go": old}, {"/walk": old}).changes
    assert (change.rule.value, change.kind, change.endpoint) == (
        "endpoint-renamed",
        "breaking",
        "/go",
    )
    assert change.affected == "Calls of `kitchen.go(...)` fail: write `kitchen.walk(...)`."


def test_where_two_new_endpoints_could_be_it_none_is_taken_for_the_renamed_one() -> None:
    old = endpoint(NAME, returns=[result(TEXT)])
    found = diff({"/go": old}, {"/walk": old, "/run": old})
    assert [change.rule.value for change in found.changes] == [
        "endpoint-gone", "endpoint-added", "endpoint-added",
    ]  # fmt: skip


def test_an_endpoint_that_cannot_be_expressed_any_more_says_why() -> None:
    new = endpoint(parameter({"$ref": "http://example.org/x"}, name="name"))
    (change,) = diff({"/go": endpoint(NAME)}, {"/go": new}).changes
    assert (change.rule.value, change.kind) == ("endpoint-omitted", "breaking")
    assert "refers to" in change.what


def test_an_endpoint_whose_method_has_to_be_spelled_out_breaks_calls_of_the_old_method() -> None:
    found = diff({"/a-b": endpoint()}, {"/a-b": endpoint(), "/a_b": endpoint(NAME)})
    renamed = next(change for change in found.changes if change.rule.value == "method-renamed")
    assert renamed.kind == "breaking"
    assert renamed.affected == "Calls of `kitchen.a_b(...)` fail: write `kitchen.a_dash_b(...)`."


# Parameters.


def test_a_parameter_that_is_gone_breaks_calls_that_pass_it() -> None:
    found = changed(endpoint(NAME), endpoint())
    assert kinds(found) == {"parameter-gone": "breaking"}
    assert found["parameter-gone"][1] == "Calls of `kitchen.go(name=...)` fail: leave it out."


def test_a_parameter_in_the_same_place_with_the_same_type_is_renamed() -> None:
    found = of_parameter(parameter(TEXT, name="nmae"), NAME)
    assert kinds(found) == {"parameter-renamed": "breaking"}
    what, affected = found["parameter-renamed"]
    assert what == "parameter `nmae` is now `name`"
    assert affected == (
        "Calls of `kitchen.go(nmae=...)` fail: write `kitchen.go(name=...)`. "
        "Calls that pass it by position go on."
    )


def test_a_parameter_with_the_same_label_elsewhere_is_renamed_and_moved() -> None:
    one = parameter(TEXT, name="a", label="Who")
    other = parameter(TEXT, name="b", label="Who")
    count = parameter(NUMBER, name="count", label="Count")
    found = changed(endpoint(one, count), endpoint(count, other))
    assert kinds(found) == {"parameter-renamed": "breaking", "parameters-moved": "breaking"}


def test_a_parameter_of_another_type_under_another_name_is_not_renamed() -> None:
    found = of_parameter(parameter(NUMBER, name="count"), NAME)
    assert kinds(found) == {"parameter-gone": "breaking", "parameter-added-required": "breaking"}


def test_a_new_parameter_breaks_calls_only_where_it_is_required() -> None:
    required = changed(endpoint(NAME), endpoint(NAME, parameter(NUMBER, name="count")))
    assert kinds(required) == {"parameter-added-required": "breaking"}
    assert (
        required["parameter-added-required"][1]
        == "Calls of `kitchen.go(...)` fail until they pass `count`."
    )
    optional = changed(endpoint(NAME), endpoint(NAME, with_default(NUMBER, 3, name="count")))
    assert kinds(optional) == {"parameter-added-optional": "compatible"}
    assert "left out, it is `3`" in optional["parameter-added-optional"][0]


def test_making_a_parameter_required_breaks_and_making_it_optional_does_not() -> None:
    optional = with_default(TEXT, "you", name="name")
    assert kinds(of_parameter(optional, NAME)) == {"parameter-made-required": "breaking"}
    assert kinds(of_parameter(NAME, optional)) == {"parameter-made-optional": "compatible"}


def test_a_default_of_null_is_no_change_of_the_type() -> None:
    optional = with_default(TEXT, None, name="name")
    assert kinds(of_parameter(NAME, optional)) == {"parameter-made-optional": "compatible"}
    assert kinds(of_parameter(optional, NAME)) == {"parameter-made-required": "breaking"}


def test_a_null_that_is_accepted_no_longer_breaks() -> None:
    found = of_parameter(with_default(TEXT, None), with_default(TEXT, "you"))
    assert kinds(found) == {"default-changed": "compatible", "argument-narrowed": "breaking"}


def test_another_default_is_compatible_and_both_values_are_told() -> None:
    found = of_parameter(with_default(NUMBER, 1), with_default(NUMBER, 2))
    assert kinds(found) == {"default-changed": "compatible"}
    assert found["default-changed"][0] == "parameter `x`: the default was `1`, is `2`"
    wire = of_parameter(with_default({}, {"a": 1}), with_default({}, {"a": 2}))
    assert "was `{'a': 1}`, is `{'a': 2}`" in wire["default-changed"][0]


def test_a_default_of_true_is_not_one_of_1() -> None:
    assert kinds(of_parameter(with_default({}, 1), with_default({}, True))) == {
        "default-changed": "compatible"
    }
    assert of_parameter(with_default(NUMBER, 1), with_default(NUMBER, 1.0)) == {}


def test_required_parameters_that_change_places_break_calls_by_position() -> None:
    count = parameter(NUMBER, name="count")
    found = changed(endpoint(NAME, count), endpoint(count, NAME))
    assert kinds(found) == {"parameters-moved": "breaking"}
    assert found["parameters-moved"][0] == (
        "by position it takes `count` and `name`, not `name` and `count`"
    )


def test_a_parameter_that_is_taken_by_name_only_now_breaks_calls_by_position() -> None:
    found = changed(endpoint(NAME), endpoint(with_default(NUMBER, 1, name="count"), NAME))
    assert kinds(found) == {
        "parameter-added-optional": "compatible",
        "parameters-moved": "breaking",
    }


def test_parameters_that_are_passed_by_name_may_change_places() -> None:
    one, two = (with_default(NUMBER, 1, name=name) for name in ("one", "two"))
    found = changed(endpoint(NAME, one, two), endpoint(NAME, two, one))
    assert kinds(found) == {"parameters-reordered": "compatible"}


@pytest.mark.parametrize(
    "parameters",
    [
        [],
        [NAME],
        [NAME, parameter(TEXT, name="b"), with_default(TEXT, "c", name="c")],
        [with_default(TEXT, "a", name="a"), parameter(TEXT, name="b")],
        [NAME, with_default(TEXT, "b", name="b"), parameter(TEXT, name="c")],
    ],
)
def test_what_goes_by_position_is_what_the_stub_takes_by_position(parameters: list[Any]) -> None:
    service = service_of(info=info_of({"/go": endpoint(*parameters)}))
    rendered = (
        signatures(service)["go"].partition(") ->")[0].removeprefix("(self").partition("*")[0]
    )
    names = [part.partition(":")[0].strip() for part in rendered.split(",") if part.strip()]
    assert [
        one.identifier
        for one in service.operations[0].parameters[: service.operations[0].by_position]
    ] == names


def test_choices_that_go_break_and_choices_that_come_do_not() -> None:
    fewer = of_parameter(parameter(ABC), parameter(AB))
    assert kinds(fewer) == {"choices-gone": "breaking"}
    assert fewer["choices-gone"] == (
        "parameter `x` no longer offers `'c'`", "Calls of `kitchen.go(x=...)` with it fail.",
    )  # fmt: skip
    assert kinds(of_parameter(parameter(AB), parameter(ABC))) == {"choices-added": "compatible"}
    both = of_parameter(parameter({**AB, "enum": ["a", "z"]}), parameter(AB))
    assert kinds(both) == {"choices-gone": "breaking", "choices-added": "compatible"}


def test_choices_in_a_list_are_compared_as_well() -> None:
    many = [parameter({"type": "array", "items": schema}) for schema in (ABC, AB)]
    assert kinds(of_parameter(many[0], many[1])) == {"choices-gone": "breaking"}


def test_a_choice_that_goes_breaks_nothing_where_any_text_is_accepted() -> None:
    def with_config(schema: dict[str, Any]) -> Any:
        dropdown = {"id": 1, "type": "dropdown", "props": {"allow_custom_value": True}}
        return service_of(
            info=info_of({"/go": endpoint(parameter(schema))}),
            config=config_of([dropdown], function("go", [1])),
        )

    (change,) = diff_services(with_config(ABC), with_config(AB)).changes
    assert (change.rule.value, change.kind) == ("open-choices-gone", "compatible")


def test_choices_in_the_place_of_any_text_narrow_the_type() -> None:
    assert kinds(of_parameter(parameter(TEXT), parameter(AB))) == {"argument-narrowed": "breaking"}
    assert kinds(of_parameter(parameter(AB), parameter(TEXT))) == {"argument-widened": "compatible"}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (bounded(0, 10), bounded(0, 5), "bounds-narrowed"),
        (bounded(0, 10), bounded(1, 10), "bounds-narrowed"),
        (bounded(0, 10), bounded(5, 15), "bounds-narrowed"),
        (bounded(0, 10), bounded(-1, 11), "bounds-widened"),
        (bounded(0, 10), NUMBER, "bounds-widened"),
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
def test_bounds(old: dict[str, Any], new: dict[str, Any], rule: str) -> None:
    assert list(of_parameter(parameter(old), parameter(new))) == [rule]


def test_bounds_are_shown_before_and_after() -> None:
    found = of_parameter(parameter(bounded(0, 10)), parameter(bounded(2, 10)))
    assert found["bounds-narrowed"] == (
        "parameter `x`: the bounds were `>= 0, <= 10`, are `>= 2, <= 10`",
        "Calls of `kitchen.go(x=...)` with a value beyond the new bounds fail.",
    )


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (WHOLE, NUMBER),
        (TEXT, {"anyOf": [TEXT, NUMBER]}),
        (TEXT, {"anyOf": [TEXT, {"type": "null"}]}),
        (TEXT, {}),
        ({"type": "array", "items": WHOLE}, {"type": "array", "items": NUMBER}),
        (
            {"type": "object", "additionalProperties": WHOLE},
            {"type": "object", "additionalProperties": NUMBER},
        ),
    ],
)
def test_an_argument_may_accept_more_and_a_result_may_promise_more(
    narrow: dict[str, Any], wide: dict[str, Any]
) -> None:
    assert kinds(of_parameter(parameter(narrow), parameter(wide))) == {
        "argument-widened": "compatible"
    }
    assert kinds(of_parameter(parameter(wide), parameter(narrow))) == {
        "argument-narrowed": "breaking"
    }
    assert kinds(of_result(wide, narrow)) == {"result-narrowed": "compatible"}
    assert kinds(of_result(narrow, wide)) == {"result-widened": "breaking"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TEXT, NUMBER),
        (TEXT, {"type": "filepath"}),
        (TEXT, {"type": "array", "items": TEXT}),
        ({"type": "boolean"}, WHOLE),
    ],
)
def test_another_type_breaks_on_both_sides(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert kinds(of_parameter(parameter(old), parameter(new))) == {
        "argument-type-changed": "breaking"
    }
    assert kinds(of_result(old, new)) == {"result-type-changed": "breaking"}


def test_a_member_that_is_required_breaks_arguments_and_is_named() -> None:
    old, new = thing("a", a=TEXT), thing("a", "b", a=TEXT, b=NUMBER)
    found = of_parameter(parameter(old), parameter(new))
    assert kinds(found) == {"argument-type-changed": "breaking"}
    assert "`Thing.b` is new and required" in found["argument-type-changed"][0]
    assert kinds(of_result(old, new)) == {"result-narrowed": "compatible"}


def test_a_member_that_is_gone_breaks_both_sides() -> None:
    old, new = thing("a", "b", a=TEXT, b=NUMBER), thing("a", a=TEXT)
    for found in (of_parameter(parameter(old), parameter(new)), of_result(old, new)):
        assert "breaking" in kinds(found).values()
        assert "`Thing.b` is gone" in next(iter(found.values()))[0]


def test_a_type_that_contains_itself_is_compared_to_its_end() -> None:
    def tree(leaf: object) -> dict[str, Any]:
        node = thing(
            "value", value=leaf, next={"anyOf": [{"$ref": "#/$defs/Thing"}, {"type": "null"}]}
        )
        return {"$ref": "#/$defs/Thing", "$defs": {"Thing": node}}

    assert of_result(tree(TEXT), tree(TEXT)) == {}
    assert kinds(of_result(tree(TEXT), tree(NUMBER))) == {"result-type-changed": "breaking"}
    assert kinds(of_result(tree(NUMBER), tree(WHOLE))) == {"result-narrowed": "compatible"}


def test_the_name_of_a_class_counts_for_who_imports_it_only() -> None:
    old, new = thing("a", a=TEXT), {**thing("a", a=TEXT), "title": "Item"}
    found = changed(endpoint(returns=[result(old)]), endpoint(returns=[result(new)]))
    assert kinds(found) == {"class-renamed": "breaking"}
    assert found["class-renamed"][1] == "Code that imports `Thing` fails: import `Item`."
    assert kinds(changed(endpoint(parameter(old)), endpoint(parameter(TEXT)))) == {
        "argument-type-changed": "breaking",
        "class-gone": "breaking",
    }


# Results.


def test_a_result_that_begins_is_compatible_and_one_that_ends_is_not() -> None:
    none, one = endpoint(), endpoint(returns=[result(TEXT)])
    assert kinds(changed(none, one)) == {"result-began": "compatible"}
    assert kinds(changed(one, none)) == {"result-ended": "breaking"}


def test_one_value_in_the_place_of_several_breaks_and_the_other_way_round() -> None:
    one = endpoint(returns=[result(TEXT)])
    two = endpoint(returns=[result(TEXT, label="A"), result(TEXT, label="B")])
    assert kinds(changed(one, two)) == {"result-count-changed": "breaking"}
    assert kinds(changed(two, one)) == {"result-count-changed": "breaking"}
    assert (
        changed(one, two)["result-count-changed"][0]
        == "it returns 2 values (`a` and `b`), not `str`"
    )


def test_results_that_come_go_change_names_or_places_break() -> None:
    a, b, c = (
        result(schema, label=label) for schema, label in ((TEXT, "A"), (NUMBER, "B"), (WHOLE, "C"))
    )
    assert kinds(changed(endpoint(returns=[a, b]), endpoint(returns=[a, b, c]))) == {
        "result-added": "breaking"
    }
    assert kinds(changed(endpoint(returns=[a, b, c]), endpoint(returns=[a, b]))) == {
        "result-gone": "breaking"
    }
    reordered = changed(endpoint(returns=[a, b]), endpoint(returns=[b, a]))
    assert kinds(reordered) == {"results-reordered": "breaking"}
    assert (
        reordered["results-reordered"][0] == "it returns `b` and `a` in this order, not `a` and `b`"
    )
    renamed = changed(endpoint(returns=[a, b]), endpoint(returns=[a, result(NUMBER, label="Z")]))
    assert kinds(renamed) == {"result-renamed": "breaking", "result-described": "cosmetic"}
    assert "reads `.b`" in renamed["result-renamed"][1]


def test_choices_of_a_result_are_open_so_that_none_breaks() -> None:
    assert kinds(of_result(AB, ABC)) == {"result-choices-changed": "compatible"}
    assert kinds(of_result(ABC, AB)) == {"result-choices-changed": "compatible"}


# Words.


def test_words_are_cosmetic() -> None:
    old = endpoint(
        parameter(TEXT, label="Who"), returns=[result(TEXT, label="A")], description="One."
    )
    new = endpoint(
        parameter(TEXT, label="Whom"), returns=[result(TEXT, label="B")], description="Two."
    )
    found = changed(old, new)
    assert kinds(found) == {
        "endpoint-described": "cosmetic",
        "parameter-described": "cosmetic",
        "result-described": "cosmetic",
    }


def test_the_app_as_a_whole() -> None:
    function_ = function("go", backend_fn=True)
    old = service_of(config=config_of([], function_, title="Old"), source="a/b")
    new = service_of(
        config=config_of([], function_, title="New") | {"version": "7.0.0"},
        source="a/c",
    )
    found = {change.rule.value: change.kind for change in diff_services(old, new).changes}
    assert found == {
        "source-changed": "compatible", "title-changed": "cosmetic", "platform-changed": "cosmetic",
    }  # fmt: skip


def test_a_generator_function_in_the_place_of_a_plain_one_streams() -> None:
    plain, generator = (
        service_of(config=config_of([], function("go", types={"generator": is_generator})))
        for is_generator in (False, True)
    )
    assert [one.rule.value for one in diff_services(plain, generator).changes] == [
        "streaming-began"
    ]
    assert [one.rule.value for one in diff_services(generator, plain).changes] == [
        "streaming-ended"
    ]


def test_another_document_behind_the_api_is_told() -> None:
    config = config_of([], function("go"))
    old = service_of(config=config, info=info_of({"/go": endpoint()}))
    found = diff_services(old, service_of(config=config))
    assert [change.rule.value for change in found.by_kind()["cosmetic"]] == ["documents-changed"]


def test_a_client_of_another_name_is_imported_under_another_name() -> None:
    info = info_of({"/go": endpoint()})
    found = diff_services(service_of(info=info, name="a"), service_of(info=info, name="b"))
    assert [change.rule.value for change in found.breaking] == ["client-renamed"]


def test_what_is_breaking_comes_first() -> None:
    old = endpoint(parameter(TEXT, label="Who"), description="One.")
    new = endpoint(parameter(NUMBER, label="Whom"), description="Two.")
    found = diff({"/go": old}, {"/go": new, "/new": endpoint()})
    assert [change.kind for change in found.changes] == [
        "breaking", "compatible", "cosmetic", "cosmetic",
    ]  # fmt: skip
    assert found.summary() == "1 breaking, 1 compatible, 2 cosmetic"


def test_an_unnamed_function_whose_position_shifts_is_renamed() -> None:
    old = service_of(info=info_of({}, {"3": endpoint(NAME)}))
    new = service_of(info=info_of({}, {"4": endpoint(NAME)}))
    (change,) = diff_services(old, new).changes
    assert (change.rule.value, change.endpoint) == ("endpoint-renamed", "fn_index=3")
