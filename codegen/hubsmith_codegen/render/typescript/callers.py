"""An API as callers of the TypeScript client see it: with its names, and its types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...ir.model import Definition, Operation, Service
from ...ir.names import ClassName, Identifier
from ...ir.types import FileType, Reference, ScalarType, Type, mapped
from .client import Client, Method
from .names import camel
from .types import Side


def as_called(service: Service) -> tuple[Service, Mapping[tuple[str, Side], ClassName]]:
    """The service with the names of its TypeScript client, and the names of types by side."""
    client = Client(service)
    names = client.types.names
    seen = replace(
        service,
        package=Identifier(camel(service.package)),
        class_name=client.name,
        operations=tuple(_operation(one, names) for one in client.methods),
        definitions=tuple(_definition(one, names) for one in service.definitions),
    )
    sides: dict[tuple[str, Side], ClassName] = {
        (str(names[name, "output"]), side): made for (name, side), made in names.items()
    }
    return seen, sides


def _operation(method: Method, names: Mapping[tuple[str, Side], ClassName]) -> Operation:
    fields = zip(method.result_fields, method.operation.results, strict=True)
    return replace(
        method.operation,
        method=method.name,
        by_position=0,
        parameters=tuple(
            replace(one.parameter, identifier=Identifier(one.name), type=_seen(one.type, names))
            for one in method.arguments
        ),
        results=tuple(
            replace(one, identifier=field, type=_seen(one.type, names, is_result=True))
            for field, one in fields
        ),
    )


def _definition(one: Definition, names: Mapping[tuple[str, Side], ClassName]) -> Definition:
    members = tuple(
        replace(
            member,
            identifier=Identifier(member.wire_name),
            type=_seen(member.type, names, is_result=not one.is_input),
        )
        for member in one.members
    )
    return replace(one, class_name=names[str(one.class_name), "output"], members=members)


def _seen(
    type_: Type, names: Mapping[tuple[str, Side], ClassName], *, is_result: bool = False
) -> Type:
    match type_:
        case FileType():
            return FileType()
        case Reference(class_name=name):
            return Reference(class_name=names[str(name), "output"])
        case ScalarType(kind="integer") if is_result:
            return replace(type_, kind="number")  # TypeScript has only one number type.
        case _:
            return mapped(type_, lambda inner: _seen(inner, names, is_result=is_result))
