"""The two APIs that are compared, and how a type of the one compares to a type of the other.

Objects are compared by their members, not by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Literal, TypeAlias

from ...ir.model import Definition, Operation, Service
from ...ir.types import (
    AnyType,
    ChoiceType,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
    accepts,
)
from .wording import code

Direction: TypeAlias = Literal["argument", "result"]
Relation: TypeAlias = Literal["same", "widened", "narrowed", "changed"]
Classes: TypeAlias = Mapping[str, Definition]


class Comparison:
    """An old API and a new one."""

    def __init__(self, old: Service, new: Service) -> None:
        self.old = old
        self.new = new
        self.old_classes = _classes_of(old)
        self.new_classes = _classes_of(new)

    def call(self, operation: Operation, arguments: str = "...") -> str:
        """A call of an endpoint, such as `kitchen.greet(...)`."""
        return code(f"{self.new.package}.{operation.method}({arguments})")

    def relation(self, old: Type, new: Type, direction: Direction) -> Relation:
        """What became of a type, seen as a set of values.

        Args:
            old: The type in the old API.
            new: The type in the new one.
            direction: Which way its values go. An argument is written with the members that the
                class has, so none may go; of a result any member may be read.
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
    """Tries whether every value of one type is a value of another.

    Types may contain themselves. A pair is taken to fit while it is looked at; what turns out not
    to fit is kept, and the whole is looked at again until nothing new turns out. Each pair is
    looked at once in a round, so that no nesting of unions makes this slow.
    """

    def __init__(self, inner: Classes, outer: Classes, direction: Direction) -> None:
        self._inner = inner
        self._outer = outer
        self._direction = direction
        # Pairs by identity: equal choices may still differ, as 1 and True do.
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
            case _, AnyType():
                return True
            case UnionType(options=options), _:
                return all(self._fits(option, outer) for option in options)
            case ChoiceType(values=values), _:
                return all(accepts(outer, value) for value in values)
            case _, UnionType(options=options):
                return any(self._fits(inner, option) for option in options)
            case ScalarType(kind=kind), ScalarType(kind=other):
                is_kind = kind == other or (kind, other) == ("integer", "number")
                return is_kind and _within(dict(inner.bounds), dict(outer.bounds))
            case ListType(), ListType():
                is_length = _within(dict(inner.bounds), dict(outer.bounds))
                return is_length and self._fits(inner.item, outer.item)
            case TupleType(items=items), TupleType(items=others):
                return len(items) == len(others) and all(map(self._fits, items, others))
            case MappingType(), MappingType():
                return self._fits(inner.value, outer.value)
            case Reference(class_name=name), Reference(class_name=other):
                return self._members_fit(self._inner[name], self._outer[other])
            case _:
                return inner == outer

    def _members_fit(self, inner: Definition, outer: Definition) -> bool:
        mine = {member.identifier: member for member in inner.members}
        theirs = {member.identifier: member for member in outer.members}
        # Inner values are written, or outer ones are read, with the members of that class.
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


def _classes_of(service: Service) -> Classes:
    return {str(definition.class_name): definition for definition in service.definitions}


def _within(inner: Mapping[str, float], outer: Mapping[str, float]) -> bool:
    """Whether the bounds of one type lie within those of another."""
    return (
        _least(inner) >= _least(outer)
        and _greatest(inner) <= _greatest(outer)
        and all(inner.get(key, -1) >= outer.get(key, -1) for key in ("minLength", "minItems"))
        and all(inner.get(key, inf) <= outer.get(key, inf) for key in ("maxLength", "maxItems"))
    )


def _least(bounds: Mapping[str, float]) -> tuple[float, int]:
    # Of two equal limits, the one that does not take the limit itself is the stricter one.
    return max((bounds.get("minimum", -inf), 0), (bounds.get("exclusiveMinimum", -inf), 1))


def _greatest(bounds: Mapping[str, float]) -> tuple[float, int]:
    return min((bounds.get("maximum", inf), 0), (bounds.get("exclusiveMaximum", inf), -1))
