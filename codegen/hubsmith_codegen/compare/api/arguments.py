"""What changed in what a parameter accepts."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.model import Parameter
from ...ir.types import Type, accepts, without_bounds
from .change import Change
from .comparison import Comparison
from .rules import Rule
from .types import (
    bounds_of,
    choice_changes,
    has_choices,
    type_change,
    without_choices,
    without_null,
)
from .wording import bounds_text, code, values


def argument_changes(
    api: Comparison, call: str, old: Parameter, new: Parameter
) -> Iterator[Change]:
    """Compare the types of a parameter; none where it takes what it took.

    Args:
        api: The two APIs.
        call: A call that passes it now, such as `kitchen.greet(name=...)`.
        old: The parameter as it was.
        new: The parameter as it is.
    """
    name = f"parameter {code(new.identifier)}"
    before, after = _comparable(old, new)
    relation = api.relation(before, after, "argument")
    found = list(_details(api, name, call, before, after))
    has_breaking = any(change.kind == "breaking" for change in found)
    if relation in ("narrowed", "changed") and not has_breaking:
        yield Change(
            Rule.ARGUMENT_NARROWED if relation == "narrowed" else Rule.ARGUMENT_TYPE_CHANGED,
            f"{name}: {type_change(api, before, after)}",
            f"Calls of {call} with what is not accepted any more fail.",
        )
    elif relation == "widened" and not found:
        yield Change(Rule.ARGUMENT_WIDENED, f"{name}: {type_change(api, before, after)}")
    yield from found


def _details(api: Comparison, name: str, call: str, before: Type, after: Type) -> Iterator[Change]:
    """Choices that came and went, bounds that moved, where the types are alike otherwise."""
    bare = [without_bounds(without_choices(type_)) for type_ in (before, after)]
    is_alike = api.is_same(bare[0], bare[1], "argument")
    if not is_alike or has_choices(before) != has_choices(after):
        return
    gone, came = choice_changes(before, after)
    if gone:
        what = f"{name} no longer offers {values(gone)}"
        free = api.relation(without_bounds(before), without_bounds(after), "argument")
        if free in ("same", "widened"):
            affected = "Calls go on: other values than the choices are accepted."
            yield Change(Rule.OPEN_CHOICES_GONE, what, affected)
        else:
            which = "it" if len(gone) == 1 else "one of them"
            yield Change(Rule.CHOICES_GONE, what, f"Calls of {call} with {which} fail.")
    if came:
        yield Change(Rule.CHOICES_ADDED, f"{name} offers {values(came)} as well")
    limits, later = bounds_of(before), bounds_of(after)
    moved = api.relation(without_choices(before), without_choices(after), "argument")
    if limits != later and moved != "same":
        what = f"{name}: the bounds were {bounds_text(limits)}, are {bounds_text(later)}"
        if moved == "widened":
            yield Change(Rule.BOUNDS_WIDENED, what)
        else:
            affected = f"Calls of {call} with a value beyond the new bounds fail."
            yield Change(Rule.BOUNDS_NARROWED, what, affected)


def _comparable(old: Parameter, new: Parameter) -> tuple[Type, Type]:
    """The types, without the null that only stands for a parameter which is left out."""
    before, after = old.type, new.type
    if old.default is None and new.default and new.default.value is None:
        return before, after if accepts(before, None) else without_null(after)
    if new.default is None and old.default and old.default.value is None:
        return before if accepts(after, None) else without_null(before), after
    return before, after
