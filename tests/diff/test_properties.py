"""What holds for the difference of any two APIs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hubsmith_codegen.compare.api import diff_services
from hubsmith_codegen.compare.api.comparison import Comparison
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.ir.types import (
    ListType,
    MappingType,
    Reference,
    Type,
    UnionType,
    accepts,
)
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.codegen.test_properties import FITTING, JSON, SCHEMAS
from tests.support.documents import endpoint, info_of, parameter, result, service_of, with_default
from tests.support.examples import examples

MIRRORED: dict[str, str] = {
    "endpoint-gone": "endpoint-added",
    "class-gone": "class-added",
    "result-began": "result-ended",
    "result-gone": "result-added",
    "result-narrowed": "result-widened",
    "parameter-made-required": "parameter-made-optional",
}
SYMMETRIC: tuple[str, ...] = (
    "endpoint-renamed", "class-renamed", "parameter-renamed", "result-renamed",
    "result-count-changed", "results-reordered", "result-type-changed", "default-changed",
    "result-choices-changed", "parameter-described", "result-described",
)  # fmt: skip
PLAIN: list[Any] = [
    {"type": "string"}, {"type": "number"}, {"type": "number", "minimum": 2}, {},
    {"enum": ["a", "b"]}, {"enum": ["b", "c"]}, {"type": "filepath"},
    {"type": "array", "items": {"type": "string"}},
    {"type": "object", "title": "Thing", "properties": {"a": {"type": "string"}}},
    {"type": "object", "title": "Thing", "properties": {"a": {"type": "integer"}, "b": {}}},
]  # fmt: skip


@st.composite
def parameters(draw: st.DrawFn) -> list[Any]:
    names = draw(st.lists(st.sampled_from(["one", "two", "three"]), unique=True, max_size=3))
    return [
        draw(
            st.one_of(
                st.builds(parameter, st.sampled_from(PLAIN), name=st.just(name)),
                st.builds(
                    with_default, st.sampled_from(PLAIN), st.sampled_from([None, "a", 3, True]),
                    name=st.just(name),
                ),
            )
        )
        for name in names
    ]  # fmt: skip


LABELS = st.sampled_from(["A", "B", "C"])
RESULTS = st.lists(st.builds(result, st.sampled_from(PLAIN), label=LABELS), max_size=3)
ENDPOINTS = st.dictionaries(
    st.sampled_from(["/go", "/walk", "/run", "/a-b", "/a_b"]),
    st.builds(
        lambda taken, returned: endpoint(*taken, returns=returned), parameters(), RESULTS
    ),
    max_size=3,
)  # fmt: skip
SERVICES = ENDPOINTS.map(lambda endpoints: service_of(info=info_of(endpoints)))


@given(SERVICES)
def test_an_api_does_not_differ_from_itself(service: Service) -> None:
    assert diff_services(service, service).changes == ()


@pytest.mark.slow
@given(SCHEMAS, SCHEMAS)
@settings(max_examples=examples(75, 150), suppress_health_check=list(HealthCheck))
def test_nor_does_one_with_whatever_stands_for_a_schema(taken: object, returned: object) -> None:
    described = {"/go": endpoint(parameter(taken), returns=[result(returned)])}
    one, other = (service_of(info=info_of(described)) for _ in range(2))
    assert diff_services(one, other).changes == ()


def shuffled(value: Any, random: Any) -> Any:
    """The same JSON value, with the keys of every object in another order."""
    match value:
        case dict():
            keys: list[Any] = random.sample(list(value), len(value))
            return {key: shuffled(value[key], random) for key in keys}
        case list() | tuple():
            return [shuffled(one, random) for one in value]
        case _:
            return value


@given(st.dictionaries(st.sampled_from("abcd"), JSON, min_size=2), FITTING, st.randoms())
@settings(suppress_health_check=list(HealthCheck))
def test_the_order_of_keys_is_no_difference(
    default: Any, fitting: tuple[Any, Any], random: Any
) -> None:
    schema, value = fitting
    taken = [
        with_default({}, default, name="one", example_input=default),
        with_default(schema, value, name="two"),
    ]
    info = info_of({"/go": endpoint(*taken, returns=[result(schema)]), "/walk": endpoint(*taken)})
    one, other = (service_of(info=found) for found in (info, shuffled(info, random)))
    assert diff_services(one, other).changes == ()


@given(SERVICES, SERVICES)
def test_what_goes_one_way_comes_the_other_way(old: Service, new: Service) -> None:
    there = Counter(change.rule.value for change in diff_services(old, new).changes)
    back = Counter(change.rule.value for change in diff_services(new, old).changes)
    for rule, mirrored in MIRRORED.items():
        assert there[rule] == back[mirrored], rule
        assert there[mirrored] == back[rule], mirrored
    for rule in SYMMETRIC:
        assert there[rule] == back[rule], rule
    added = there["parameter-added-required"] + there["parameter-added-optional"]
    assert added == back["parameter-gone"]


@given(SERVICES, SERVICES)
def test_two_apis_without_a_difference_are_equal_but_for_their_digest(
    old: Service, new: Service
) -> None:
    if not diff_services(old, new).changes:
        assert [one.method for one in old.operations] == [one.method for one in new.operations]
        assert old.definitions == new.definitions


@given(FITTING, FITTING)
@settings(suppress_health_check=list(HealthCheck))
def test_a_type_that_became_wider_still_takes_every_value(
    old: tuple[Any, Any], new: tuple[Any, Any]
) -> None:
    before, after = (
        service_of(info=info_of({"/go": endpoint(parameter(schema))})) for schema, _ in (old, new)
    )
    was, is_ = (one.operations[0].parameters[0].type for one in (before, after))
    relation = Comparison(before, after).relation(was, is_, "argument")
    assert takes(was, old[1], before)
    if relation in ("same", "widened"):
        assert takes(is_, old[1], after)
    if relation in ("same", "narrowed"):
        assert takes(was, new[1], before)


TYPE_RULES: set[str] = {
    "argument-narrowed", "argument-type-changed", "bounds-narrowed", "choices-gone",
}  # fmt: skip


@given(FITTING, FITTING)
@settings(suppress_health_check=list(HealthCheck))
def test_a_type_breaks_just_where_a_value_may_be_refused(
    old: tuple[Any, Any], new: tuple[Any, Any]
) -> None:
    before, after = (
        service_of(info=info_of({"/go": endpoint(parameter(schema))})) for schema, _ in (old, new)
    )
    was, is_ = (one.operations[0].parameters[0].type for one in (before, after))
    relation = Comparison(before, after).relation(was, is_, "argument")
    told = {change.rule.value for change in diff_services(before, after).changes}
    assert bool(told & TYPE_RULES) == (relation in ("narrowed", "changed"))


def takes(type_: Type, value: Any, service: Service) -> bool:
    """Whether a type takes a value: a second opinion, for the types of this module."""
    match type_:
        case UnionType(options=options):
            return any(takes(option, value, service) for option in options)
        case Reference(class_name=name):
            (found,) = (one for one in service.definitions if one.class_name == name)
            return isinstance(value, dict) and all(
                takes(member.type, value[member.wire_name], service)
                if member.wire_name in value
                else not member.is_required
                for member in found.members
            )
        case ListType(item=item):
            return isinstance(value, list) and all(takes(item, one, service) for one in value)
        case MappingType(value=item):
            return isinstance(value, dict) and all(
                takes(item, one, service) for one in value.values()
            )
        case _:
            return accepts(type_, value)
