"""Class names for the objects of an API, without duplicates.

Objects with the same members and title become one class, wherever they occur. If different objects
have the same title, each is named after its full path.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from ...ir.model import Definition, Member
from ...ir.names import ClassName, class_name, distinct, is_name, joined, reserved
from ...ir.types import Direction, Reference, Type, as_result, inside, mapped, optional, tag_of
from .reading import ReadObject

Objects: TypeAlias = Mapping[ClassName, ReadObject]
_Class: TypeAlias = list[tuple[ClassName, ReadObject]]


class Definitions:
    """The classes of one API.

    The types of all arguments and results refer to `objects` by key.
    Names in `taken` are not available.
    """

    def __init__(
        self,
        arguments: Iterable[Type],
        results: Iterable[Type],
        objects: Objects,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        self._inputs, self._results = _reached(arguments, objects), _reached(results, objects)
        keys = self._inputs | self._results
        used = {key: found for key, found in objects.items() if key in keys}
        self._classes = _classes(used)
        names = _names([places[0][1] for places in self._classes], taken | reserved("types"))
        self._names = {
            key: name
            for name, places in zip(names, self._classes, strict=True)
            for key, _ in places
        }
        self.class_names = frozenset(str(name) for name in names)

    def named(self, type_: Type, direction: Direction) -> Type:
        """The type with references to the final class names.

        An argument keeps its bounds and closed choices. A result has no bounds, and open choices,
        since the server may add some later.
        """
        found = renamed(type_, self._names)
        return found if direction == "argument" else as_result(found)

    def definitions(self) -> tuple[Definition, ...]:
        """Every class, sorted by name."""
        made = map(self._definition, self._classes)
        return tuple(sorted(made, key=lambda definition: definition.class_name))

    def _definition(self, places: _Class) -> Definition:
        keys = {key for key, _ in places}
        (key, found), is_result = places[0], not keys.isdisjoint(self._results)
        identifiers = distinct(
            [member.wire_name for member in found.members],
            fallback="field",
            avoid=reserved("types") | reserved("model") | self.class_names,
        )
        members: list[Member] = []
        for one, identifier in zip(found.members, identifiers, strict=True):
            # An object that the server returns is typed as a result, even if it is an argument too.
            type_ = self.named(one.type, "result" if is_result else "argument")
            if not one.is_required and one.default is None:
                type_ = optional(type_)
            # The caller need not pass a tag with only one value.
            tag = tag_of(one.type)
            default = tag if one.default is None else one.default
            needed = one.is_required and tag is None
            members.append(
                replace(one, identifier=identifier, type=type_, default=default, is_required=needed)
            )
        return Definition(
            class_name=self._names[key],
            description=found.description,
            members=tuple(sorted(members, key=lambda member: not member.is_required)),
            is_input=not keys.isdisjoint(self._inputs),
            is_result=is_result,
        )


def _reached(types: Iterable[Type], objects: Objects) -> set[ClassName]:
    """Every object that the types refer to, directly or through other objects."""
    found, waiting = set[ClassName](), list(types)
    while waiting:
        for one in inside(waiting.pop()):
            if isinstance(one, Reference) and one.class_name not in found:
                found.add(one.class_name)
                waiting += [member.type for member in objects[one.class_name].members]
    return found


def renamed(type_: Type, names: Mapping[ClassName, ClassName]) -> Type:
    """The type with other names for the classes in it."""
    if isinstance(type_, Reference):
        return replace(type_, class_name=names[type_.class_name])
    return mapped(type_, lambda inner: renamed(inner, names))


def alike(objects: Objects) -> dict[ClassName, ClassName]:
    """Return a mark for each object by key, the same for all that cannot be distinguished.

    All objects start with the same mark. Marks are refined by the members and their marks until
    nothing changes, which also works for objects that contain themselves.
    """
    marks = dict.fromkeys(objects, ClassName(""))
    count = 0
    while True:
        found: dict[str, ClassName] = {}
        marks = {
            key: found.setdefault(_shape(object_, marks), ClassName(str(len(found))))
            for key, object_ in objects.items()
        }
        if len(found) == count:
            return marks
        count = len(found)


def _classes(objects: Objects) -> list[_Class]:
    """Groups of equal objects, each sorted by path."""
    marks = alike(objects)
    classes: dict[ClassName, _Class] = {}
    for key, object_ in sorted(objects.items(), key=lambda item: item[1].path):
        classes.setdefault(marks[key], []).append((key, object_))
    return list(classes.values())


def _shape(object_: ReadObject, marks: Mapping[ClassName, ClassName]) -> str:
    """What identifies a class: title and members, but not the place of the object."""
    members = [
        (str(one.wire_name), renamed(one.type, marks), one.is_required, one.default)
        for one in object_.members
    ]
    return repr((object_.title, members))


def _names(objects: Sequence[ReadObject], taken: frozenset[str]) -> list[ClassName]:
    """A class name for each object, all different."""
    titles = [class_name(object_.title, fallback="") for object_ in objects]
    uses = Counter(titles)
    # Titles first, so that a name from a path never takes one of them. A title of only digits or
    # signs is not a name.
    own = {one for one in titles if is_name(one) and uses[one] == 1 and one not in taken}
    used: set[str] = {*taken, *own}
    names: list[ClassName] = []
    for title, object_ in zip(titles, objects, strict=True):
        names.append(title if title in own else _path_name(object_, used))
        used.add(names[-1])
    return names


def _path_name(object_: ReadObject, used: set[str]) -> ClassName:
    """A name from its path, with a hash if that is taken, rehashed if even that is taken."""
    name = joined(object_.path)
    if name in used:
        name = longer = ClassName(f"{name}Object")
        origin = repr((object_.path, object_.definition))
        while name in used:
            name = ClassName(f"{longer}{hashlib.sha256(origin.encode()).hexdigest()[:8]}")
            origin += "+"
    return name
