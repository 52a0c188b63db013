"""What changed in what an endpoint returns."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.model import Operation, Result
from .change import Change, Rule, code
from .comparison import Comparison, pair
from .wording import choice_changes, names, was_and_is


def result_changes(api: Comparison, old: Operation, new: Operation) -> Iterator[Change]:
    """Compare the results of an endpoint, from their number down to their labels."""
    call = api.call(new)
    match old.results, new.results:
        case (), ():
            return
        case (), _:
            what = f"it returns {_shape(api, new)}, not {code(api.language.nothing)}"
            yield Change(Rule.RESULT_BEGAN, what)
        case _, ():
            what = f"it returns {code(api.language.nothing)}, not {_shape(api, old)}"
            yield Change(Rule.RESULT_ENDED, what, f"Code that uses what {call} returns fails.")
        case (one,), (other,):
            yield from _result(api, call, one, other, "the result")
        case (_, _, *_), (_, _, *_):
            yield from _several(api, call, old, new)
        case _:
            what = f"it returns {_shape(api, new)}, not {_shape(api, old)}"
            how = (
                f"the value is now a field of the {api.language.several}"
                if len(old.results) == 1
                else f"the value is now returned by itself, without a {api.language.several}"
            )
            affected = f"Code that uses what {call} returns fails: {how}."
            yield Change(Rule.RESULT_COUNT_CHANGED, what, affected)


def _several(api: Comparison, call: str, old: Operation, new: Operation) -> Iterator[Change]:
    def may_be(one: Result, other: Result) -> bool:
        is_there = old.results.index(one) == new.results.index(other)
        return is_there and api.is_same(one.type, other.type, "result")

    pairs = pair(old.results, new.results, name=lambda one: one.identifier, is_same=may_be)
    count = f"it returns {len(new.results)} values, not {len(old.results)}"
    has_tuples = api.language.has_tuples
    unpacks = ", or unpacks it," if has_tuples else ""
    for one in pairs.gone:
        name = one.identifier
        affected = f"Code that reads {code(f'.{name}')} of what {call} returns{unpacks} fails."
        yield Change(Rule.RESULT_GONE, f"result {code(name)} is gone: {count}", affected, name=name)
    for one, other in pairs.renamed:
        was, is_ = one.identifier, other.identifier
        read = f"Code that reads {code(f'.{was}')} of what {call} returns fails"
        goes_on = " Unpacking keeps working." if has_tuples else ""
        affected = f"{read}: read {code(f'.{is_}')}.{goes_on}"
        what = f"result {code(was)} is now {code(is_)}"
        yield Change(Rule.RESULT_RENAMED, what, affected, name=was)
    for one in pairs.added:
        name = one.identifier
        what = f"result {code(name)} ({api.type_text(one.type, 'result')}) is new: {count}"
        if not has_tuples:
            yield Change(Rule.RESULT_MEMBER_ADDED, what, name=name)
            continue
        affected = f"Code that unpacks what {call} returns fails; reading its fields keeps working."
        yield Change(Rule.RESULT_ADDED, what, affected, name=name)
    became = {one.identifier: other.identifier for one, other in pairs.both}
    before = [became[name] for one in old.results if (name := one.identifier) in became]
    after = [name for one in new.results if (name := one.identifier) in before]
    if has_tuples and before != after:
        yield Change(
            Rule.RESULTS_REORDERED,
            f"it returns {names(after)} in this order, not {names(before)}",
            f"Code that unpacks what {call} returns, or reads it by position, gets the wrong "
            "values; code that reads its fields keeps working.",
        )
    for one, other in pairs.both:
        yield from _result(api, call, one, other, f"result {code(other.identifier)}")


def _result(api: Comparison, call: str, old: Result, new: Result, shown: str) -> Iterator[Change]:
    name = old.identifier
    what = f"{shown}: {api.type_change(old.type, new.type, 'result')}"
    match api.relation(old.type, new.type, "result"):
        case "same":
            yield from _choices(api, old, new, shown)
        case "narrowed":
            yield Change(Rule.RESULT_NARROWED, what, name=name)
        case relation:
            rule = Rule.RESULT_WIDENED if relation == "widened" else Rule.RESULT_TYPE_CHANGED
            affected = f"Code that relies on the type of what {call} returns fails."
            yield Change(rule, what, affected, name=name)
    if old.label != new.label:
        what = was_and_is(f"{shown}: the label", old.label, new.label)
        yield Change(Rule.RESULT_DESCRIBED, what, name=name)


def _choices(api: Comparison, old: Result, new: Result, shown: str) -> Iterator[Change]:
    gone, came = choice_changes(old.type, new.type)
    parts = [f"can now also be {api.values(came)}"] if came else []
    parts += [f"can no longer be {api.values(gone)}"] if gone else []
    if parts:
        what = f"{shown} {', and '.join(parts)}"
        affected = "Code keeps working, but may need one case more or less to handle every value."
        yield Change(Rule.RESULT_CHOICES_CHANGED, what, affected, name=old.identifier)


def _shape(api: Comparison, operation: Operation) -> str:
    match operation.results:
        case (one,):
            return api.type_text(one.type, "result")
        case several:
            return f"{len(several)} values ({names(one.identifier for one in several)})"
