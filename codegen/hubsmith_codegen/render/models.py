"""The classes that the types of a service need: objects, their dictionaries, requests, results."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..ir.model import Definition, Operation, Service
from ..ir.names import ClassName, is_name
from ..ir.spelling import spelled
from ..ir.text import Source, SpecText, docstring, literal, plain
from ..ir.types import GenericType, ScalarType, Type, mapped
from . import docs
from .classes import Class, Member, write_classes
from .signature import DictClasses, argument_type


def write_models(
    service: Service,
    dicts: DictClasses,
    *,
    base: Callable[[Definition], str],
    request: str,
    call: Callable[[Operation], str],
) -> dict[ClassName, Source]:
    """Every class by name: objects, their dictionaries, each operation's results and request.

    `base` returns the base class of an object, `request` is the base class of requests, and `call`
    returns the statement that says what a request calls.
    """
    classes: list[Class] = []
    for one in service.definitions:
        classes += _definition_classes(one, dicts, Source(base(one)))
    for operation in service.operations:
        if len(operation.results) > 1:
            classes.append(_named_tuple(operation))
        classes.append(_request_class(operation, dicts, request, Source(call(operation))))
    written = write_classes(classes)
    return {one.name: written[one.name] for one in classes}


def _definition_classes(
    definition: Definition, dicts: DictClasses, base: Source
) -> Iterator[Class]:
    """The class of an object, and the typed dictionary that an argument accepts in its place.

    If only callers create instances of a class, type checkers see what its members accept.
    """

    def seen(type_: Type) -> Type:
        if not definition.is_result:
            return _taken(type_, dicts)
        return _as_given(type_) if definition.is_input else type_

    about = docs.definition_line(definition)
    yield Class(
        name=definition.class_name,
        base=base,
        doc=docstring([about], indent=4) if about else None,
        members=tuple(
            Member(
                identifier=one.identifier,
                type=seen(one.type),
                default=None if one.is_required else literal(one.default),
                alias=None if one.wire_name == one.identifier else one.wire_name,
                # Type checkers then accept the member's name in JSON, too.
                is_alias_argument=is_name(one.wire_name),
                doc=docstring([one.description], indent=4) if plain(one.description) else None,
            )
            for one in definition.members
        ),
    )
    if definition.class_name in dicts:
        yield Class(
            name=dicts[definition.class_name],
            base=Source("TypedDict"),
            members=tuple(
                Member(
                    identifier=one.identifier,
                    type=argument_type(one.type, dicts, ClassName("Sequence")),
                    default=None if one.is_required else literal(one.default),
                    is_key=True,
                )
                for one in definition.members
            ),
        )


def _named_tuple(operation: Operation) -> Class:
    return Class(
        name=operation.result_class,
        base=Source("NamedTuple"),
        members=tuple(
            Member(
                identifier=one.identifier,
                type=one.type,
                doc=docstring([help_], indent=4) if (help_ := docs.result_help(one)) else None,
            )
            for one in operation.results
        ),
    )


def _request_class(operation: Operation, dicts: DictClasses, base: str, call: Source) -> Class:
    return Class(
        name=operation.request_class,
        base=Source(f"{base}[{spelled(operation.result)}]"),
        call=call,
        members=tuple(
            Member(
                identifier=one.identifier,
                type=_taken(one.type, dicts),
                default=None if one.default is None else literal(one.default.value),
                alias=None if name == one.identifier else SpecText(name),
            )
            for name, one in operation.named()  # In the Space's order, in which they are sent.
            if not one.is_option
        ),
    )


def _taken(type_: Type, dicts: DictClasses) -> Type:
    taken = argument_type(type_, dicts, ClassName("ListInput"), ClassName("ObjectInput"))
    return _as_given(taken)


def _as_given(type_: Type) -> Type:
    """The type with `Real` for numbers, which keeps integers: pydantic would make them floats."""
    if isinstance(type_, ScalarType) and type_.kind == "number":
        return GenericType(class_name=ClassName("Real"), arguments=(), bounds=type_.bounds)
    return mapped(type_, _as_given)
