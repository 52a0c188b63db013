"""What changed in the parameters of an endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...ir.model import Default, Operation, Parameter
from ...ir.types import NULL, Type, accepts, options_of, union, without_bounds
from .change import Change, Rule, code
from .comparison import Comparison, pair
from .wording import (
    bounds_of,
    bounds_text,
    choice_changes,
    choices_of,
    listed,
    names,
    was_and_is,
    without_choices,
)


def parameter_changes(api: Comparison, old: Operation, new: Operation) -> Iterator[Change]:
    """Compare the parameters of an endpoint, from the signature down to labels and help."""

    def may_be(one: Parameter, other: Parameter) -> bool:
        is_there = old.parameters.index(one) == new.parameters.index(other)
        return (
            (is_there or bool(one.label and one.label == other.label))
            and (one.default is None) == (other.default is None)
            and api.is_same(one.type, other.type, "argument")
        )

    pairs = pair(old.parameters, new.parameters, name=lambda one: one.identifier, is_same=may_be)
    for one in pairs.gone:
        name = one.identifier
        affected = f"Calls to {api.call(new, name)} fail: leave it out."
        yield Change(Rule.PARAMETER_GONE, f"parameter {code(name)} is gone", affected, name=name)
    for one, other in pairs.renamed:
        was, is_ = one.identifier, other.identifier
        before, after = (api.call(new, name) for name in (was, is_))
        affected = f"Calls to {before} fail: write {after}."
        if was in _by_position(old):
            affected += " Calls that pass it by position keep working."
        what = f"parameter {code(was)} is now {code(is_)}"
        yield Change(Rule.PARAMETER_RENAMED, what, affected, name=was)
    for one in pairs.added:
        yield _added(api, new, one)
    became: dict[str, str] = {one.identifier: other.identifier for one, other in pairs.both}
    yield from _order(api.call(new), old, new, became)
    for one, other in pairs.both:
        changes = (
            *_default(api, new, one, other),
            *_type(api, api.call(new, other.identifier), one, other),
            *_words(one, other),
        )
        for change in changes:
            yield replace(change, name=one.identifier)


def _by_position(operation: Operation) -> list[str]:
    return [one.identifier for one in operation.parameters[: operation.by_position]]


def _added(api: Comparison, operation: Operation, new: Parameter) -> Change:
    name = code(new.identifier)
    what = f"parameter {name} ({api.type_text(new.type, 'argument')}) is new"
    if new.default is None:
        affected = f"Calls to {api.call(operation)} fail until they pass {name}."
        rule, what = Rule.PARAMETER_ADDED_REQUIRED, f"{what} and required"
        return Change(rule, what, affected, name=new.identifier)
    what += f", with the default {api.default_text(new.default)}"
    return Change(Rule.PARAMETER_ADDED_OPTIONAL, what, name=new.identifier)


def _order(
    call: str, old: Operation, new: Operation, became: Mapping[str, str]
) -> Iterator[Change]:
    before, after = _by_position(old), _by_position(new)
    moved = [
        name
        for place, name in enumerate(before)
        if name in became and after[place : place + 1] != [became[name]]
    ]
    if moved:
        yield Change(
            Rule.PARAMETERS_MOVED,
            f"by position it takes {names(after) if after else 'nothing'}, not {names(before)}",
            f"Calls to {call} that pass {names(moved)} by position fail, or pass it as another "
            "parameter: pass it by name.",
        )
        return
    shared = [became[name] for one in old.parameters if (name := one.identifier) in became]
    order = [name for one in new.parameters if (name := one.identifier) in shared]
    if shared != order:
        yield Change(
            Rule.PARAMETERS_REORDERED,
            f"the parameters are in the order {names(order)}, not {names(shared)}",
            "Calls keep working once the client is generated again. Calls without a typed client "
            "that pass values by position pass them to the wrong parameters.",
        )


def _default(
    api: Comparison, operation: Operation, old: Parameter, new: Parameter
) -> Iterator[Change]:
    name, call = code(new.identifier), api.call(operation)

    match old.default, new.default:
        case None, Default() as now:
            what = f"parameter {name} is now optional, with the default {api.default_text(now)}"
            yield Change(Rule.PARAMETER_MADE_OPTIONAL, what)
        case Default() as then, None:
            what = f"parameter {name} is now required"
            affected = (
                f"Calls to {call} without {name} fail; its default was {api.default_text(then)}."
            )
            yield Change(Rule.PARAMETER_MADE_REQUIRED, what, affected)
        case Default() as then, Default() as now if not _is_equal(then, now):
            was, is_ = api.default_text(then), api.default_text(now)
            what = f"parameter {name}: the default was {was}, is {is_}"
            affected = f"Calls to {call} without {name} send the new default."
            yield Change(Rule.DEFAULT_CHANGED, what, affected)
        case _:
            pass


def _is_equal(old: Default, new: Default) -> bool:
    is_bool = [isinstance(default.value, bool) for default in (old, new)]
    # As JSON, 1 differs from true; with sorted keys, their order does not matter.
    wire = [json.dumps(default.wire, sort_keys=True) for default in (old, new)]
    return old.value == new.value and is_bool[0] == is_bool[1] and wire[0] == wire[1]


def _words(old: Parameter, new: Parameter) -> Iterator[Change]:
    texts = [
        ("the label", old.label, new.label),
        ("the help", old.description, new.description),
        ("the component", old.component, new.component),
    ]
    if old.identifier == new.identifier:
        texts.append(("the name on the wire", old.wire_name, new.wire_name))
    changed = [was_and_is(what, was, is_) for what, was, is_ in texts if was != is_]
    if changed:
        what = f"parameter {code(new.identifier)}: {listed(changed)}"
        yield Change(Rule.PARAMETER_DESCRIBED, what)


def _type(api: Comparison, call: str, old: Parameter, new: Parameter) -> Iterator[Change]:
    """Compare what a parameter accepts: `call` passes it, such as `kitchen.greet(name=...)`."""
    name = f"parameter {code(new.identifier)}"
    before, after = _comparable(old, new)
    relation = api.relation(before, after, "argument")
    found = list(_details(api, name, call, before, after))
    has_breaking = any(change.kind == "breaking" for change in found)
    if relation in ("narrowed", "changed") and not has_breaking:
        rule = Rule.ARGUMENT_NARROWED if relation == "narrowed" else Rule.ARGUMENT_TYPE_CHANGED
        affected = f"Calls to {call} with a value that is no longer accepted fail."
        yield Change(rule, f"{name}: {api.type_change(before, after, 'argument')}", affected)
    elif relation == "widened" and not found:
        yield Change(Rule.ARGUMENT_WIDENED, f"{name}: {api.type_change(before, after, 'argument')}")
    yield from found


def _details(api: Comparison, name: str, call: str, before: Type, after: Type) -> Iterator[Change]:
    """The changes of choices and bounds, if the types are otherwise the same."""
    bare = [without_bounds(without_choices(type_)) for type_ in (before, after)]
    is_alike = api.is_same(bare[0], bare[1], "argument")
    if not is_alike or bool(choices_of(before)) != bool(choices_of(after)):
        return
    gone, came = choice_changes(before, after)
    if gone:
        what = f"{name} no longer offers {api.values(gone)}"
        free = api.relation(without_bounds(before), without_bounds(after), "argument")
        if free in ("same", "widened"):
            affected = "Calls keep working: values other than the choices are accepted."
            yield Change(Rule.OPEN_CHOICES_GONE, what, affected)
        else:
            which = "it" if len(gone) == 1 else "one of them"
            yield Change(Rule.CHOICES_GONE, what, f"Calls to {call} with {which} fail.")
    if came:
        yield Change(Rule.CHOICES_ADDED, f"{name} also offers {api.values(came)}")
    limits, later = bounds_of(before), bounds_of(after)
    moved = api.relation(without_choices(before), without_choices(after), "argument")
    if limits != later and moved != "same":
        what = f"{name}: the bounds were {bounds_text(limits)}, are {bounds_text(later)}"
        if moved == "widened":
            yield Change(Rule.BOUNDS_WIDENED, what)
        else:
            affected = f"Calls to {call} with a value beyond the new bounds fail."
            yield Change(Rule.BOUNDS_NARROWED, what, affected)


def _comparable(old: Parameter, new: Parameter) -> tuple[Type, Type]:
    """The types, without a null that only stands for an argument that is left out."""
    before, after = old.type, new.type
    if old.default is None and new.default and new.default.value is None:
        return before, after if accepts(before, None) else _without_null(after)
    if new.default is None and old.default and old.default.value is None:
        return before if accepts(after, None) else _without_null(before), after
    return before, after


def _without_null(type_: Type) -> Type:
    others = [option for option in options_of(type_) if option != NULL]
    return union(others) if others else type_
