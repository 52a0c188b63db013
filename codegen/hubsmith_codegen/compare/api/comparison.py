"""Comparing two APIs: the callers' language, pairing old with new parts, and relating types.

Objects are compared by their members, not by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Generic, Literal, TypeAlias, TypeVar

from ...ir import types
from ...ir.json_type import Json
from ...ir.model import Default, Definition, Member, Operation, Service, definitions_in
from ...ir.spelling import spelled
from ...ir.text import plain
from ...ir.types import Direction, Type
from .change import code
from .wording import bounds_of, bounds_text, cut, listed, names

Relation: TypeAlias = Literal["same", "widened", "narrowed", "changed"]
Classes: TypeAlias = Mapping[str, Definition]
T = TypeVar("T")

_LONGEST_TYPE = 160
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language in which clients are called."""

    type_text: Callable[[Type, Direction], str]
    value_text: Callable[[Json], str]
    call: Callable[[str, str, str], str]  # From client, method, and a parameter's name or "".
    new_client: Callable[[str], str]  # From the class; creates a client without a source.
    nothing: str  # What a method without a result returns.
    # Whether several results are a tuple, with an order and a length to unpack, or an object.
    has_tuples: bool

    @property
    def several(self) -> str:
        """What several results are returned as."""
        return "named tuple" if self.has_tuples else "object"


def _python_call(package: str, method: str, parameter: str) -> str:
    return f"{package}.{method}({parameter or '...'}{'=...' if parameter else ''})"


PYTHON = Language(
    type_text=lambda type_, _: spelled(type_),
    value_text=repr,
    call=_python_call,
    new_client=lambda name: f"{name}()",
    nothing="None",
    has_tuples=True,
)


class Comparison:
    """An old API and a new one, as callers see them in one language."""

    def __init__(self, old: Service, new: Service, language: Language = PYTHON) -> None:
        self.old = old
        self.new = new
        self.language = language
        self.old_classes: Classes = {one.class_name: one for one in old.definitions}
        self.new_classes: Classes = {one.class_name: one for one in new.definitions}

    def type_text(self, type_: Type, direction: Direction) -> str:
        """A type, such as `list[str] | None`."""
        return code(cut(self.language.type_text(type_, direction), _LONGEST_TYPE))

    def values(self, found: Iterable[Json]) -> str:
        """A few values, such as `'a'` and `'b'`."""
        return names(cut(plain(self.language.value_text(one)), _LONGEST_VALUE) for one in found)

    def default_text(self, default: Default) -> str:
        """The value that is sent when an argument is left out."""
        return self.values([default.value if default.wire is None else default.wire])

    def type_change(self, old: Type, new: Type, direction: Direction) -> str:
        """How a type changed, in words."""
        was, is_ = self.type_text(old, direction), self.type_text(new, direction)
        members = list(self._member_changes(old, new, direction))
        if was != is_:
            return f"the type was {was}, is {is_}{f' ({listed(members)})' if members else ''}"
        limits, later = bounds_of(old), bounds_of(new)
        if limits != later:
            return f"the bounds of {is_} were {bounds_text(limits)}, are {bounds_text(later)}"
        return f"within {is_}, {listed(members)}" if members else f"what {is_} takes changed"

    def _member_changes(self, old: Type, new: Type, direction: Direction) -> Iterator[str]:
        """What changed in the classes that an old and a new type both lead to."""
        were = definitions_in([old], self.old.definitions)
        are = definitions_in([new], self.new.definitions)
        if [one.class_name for one in were] != [one.class_name for one in are]:
            return  # The texts of the types already differ.

        def text(member: Member) -> str:
            optional = "" if member.is_required else " (optional)"
            return f"{self.type_text(member.type, direction)}{optional}"

        for one, other in zip(were, are, strict=True):
            before = {str(member.identifier): member for member in one.members}
            after = {str(member.identifier): member for member in other.members}
            for name in sorted(before.keys() | after.keys()):
                shown = code(f"{one.class_name}.{name}")
                if name not in after:
                    yield f"{shown} is gone"
                elif name not in before:
                    yield f"{shown} is new{' and required' if after[name].is_required else ''}"
                elif (was := text(before[name])) != (is_ := text(after[name])):
                    yield f"{shown} was {was}, is {is_}"

    def call(self, operation: Operation, parameter: str = "") -> str:
        """A call of an endpoint, such as `kitchen.greet(...)`, optionally with a parameter."""
        return code(self.language.call(self.new.package, operation.method, parameter))

    def relation(self, old: Type, new: Type, direction: Direction) -> Relation:
        """How a type changed, seen as a set of values.

        Callers may write any member of an argument's class, and read any member of a result's, so
        removing one is never compatible.
        """
        stays = _Fitting(self.old_classes, self.new_classes, direction).holds(old, new)
        returns = _Fitting(self.new_classes, self.old_classes, direction).holds(new, old)
        if stays and returns:
            return "same"
        return "widened" if stays else "narrowed" if returns else "changed"

    def is_same(self, old: Type, new: Type, direction: Direction) -> bool:
        """Whether two types have the same values."""
        return self.relation(old, new, direction) == "same"


