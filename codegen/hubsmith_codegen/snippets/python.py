"""Python snippets: for a generated client, and for the untyped `Client`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..ir.json_type import Json
from ..ir.model import Operation, Parameter, Service
from ..ir.names import is_name
from ..ir.text import Source, literal
from .examples import Example, Examples, has_file, parts
from .layout import Group, Node, Notation, lay_out
from .place import DEFAULT_URL, Place
from .validation import ObjectValue

# The parameters of `Client.predict` and `Client.submit` themselves.
_TAKEN = frozenset(
    {"api_name", "event_data", "fn_index", "headers", "result_callbacks", "self", "args", "kwargs"}
)


class _Python(Notation):
    """Python with tuples, and with objects of the classes of a client."""

    def node(self, value: Example) -> Node:
        match value:
            case tuple():
                # A tuple of one item needs a trailing comma.
                end = ",)" if len(value) == 1 else ")"
                return Group(start="(", parts=self.items(value), end=end)
            case ObjectValue() if self is _TYPED:
                members = tuple(
                    (f"{one.identifier}=", self.node(value[one.wire_name]))
                    for one in value.definition.members
                    if one.wire_name in value
                    and (one.is_required or value[one.wire_name] != one.default)
                )
                return Group(start=f"{value.definition.class_name}(", parts=members, end=")")
            case _:
                return super().node(value)


def quoted(text: str) -> str:
    """A Python literal of a string, in double quotes if that needs no further escapes."""
    written = str(literal(str(text)))
    if written.startswith("'") and '"' not in written:
        return f'"{written[1:-1]}"'
    return written


def _literal(value: Json) -> str:
    return quoted(value) if isinstance(value, str) else str(literal(value))


_TYPED = _Python(literal=_literal, key=quoted, file=quoted)
_UNTYPED = _Python(literal=_literal, key=quoted, file=lambda name: f"handle_file({quoted(name)})")


def typed(operation: Operation, place: Place) -> str:
    """A program that calls an endpoint through its generated client."""
    note = f"# {place.note}\n" if place.note else ""
    return note + client_program(operation, place, client_variable(place.service))


def client_program(operation: Operation, place: Place, variable: str) -> Source:
    """A program that creates a generated client in this variable and calls one of its endpoints."""
    service = place.service
    call, classes = method_call(operation, place.examples, variable)
    names = ", ".join(sorted({str(service.class_name), *classes}))
    source = "" if service.source else quoted(DEFAULT_URL)
    lines = [
        f"from {place.module} import {names}",
        "",
        f"with {service.class_name}({source}) as {variable}:",
        *_use_lines(operation, call),
    ]
    return Source("\n".join(lines) + "\n")


def method_call(
    operation: Operation, examples: Examples, variable: str
) -> tuple[Node, tuple[str, ...]]:
    """The call of a generated method with example arguments, and the model classes in it."""
    called = f"{variable}.jobs" if operation.streams else variable
    return call_of(operation, examples.arguments(operation), called)


def call_of(
    operation: Operation, arguments: Sequence[tuple[Parameter, Example]], called: str
) -> tuple[Node, tuple[str, ...]]:
    """The call of a generated method of `called`, and the model classes in it."""
    call = Group(
        start=f"{called}.{operation.method}(",
        parts=tuple(
            (f"{parameter.identifier}=", _TYPED.node(value)) for parameter, value in arguments
        ),
        end=")",
    )
    classes = {
        str(part.definition.class_name)
        for _, value in arguments
        for part in parts(value)
        if isinstance(part, ObjectValue)
    }
    return call, tuple(sorted(classes))


def _use_lines(operation: Operation, call: Node) -> Iterator[str]:
    """The lines that make a call and print its result, inside a `with` block."""
    if operation.streams:
        yield lay_out(call, before="for part in ", indent=4, after=":")
        yield "        print(part)"
    elif operation.results:
        yield lay_out(call, before="result = ", indent=4)
        yield "    print(result)"
    else:
        yield lay_out(call, indent=4)


def untyped(operation: Operation, place: Place) -> str:
    """A program that calls an endpoint by its name, without a generated client."""
    arguments = place.examples.arguments(operation)
    wire_names = [str(one.wire_name) for one in operation.parameters]
    clashes = bool(_TAKEN & set(wire_names)) or len(set(wire_names)) < len(wire_names)
    if clashes:
        passed = list(_UNTYPED.items(place.examples.all_values(operation)))
    else:
        passed = list(_named(arguments))
    if operation.endpoint:
        passed.append(("api_name=", quoted(operation.endpoint)))
    else:
        passed.append(("fn_index=", str(operation.fn_index)))
    method = "submit" if operation.streams else "predict"
    call = Group(start=f"client.{method}(", parts=tuple(passed), end=")")
    needs_file = any(has_file(value) for _, value in arguments)
    lines = [
        f"from hubsmith import Client{', handle_file' if needs_file else ''}",
        "",
        f"with Client({quoted(place.source)}) as client:",
        *_use_lines(operation, call),
    ]
    return "\n".join(lines) + "\n"


def client_variable(service: Service) -> str:
    """The variable of a client in a snippet: the name of its package, if that is available."""
    package = str(service.package)
    return package if is_name(package) and package != str(service.class_name) else "space"


def _named(arguments: Iterable[tuple[Parameter, Example]]) -> Iterator[tuple[str, Node]]:
    odd: dict[str, Example] = {}
    for parameter, value in arguments:
        name = str(parameter.wire_name)
        if is_name(name) and name.isascii():
            yield f"{name}=", _UNTYPED.node(value)
        else:
            odd[name] = value
    if odd:
        yield "**", _UNTYPED.object(odd)
