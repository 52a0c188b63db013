"""Names for the objects of an API, each kept once, and types written out as clean schemas.

Objects with the same members and title are one class, wherever they stand. Where a title is used
for different objects, each is named after its full path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...ir.model import Definition, Member
from ...ir.names import ClassName, class_name, distinct, is_name, joined, reserved
from ...ir.text import SpecText
from ...ir.types import (
    NULL,
    ChoiceType,
    ListType,
    MappingType,
    ObjectType,
    RecursiveType,
    Reference,
    TupleType,
    Type,
    UnionType,
    as_result,
    mapped,
    union,
)

Direction: TypeAlias = Literal["argument", "result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One object where it was found, and the objects around it, outermost first."""

    object: ObjectType
    around: tuple[ObjectType, ...]
    direction: Direction


class Definitions:
    """The classes of one API.

    Args:
        types: Every type of the API with the direction it goes in.
        taken: Class names that are used for other things.
    """

    def __init__(
        self, types: Iterable[tuple[Type, Direction]], taken: frozenset[str] = frozenset()
    ) -> None:
        self._found: dict[str, list[_Found]] = {}
        for type_, direction in types:
            for found in _objects(type_, (), direction):
                self._found.setdefault(_key(found.object, found.around), []).append(found)
        self._names = self._choose_names(taken | reserved("types"))
        self.class_names = frozenset(str(name) for name in self._names.values())

    def named(self, type_: Type, direction: Direction, around: tuple[ObjectType, ...] = ()) -> Type:
        """The type with every object in it by the name of its class.

        Args:
            type_: The type.
            direction: An argument keeps its bounds and its choices closed. A result has no
                bounds, and a choice that the server adds later is still a result.
            around: The objects it stands in, outermost first.
        """
        found = self._named(type_, around)
        return found if direction == "argument" else as_result(found)

    def _named(self, type_: Type, around: tuple[ObjectType, ...]) -> Type:
        match type_:
            case ObjectType():
                return Reference(class_name=self._names[_key(type_, around)])
            case RecursiveType(levels=levels):
                outer = around[-levels]
                return Reference(class_name=self._names[_key(outer, around[:-levels])])
            case _:
                return mapped(type_, lambda inner: self._named(inner, around))

    def definitions(self) -> tuple[Definition, ...]:
        """Every class, sorted by name."""
        made = (self._definition(name, self._found[key]) for key, name in self._names.items())
        return tuple(sorted(made, key=lambda definition: definition.class_name))

    def _definition(self, name: ClassName, places: list[_Found]) -> Definition:
        # An object that the server sends is typed as results are, even where it is also accepted.
        is_result = any(found.direction == "result" for found in places)
        direction: Direction = "result" if is_result else "argument"
        first = min(places, key=lambda found: found.object.path)
        inside = (*first.around, first.object)
        fields = first.object.fields
        identifiers = distinct(
            [field.name for field in fields],
            fallback="field",
            avoid=reserved("types") | reserved("model") | self.class_names,
        )
        members: list[Member] = []
        for field, identifier in zip(fields, identifiers, strict=True):
            type_, is_optional = field.type, not field.is_required
            if is_optional and field.default is None:
                type_ = union([type_, NULL])
            members.append(
                Member(
                    wire_name=SpecText(field.name),
                    identifier=identifier,
                    type=self.named(type_, direction, inside),
                    description=field.description,
                    # A tag with one value need not be typed by the caller.
                    default=_tag(field.type) if field.default is None else field.default,
                    is_required=field.is_required and _tag(field.type) is None,
                )
            )
        members.sort(key=lambda member: not member.is_required)
        return Definition(
            class_name=name,
            description=first.object.description,
            members=tuple(members),
            is_input=any(found.direction == "argument" for found in places),
            is_result=is_result,
        )

    def _choose_names(self, taken: frozenset[str]) -> dict[str, ClassName]:
        wanted: dict[str, list[str]] = {}
        for key, places in self._found.items():
            title = places[0].object.title
            short = class_name(title, fallback="")
            # A title of digits or signs alone names nothing.
            short = short if is_name(short) else ""
            wanted.setdefault(short, []).append(key)
        names: dict[str, ClassName] = {}
        used = set(taken)
        # Short names first, so that a full path can never take one away.
        for short in sorted(wanted):
            (key, *rivals) = wanted[short]
            if short and not rivals and short not in used:
                names[key] = ClassName(short)
                used.add(short)
        for key in sorted(self._found, key=lambda key: (self._path(key), key)):
            if key not in names:
                name = joined(self._path(key))
                if name in used:
                    name = ClassName(f"{name}Object")
                if name in used:
                    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
                    name = ClassName(f"{name}{digest}")
                names[key] = name
                used.add(name)
        return names

    def _path(self, key: str) -> tuple[str, ...]:
        return min(found.object.path for found in self._found[key])


def _objects(type_: Type, around: tuple[ObjectType, ...], direction: Direction) -> Iterator[_Found]:
    match type_:
        case ObjectType(fields=fields):
            yield _Found(object=type_, around=around, direction=direction)
            for field in fields:
                yield from _objects(field.type, (*around, type_), direction)
        case ListType(item=inner) | MappingType(value=inner):
            yield from _objects(inner, around, direction)
        case TupleType(items=inners) | UnionType(options=inners):
            for inner in inners:
                yield from _objects(inner, around, direction)
        case _:
            pass


def _key(object_: ObjectType, around: tuple[ObjectType, ...]) -> str:
    """What makes two objects one class: their title and members, not where they stand."""
    reach = _reach(object_)
    outer = [_shape(one) for one in around[-reach:]] if reach > 0 else []
    return repr((_shape(object_), outer))


def _shape(type_: Type) -> object:
    match type_:
        case ObjectType(title=title, fields=fields):
            members = [
                (field.name, _shape(field.type), field.is_required, repr(field.default))
                for field in fields
            ]
            return ("object", title, members)
        case ListType(item=item, bounds=bounds):
            return ("list", _shape(item), bounds)
        case MappingType(value=value):
            return ("mapping", _shape(value))
        case TupleType(items=inners):
            return ("tuple", [_shape(inner) for inner in inners])
        case UnionType(options=inners):
            return ("union", [_shape(inner) for inner in inners])
        case _:
            return repr(type_)


def _reach(type_: Type) -> int:
    """How many objects up the references of a type go at most; 0 where there are none."""
    match type_:
        case RecursiveType(levels=levels):
            return levels
        case ObjectType(fields=fields):
            # The object itself is the nearest level of its own fields.
            return max(0, max(_reach(field.type) for field in fields) - 1)
        case ListType(item=inner) | MappingType(value=inner):
            return _reach(inner)
        case TupleType(items=inners) | UnionType(options=inners):
            return max((_reach(inner) for inner in inners), default=0)
        case _:
            return 0


def _tag(type_: Type) -> str | int | bool | None:
    if isinstance(type_, ChoiceType) and type_.is_constant:
        return type_.values[0]
    return None
