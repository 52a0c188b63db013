"""The methods of a client: their signatures, and everything else that the templates print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..ir.model import Definition, Operation
from ..ir.names import ClassName, Identifier, reserved
from ..ir.spelling import Annotation, spelled
from ..ir.text import Source, docstring, literal
from ..ir.types import GenericType, ListType, Reference, ScalarType, Type, mapped, union
from . import docs

DictClasses: TypeAlias = Mapping[str, ClassName]
"""By class of an object that is accepted as an argument: its typed dictionary."""

_SEQUENCE = ClassName("Sequence")
_TABLE = Reference(class_name=ClassName("TableLike"))


def dict_classes(definitions: Iterable[Definition], taken: Iterable[str]) -> dict[str, ClassName]:
    """The names of the typed dictionaries of all objects that are accepted as arguments."""
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
    """The type of an argument as type checkers see it: what is accepted, not what it becomes.

    `list_class` stands for lists: unlike `list`, a `Sequence` of a union also accepts a list of one
    of its options. `object_class` is generic over an object and its dictionary; without it, the
    type is their union.
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

    For objects, methods also accept their typed dictionaries, or an `object_class` over both;
    `names` maps classes that have another name in this client, such as `Stream`.
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
        """The annotation of a return type."""

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
        """The parameters of a method after `self`, as source code.

        An overload passes the `types` that differ, and the `required` parameters.
        """
        found: list[Source] = []
        for place, one in enumerate(operation.parameters):
            if place == operation.by_position:
                found.append(Source("*"))
            annotation = self.annotation((types or {}).get(one.identifier, one.type))
            default = None if one.identifier in required else one.default
            written = "" if default is None else f" = {literal(default.value)}"
            found.append(Source(f"{one.identifier}: {annotation}{written}"))
        return [*found, Source("**kwargs: Any")] if operation.takes_more else found


def _joined(parts: Iterable[str]) -> Source:
    """Parameters as they are written after `self`."""
    return Source("".join(f", {part}" for part in parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One way to call a method."""

    signature: Source
    result: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of a client, and of its view on jobs."""

    name: Identifier
    note: Source  # A comment for type checkers before its parameters; empty or one line.
    signature: Source  # Its parameters after `self`.
    result: Source
    overloads: tuple[Overload, ...]  # Empty if there is only one way to call it.
    doc: Source
    job_doc: Source  # The docstring of the method of the same name that starts a job.
    request: ClassName
    arguments: Source  # The arguments that it passes to the request.
    chunks: tuple[tuple[Source, Source], ...]  # Conditions for streaming, with the chunk's class.
    takes_more: bool  # Whether it accepts unlisted arguments, as `**kwargs`.


def method_of(operation: Operation, signatures: Signatures, client: str, note: str = "") -> Method:
    """The method of a client that calls an operation."""
    own = [one.identifier for one in operation.parameters if not one.is_option]
    overloads = tuple(
        Overload(
            signature=_joined(signatures.parts(operation, one.types, one.required)),
            result=signatures.result(one.result),
        )
        for one in operation.overloads
    )
    chunks = tuple(_chunks(operation))
    return Method(
        name=operation.method,
        note=Source(note),
        signature=_joined(signatures.parts(operation)),
        result=overloads[-1].result if chunks else signatures.result(operation.result),
        overloads=overloads,
        doc=docstring(docs.method_lines(operation), indent=8),
        job_doc=docstring([docs.job_line(operation, client)], indent=8),
        request=operation.request_class,
        arguments=Source(", ".join(f"{name}={name}" for name in own)),
        chunks=chunks,
        takes_more=operation.takes_more,
    )


def _chunks(operation: Operation) -> Iterator[tuple[Source, Source]]:
    facts = operation.task
    if facts is not None and facts.chunk_class:
        if name := facts.call.text_unless:
            yield Source(f"stream and not {name}"), Source("str")
        yield Source("stream"), Source(f"tasks.{facts.chunk_class}")
