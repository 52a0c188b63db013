"""How two types compare: whether every value of one is a value of the other.

Objects are compared by their members, not by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from ...ir.model import Definition, Json, Schema, Service
from .schemas import KINDS, class_name_of, options_of, schema_of

Direction: TypeAlias = Literal["argument", "result"]
Relation: TypeAlias = Literal["same", "widened", "narrowed", "changed"]
Classes: TypeAlias = Mapping[str, Definition]
Side: TypeAlias = Literal[0, 1]


class Types:
    """Compares types of an old and of a new API."""

    def __init__(self, old: Service, new: Service) -> None:
        self._classes: tuple[Classes, Classes] = (classes_of(old), classes_of(new))

    def relation(self, old: Schema, new: Schema, direction: Direction) -> Relation:
        """What became of a type, seen as a set of values.

        Args:
            old: The type in the old API.
            new: The type in the new one.
            direction: Which way its values go. An argument is written with the members that the
                class has, so none may go; of a result any member may be read.
        """
        stays = self._fits(old, new, 0, direction)
        returns = self._fits(new, old, 1, direction)
        if stays and returns:
            return "same"
        return "widened" if stays else "narrowed" if returns else "changed"

    def _fits(self, inner: Schema, outer: Schema, side: Side, direction: Direction) -> bool:
        """Whether every value of a type of one side is one of a type of the other side."""
        fitting = _Fitting(self._classes[side], self._classes[1 - side], direction)
        return fitting.holds(inner, outer)


class _Fitting:
    """Tries whether one type fits into another.

    Types may contain themselves. A pair is taken to fit while it is looked at; what turns out not
    to fit is kept, and the whole is looked at again until nothing new turns out. Each pair is
    looked at once in a round, so that no nesting of unions makes this slow.
    """

    def __init__(self, inner: Classes, outer: Classes, direction: Direction) -> None:
        self._inner = inner
        self._outer = outer
        self._direction = direction
        self._refuted: set[tuple[int, int]] = set()
        self._seen: set[tuple[int, int]] = set()
        # An identity stands for its schema only while the schema lives.
        self._kept: list[Schema] = []

    def holds(self, inner: Schema, outer: Schema) -> bool:
        while True:
            known = len(self._refuted)
            self._seen.clear()
            result = self._fits(inner, outer)
            if not result or len(self._refuted) == known:
                return result

    def _fits(self, inner: Schema, outer: Schema) -> bool:
        pair = (id(inner), id(outer))
        if pair in self._refuted:
            return False
        if pair in self._seen:
            return True
        self._seen.add(pair)
        self._kept += (inner, outer)
        fits = self._look(inner, outer)
        if not fits:
            self._refuted.add(pair)
        return fits

    def _look(self, inner: Schema, outer: Schema) -> bool:
        if not outer:
            return True
        if not inner:
            return False
        if "anyOf" in inner:
            return all(self._fits(option, outer) for option in options_of(inner))
        if isinstance(values := inner.get("enum"), list):
            return all(self._takes(outer, value) for value in values)
        return any(self._fits_one(inner, option) for option in options_of(outer))

    def _takes(self, outer: Schema, value: Json) -> bool:
        for option in options_of(outer):
            choices = option.get("enum")
            if isinstance(choices, list):
                if any(type(one) is type(value) and one == value for one in choices):
                    return True
            elif not option or _is_of(option, value):
                return True
        return False

    def _fits_one(self, inner: Schema, outer: Schema) -> bool:
        if not outer:
            return True
        if "$ref" in inner or "$ref" in outer:
            return self._class_fits(class_name_of(inner), class_name_of(outer))
        kind, wanted = inner.get("type"), outer.get("type")
        if "enum" in outer or (kind != wanted and (kind, wanted) != ("integer", "number")):
            return False
        if not _within(inner, outer):
            return False
        if kind == "array":
            return self._array_fits(inner, outer)
        if kind == "object":
            return self._part_fits(inner, outer, "additionalProperties")
        return True

    def _array_fits(self, inner: Schema, outer: Schema) -> bool:
        mine, theirs = inner.get("prefixItems"), outer.get("prefixItems")
        if isinstance(mine, list) and isinstance(theirs, list):
            return len(mine) == len(theirs) and all(
                self._fits(schema_of(one), schema_of(other))
                for one, other in zip(mine, theirs, strict=True)
            )
        # Python keeps tuples and lists apart.
        return mine is None and theirs is None and self._part_fits(inner, outer, "items")

    def _part_fits(self, inner: Schema, outer: Schema, keyword: str) -> bool:
        return self._fits(schema_of(inner.get(keyword)), schema_of(outer.get(keyword)))

    def _class_fits(self, inner: str | None, outer: str | None) -> bool:
        if inner is None or outer is None:
            return False
        mine, theirs = self._inner.get(inner), self._outer.get(outer)
        if mine is None or theirs is None:
            # Files have no definition: they are known by their names.
            return mine is theirs and inner == outer
        pair = (id(mine), id(theirs))
        if pair in self._refuted:
            return False
        if pair in self._seen:
            return True
        self._seen.add(pair)
        fits = self._members_fit(mine, theirs)
        if not fits:
            self._refuted.add(pair)
        return fits

    def _members_fit(self, inner: Definition, outer: Definition) -> bool:
        mine = {member.identifier: member for member in inner.members}
        theirs = {member.identifier: member for member in outer.members}
        # Inner values are written, or outer ones are read, with the members of that class.
        used = mine.keys() if self._direction == "argument" else theirs.keys()
        if not used <= mine.keys() & theirs.keys():
            return False
        for name, member in theirs.items():
            if name not in mine:
                if member.is_required:
                    return False
                continue
            if member.is_required and not mine[name].is_required:
                return False
            if not self._fits(mine[name].schema, member.schema):
                return False
        return True


def classes_of(service: Service) -> Classes:
    """The object types of a service, by name."""
    return {str(definition.class_name): definition for definition in service.definitions}


def _is_of(schema: Schema, value: Json) -> bool:
    """Whether a choice is a value of a scalar type."""
    kind = schema.get("type")
    if type(value) is int and kind in ("integer", "number"):
        return _within({"minimum": value, "maximum": value}, schema)
    if isinstance(value, str) and kind == "string":
        return _within({"minLength": len(value), "maxLength": len(value)}, schema)
    return type(value) in KINDS and KINDS[type(value)] == kind


def _within(inner: Schema, outer: Schema) -> bool:
    """Whether the bounds of one type lie within those of another."""
    low = _least(inner) >= _least(outer) and _greatest(inner) <= _greatest(outer)
    return low and all(
        _limit(inner, shortest, -1) >= _limit(outer, shortest, -1)
        and _limit(inner, longest, float("inf")) <= _limit(outer, longest, float("inf"))
        for shortest, longest in (("minLength", "maxLength"), ("minItems", "maxItems"))
    )


def _least(schema: Schema) -> tuple[float, int]:
    # Of two equal limits, the one that does not take the limit itself is the stricter one.
    infinity = float("-inf")
    return max(
        (_limit(schema, "minimum", infinity), 0), (_limit(schema, "exclusiveMinimum", infinity), 1)
    )


def _greatest(schema: Schema) -> tuple[float, int]:
    infinity = float("inf")
    return min(
        (_limit(schema, "maximum", infinity), 0), (_limit(schema, "exclusiveMaximum", infinity), -1)
    )


def _limit(schema: Schema, keyword: str, otherwise: float) -> float:
    limit = schema.get(keyword)
    return limit if isinstance(limit, int | float) else otherwise