class _Fitting:
    """Determines whether every value of one type is also a value of another.

    Types may contain themselves. A pair is assumed to fit while it is being checked; pairs that
    turn out not to fit are kept, and the check is repeated until there are no new ones. A round
    checks each pair only once, so that nested unions do not make it slow.
    """

    def __init__(self, inner: Classes, outer: Classes, direction: Direction) -> None:
        self._inner = inner
        self._outer = outer
        self._direction = direction
        # Pairs by identity, because equal choices may still differ: `1 == True`.
        self._refuted: set[tuple[int, int]] = set()
        self._assumed: set[tuple[int, int]] = set()

    def holds(self, inner: Type, outer: Type) -> bool:
        while True:
            known = len(self._refuted)
            self._assumed.clear()
            result = self._fits(inner, outer)
            if not result or len(self._refuted) == known:
                return result

    def _fits(self, inner: Type, outer: Type) -> bool:
        pair = (id(inner), id(outer))
        if pair in self._refuted:
            return False
        if pair not in self._assumed:
            self._assumed.add(pair)
            if not self._is_within(inner, outer):
                self._refuted.add(pair)
                return False
        return True

    def _is_within(self, inner: Type, outer: Type) -> bool:
        match inner, outer:
            case _, types.AnyType():
                return True
            case types.UnionType(options=options), _:
                return all(self._fits(option, outer) for option in options)
            case types.ChoiceType(values=values), _:
                return all(types.accepts(outer, value) for value in values)
            case _, types.UnionType(options=options):
                return any(self._fits(inner, option) for option in options)
            case types.ScalarType(kind=kind), types.ScalarType(kind=other):
                is_kind = kind == other or (kind, other) == ("integer", "number")
                return is_kind and _within(dict(inner.bounds), dict(outer.bounds))
            case types.ListType(), types.ListType():
                is_length = _within(dict(inner.bounds), dict(outer.bounds))
                return is_length and self._fits(inner.item, outer.item)
            case types.TupleType(items=items), types.TupleType(items=others):
                return len(items) == len(others) and all(map(self._fits, items, others))
            case types.MappingType(), types.MappingType():
                return self._fits(inner.value, outer.value)
            case types.Reference(class_name=name), types.Reference(class_name=other):
                return self._members_fit(self._inner[name], self._outer[other])
            case _:
                return inner == outer

    def _members_fit(self, inner: Definition, outer: Definition) -> bool:
        mine = {member.identifier: member for member in inner.members}
        theirs = {member.identifier: member for member in outer.members}
        # An argument is written with the inner class's members, a result read with the outer's.
        used = mine.keys() if self._direction == "argument" else theirs.keys()
        if not used <= mine.keys() & theirs.keys():
            return False
        for name, member in theirs.items():
            own = mine.get(name)
            if member.is_required and not (own and own.is_required):
                return False
            if own and not self._fits(own.type, member.type):
                return False
        return True


def _within(inner: Mapping[str, float], outer: Mapping[str, float]) -> bool:
    """Whether the bounds of one type lie within those of another."""
    return (
        _least(inner) >= _least(outer)
        and _greatest(inner) <= _greatest(outer)
        and all(inner.get(key, -1) >= outer.get(key, -1) for key in ("minLength", "minItems"))
        and all(inner.get(key, inf) <= outer.get(key, inf) for key in ("maxLength", "maxItems"))
    )


def _least(bounds: Mapping[str, float]) -> tuple[float, int]:
    # Of two equal limits, the exclusive one is stricter.
    return max((bounds.get("minimum", -inf), 0), (bounds.get("exclusiveMinimum", -inf), 1))


def _greatest(bounds: Mapping[str, float]) -> tuple[float, int]:
    return min((bounds.get("maximum", inf), 0), (bounds.get("exclusiveMaximum", inf), -1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs(Generic[T]):
    """The items of an old and a new sequence: with the same name, renamed, removed and added."""

    kept: list[tuple[T, T]]
    renamed: list[tuple[T, T]]
    gone: list[T]
    added: list[T]

    @property
    def both(self) -> list[tuple[T, T]]:
        """The pairs of items that are in both, renamed or not."""
        return [*self.kept, *self.renamed]


def pair(
    old: Sequence[T],
    new: Sequence[T],
    *,
    name: Callable[[T], Hashable],
    is_same: Callable[[T, T], bool],
) -> Pairs[T]:
    """Pair the items of two sequences by their names, which are unique within each sequence.

    A removed and an added item count as renamed if `is_same`, which is symmetric, matches them and
    neither matches any other such item. Swapping the sequences swaps the pairs, and changes
    nothing else.
    """
    before, after = {name(item): item for item in old}, {name(item): item for item in new}
    gone = [item for key, item in before.items() if key not in after]
    added = [item for key, item in after.items() if key not in before]
    could_be = [(item, other) for item in gone for other in added if is_same(item, other)]
    renamed = [
        (item, other)
        for item, other in could_be
        if [found[0] is item or found[1] is other for found in could_be].count(True) == 1
    ]
    return Pairs(
        kept=[(item, after[key]) for key, item in before.items() if key in after],
        renamed=renamed,
        gone=[item for item in gone if not any(item is found for found, _ in renamed)],
        added=[item for item in added if not any(item is found for _, found in renamed)],
    )
