"""What changed in what a parameter accepts."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.model import Parameter
from ...ir.types import Type, accepts, without_bounds
from .change import Change
from .comparison import Comparison
from .rules import Rule
from .types import bounds_of, choices_of, is_offered, type_change, without_choices, without_null
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
    found = [*_choices(api, name, call, before, after), *_bounds(api, name, call, before, after)]
    has_broken = any(change.kind == "breaking" for change in found)
    if relation in ("narrowed", "changed") and not has_broken:
        yield Change(
            Rule.ARGUMENT_NARROWED if relation == "narrowed" else Rule.ARGUMENT_TYPE_CHANGED,
            f"{name}: {type_change(api, before, after)}",
            f"Calls of {call} with what is not accepted any more fail.",
        )
    elif relation == "widened" and not found:
        yield Change(Rule.ARGUMENT_WIDENED, f"{name}: {type_change(api, before, after)}")
    yield from found


def _choices(api: Comparison, name: str, call: str, before: Type, after: Type) -> Iterator[Change]:
    """The choices that came and went."""
    if not _is_alike(api, before, after):
        return
    choices, options = choices_of(before), choices_of(after)
    gone = [value for value in choices if not is_offered(value, options)]
    came = [value for value in options if not is_offered(value, choices)]
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


def _bounds(api: Comparison, name: str, call: str, before: Type, after: Type) -> Iterator[Change]:
    """The bounds that moved."""
    limits, later = bounds_of(before), bounds_of(after)
    if limits == later or not _is_alike(api, before, after):
        return
    what = f"{name}: the bounds were {bounds_text(limits)}, are {bounds_text(later)}"
    moved = api.relation(without_choices(before), without_choices(after), "argument")
    if moved == "widened":
        yield Change(Rule.BOUNDS_WIDENED, what)
    elif moved != "same":
        affected = f"Calls of {call} with a value beyond the new bounds fail."
        yield Change(Rule.BOUNDS_NARROWED, what, affected)


def _is_alike(api: Comparison, before: Type, after: Type) -> bool:
    """Whether two types differ in their choices and bounds at most."""
    bare = [without_bounds(without_choices(type_)) for type_ in (before, after)]
    has_choices = [bool(choices_of(type_)) for type_ in (before, after)]
    return has_choices[0] == has_choices[1] and api.is_same(bare[0], bare[1], "argument")


def _comparable(old: Parameter, new: Parameter) -> tuple[Type, Type]:
    """The types, without the null that only stands for a parameter which is left out."""
    before, after = old.type, new.type
    if old.default is None and new.default and new.default.value is None:
        return before, after if accepts(before, None) else without_null(after)
    if new.default is None and old.default and old.default.value is None:
        return before if accepts(after, None) else without_null(before), after
    return before, after
