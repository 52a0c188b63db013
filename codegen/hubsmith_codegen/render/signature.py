"""The signatures of methods, built from types; nothing here reads an annotation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ..ir.model import Definition, Operation, Parameter
from ..ir.names import ClassName, reserved
from ..ir.spelling import Annotation, spelled
from ..ir.text import Source, literal
from ..ir.types import GenericType, ListType, Reference, ScalarType, Type, mapped, union

DictClasses: TypeAlias = Mapping[str, ClassName]
"""By the class of an object that arguments may be: the typed dictionary that is taken for it."""

_SEQUENCE = ClassName("Sequence")
_TABLE = Reference(class_name=ClassName("TableLike"))


def dict_classes(definitions: Iterable[Definition], taken: Iterable[str]) -> dict[str, ClassName]:
    """The names of the typed dictionaries of all objects that arguments may be."""
    used = {*reserved("types"), *taken, *(str(one.class_name) for one in definitions)}
    found: dict[str, ClassName] = {}
    for one in definitions:
        if one.is_input:
            name = f"{one.class_name}Dict"
            while name in used:
                name += "_"
            used.add(name)
            found[one.class_name] = ClassName(name)
    return found


def argument_type(
    type_: Type, dicts: DictClasses, list_class: ClassName, object_class: ClassName | None = None
) -> Type:
    """The type of an argument as type checkers see it: what is taken, not what it becomes.

    `list_class` is what is taken for a list: a list of a union takes no list of one of its options,
    a sequence does. `object_class` is generic over an object and its dictionary; without it, either
    of them is taken.
    """

    def taken(inner: Type) -> Type:
        match inner:
            case Reference(class_name=name) if name in dicts:
                dict_: Type = Reference(class_name=dicts[name])
                both = (inner, union([dict_, _TABLE]) if inner.is_table else dict_)
                if object_class is None:
                    return union([*both])
                return GenericType(class_name=object_class, arguments=both)
            case ListType(item=item, bounds=bounds) if not isinstance(item, ScalarType):
                return GenericType(class_name=list_class, arguments=(taken(item),), bounds=bounds)
            case _:
                return mapped(inner, taken)

    return taken(type_)


class Signatures:
    """Writes the signatures of one client.

    Its methods take the typed dictionaries, or an `object_class` over them, for objects; `names`
    are classes that are called otherwise in this client, such as `Stream`.
    """

    def __init__(
        self,
        dicts: DictClasses,
        object_class: ClassName | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._dicts = dicts
        self._object_class = object_class
        self._names = names or {}

    def annotation(self, type_: Type) -> Annotation:
        """The annotation of an argument."""
        return spelled(argument_type(type_, self._dicts, _SEQUENCE, self._object_class))

    def result(self, type_: Type) -> Annotation:
        """The annotation of what is returned."""

        def renamed(inner: Type) -> Type:
            if isinstance(inner, GenericType) and inner.class_name in self._names:
                inner = GenericType(
                    class_name=ClassName(self._names[inner.class_name]), arguments=inner.arguments
                )
            return mapped(inner, renamed)

        return spelled(renamed(type_))

    def parts(
        self,
        operation: Operation,
        types: Mapping[str, Type] | None = None,
        required: frozenset[str] = frozenset(),
    ) -> list[Source]:
        """The parameters of a method behind `self`, each as it is written.

        An overload has `types` where they differ, and `required` parameters without their default.
        """
        found: list[Source] = []
        for place, one in enumerate(operation.parameters):
            if place == operation.by_position:
                found.append(Source("*"))
            type_ = (types or {}).get(one.identifier, one.type)
            found.append(self._part(one, type_, is_required=one.identifier in required))
        return [*found, Source("**kwargs: Any")] if operation.takes_more else found

    def _part(self, parameter: Parameter, type_: Type, *, is_required: bool) -> Source:
        default = parameter.default
        written = "" if default is None or is_required else f" = {literal(default.value)}"
        return Source(f"{parameter.identifier}: {self.annotation(type_)}{written}")


def joined(parts: Iterable[str]) -> Source:
    """Parameters as they stand behind `self`."""
    return Source("".join(f", {part}" for part in parts))
