"""What changed in what a parameter accepts."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.model import Json, Parameter, Schema
from .change import Change, Rule, code
from .schemas import bounds_of, choices_of, without_bounds, without_choices, without_null
from .spelling import bounds, class_changes, listed, type_, values
from .types import Classes, Types


class ArgumentType:
    """Compares the type of a parameter that is in both APIs.

    Args:
        types: Compares types.
        classes: The classes of the old and of the new API.
        call: What calls look like now, such as `kitchen.greet`.
        endpoint: The endpoint.
        old: The parameter as it was.
        new: The parameter as it is.
    """

    def __init__(
        self,
        types: Types,
        classes: tuple[Classes, Classes],
        call: str,
        endpoint: str,
        old: Parameter,
        new: Parameter,
    ) -> None:
        self._types = types
        self._classes = classes
        self._with = code(f"{call}({new.identifier}=...)")
        self._endpoint = endpoint
        self._old = old
        self._new = new

    def changes(self) -> Iterator[Change]:
        """The changes, none where the type takes what it took."""
        before, after = _comparable(self._old, self._new)
        relation = self._types.relation(before, after, "argument")
        found = list(self._details(before, after))
        is_told = any(change.kind == "breaking" for change in found)
        if relation in ("narrowed", "changed") and not is_told:
            rule: Rule = "argument-narrowed" if relation == "narrowed" else "argument-type-changed"
            yield self._change(
                rule,
                f"parameter {code(self._new.identifier)}: {type_change(before, after, self._classes)}",
                f"Calls of {self._with} with what is not accepted any more fail.",
            )
        elif relation == "widened" and not found:
            yield self._change(
                "argument-widened",
                f"parameter {code(self._new.identifier)}: {type_change(before, after, self._classes)}",
                "Calls go on as they are.",
            )
        yield from found

    def _details(self, before: Schema, after: Schema) -> Iterator[Change]:
        """Choices that came and went, bounds that moved, where the types are alike otherwise."""
        choices, options = choices_of(before), choices_of(after)
        bare = [without_bounds(without_choices(schema)) for schema in (before, after)]
        is_alike = self._types.relation(bare[0], bare[1], "argument") == "same"
        if not is_alike or bool(choices) != bool(options):
            return
        name = code(self._new.identifier)
        gone = [value for value in choices if not _is_in(value, options)]
        came = [value for value in options if not _is_in(value, choices)]
        free = self._types.relation(without_bounds(before), without_bounds(after), "argument")
        if gone:
            is_open = free in ("same", "widened")
            yield self._change(
                "open-choices-gone" if is_open else "choices-gone",
                f"parameter {name} no longer offers {values(gone)}",
                "Calls go on: other values than the choices are accepted."
                if is_open
                else f"Calls of {self._with} with {'it' if len(gone) == 1 else 'one of them'} "
                "fail.",
            )
        if came:
            yield self._change(
                "choices-added",
                f"parameter {name} offers {values(came)} as well",
                "Calls go on as they are.",
            )
        limits, later = bounds_of(before), bounds_of(after)
        moved = self._types.relation(without_choices(before), without_choices(after), "argument")
        if limits != later and moved != "same":
            what = f"parameter {name}: the bounds were {bounds(limits)}, are {bounds(later)}"
            if moved == "widened":
                yield self._change("bounds-widened", what, "Calls go on as they are.")
            else:
                affected = f"Calls of {self._with} with a value beyond the new bounds fail."
                yield self._change("bounds-narrowed", what, affected)

    def _change(self, rule: Rule, what: str, affected: str) -> Change:
        return Change(
            rule=rule,
            subject="parameter",
            endpoint=self._endpoint,
            name=str(self._old.identifier),
            what=what,
            affected=affected,
        )


def type_change(before: Schema, after: Schema, classes: tuple[Classes, Classes]) -> str:
    """How a type changed, in words."""
    was, is_ = type_(before), type_(after)
    inside = class_changes(before, after, *classes)
    if was != is_:
        return f"the type was {was}, is {is_}{f' ({listed(inside)})' if inside else ''}"
    limits, later = bounds_of(before), bounds_of(after)
    if limits != later:
        return f"the bounds of {is_} were {bounds(limits)}, are {bounds(later)}"
    return f"within {is_}, {listed(inside)}" if inside else f"what {is_} takes changed"


def _comparable(old: Parameter, new: Parameter) -> tuple[Schema, Schema]:
    """The types, without the null that only stands for a parameter which is left out."""
    before, after = old.schema, new.schema
    if old.default is None and new.default is not None and new.default.value is None:
        return before, _stripped(after, before)
    if new.default is None and old.default is not None and old.default.value is None:
        return _stripped(before, after), after
    return before, after


def _stripped(schema: Schema, other: Schema) -> Schema:
    return schema if without_null(other) is not other else without_null(schema)


def _is_in(value: Json, found: list[Json]) -> bool:
    return any(type(one) is type(value) and one == value for one in found)
