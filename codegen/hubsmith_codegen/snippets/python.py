"""Python snippets: on a generated client, and on the untyped `Client`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..ir.model import Definition, Json, Operation, Schema
from ..ir.names import is_name
from ..ir.text import literal
from .examples import Argument, Example, ExampleFile, example_arguments, own_value
from .layout import Group, Node, lay_out
from .place import DEFAULT_URL, Place
from .values import MismatchError, ValueReader, options_of

_ANYTHING: Schema = {}
# What `Client.predict` and `Client.submit` take themselves.
_TAKEN = frozenset(
    {"api_name", "event_data", "fn_index", "headers", "result_callbacks", "self", "args", "kwargs"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCall:
    """A call of a generated method.

    Attributes:
        node: The call itself.
        classes: The model classes that it names, sorted.
    """

    node: Node
    classes: tuple[str, ...]


def typed(operation: Operation, place: Place) -> str:
    """A program that calls an endpoint through its generated client."""
    service = place.service
    variable = client_variable(str(service.package), [str(service.class_name)])
    called = f"{variable}.jobs" if operation.streams else variable
    call = typed_call(operation, service.definitions, called)
    names = ", ".join(sorted({str(service.class_name), *call.classes}))
    source = "" if service.source else quoted(DEFAULT_URL)
    note = [f"# {place.note}"] if place.note else []
    lines = [
        *note,
        f"from {place.module} import {names}",
        "",
        f"with {service.class_name}({source}) as {variable}:",
        *_use(operation, call.node),
    ]
    return "\n".join(lines) + "\n"


def typed_call(
    operation: Operation, definitions: Sequence[Definition], called: str, *, is_short: bool = False
) -> TypedCall:
    """The call of a generated method with example arguments.

    Args:
        operation: The endpoint.
        definitions: The objects of the API.
        called: The expression whose method it is.
        is_short: Whether to pass only what is required.
    """
    writer = _Typed(definitions)
    parts = tuple(
        (
            f"{argument.parameter.identifier}=",
            writer.write(argument.value, argument.parameter.schema),
        )
        for argument in example_arguments(operation, definitions)
        if not is_short or argument.parameter.default is None
    )
    node = Group(start=f"{called}.{operation.method}(", parts=parts, end=")")
    return TypedCall(node=node, classes=tuple(sorted(writer.classes)))


def untyped(operation: Operation, place: Place) -> str:
    """A program that calls an endpoint by its name, without a generated client."""
    arguments = example_arguments(operation, place.service.definitions)
    wire_names = [str(one.wire_name) for one in operation.parameters]
    clashes = bool(_TAKEN & set(wire_names)) or len(set(wire_names)) < len(wire_names)
    parts = tuple(_positional(operation, arguments) if clashes else _named(arguments))
    if operation.endpoint:
        parts = (*parts, ("api_name=", quoted(operation.endpoint)))
    else:
        parts = (*parts, ("fn_index=", str(operation.fn_index)))
    method = "submit" if operation.streams else "predict"
    call = Group(start=f"client.{method}(", parts=parts, end=")")
    has_file = any(_has_file(argument.value) for argument in arguments)
    lines = [
        f"from hubsmith import Client{', handle_file' if has_file else ''}",
        "",
        f"with Client({quoted(place.source)}) as client:",
        *_use(operation, call),
    ]
    return "\n".join(lines) + "\n"


def client_variable(package: str, taken: Sequence[str]) -> str:
    """What a client is called in a snippet: like its package, where that name is free."""
    return package if is_name(package) and package not in taken else "space"


def quoted(text: str) -> str:
    """A Python literal of a text, in double quotes where that needs no more escapes."""
    written = str(literal(str(text)))
    if written.startswith("'") and '"' not in written:
        return f'"{written[1:-1]}"'
    return written


def _use(operation: Operation, call: Node) -> Iterator[str]:
    if operation.streams:
        yield lay_out(call, before="for part in ", indent=4, after=":")
        yield "        print(part)"
    elif operation.results:
        yield lay_out(call, before="result = ", indent=4)
        yield "    print(result)"
    else:
        yield lay_out(call, indent=4)


def _named(arguments: Sequence[Argument]) -> Iterator[tuple[str, Node]]:
    odd: list[tuple[str, Node]] = []
    for argument in arguments:
        name = str(argument.parameter.wire_name)
        if is_name(name) and name.isascii():
            yield f"{name}=", plain_node(argument.value)
        else:
            odd.append((f"{quoted(name)}: ", plain_node(argument.value)))
    if odd:
        yield "**", Group(start="{", parts=tuple(odd), end="}")


def _positional(operation: Operation, arguments: Sequence[Argument]) -> Iterator[tuple[str, Node]]:
    given = {id(argument.parameter): argument.value for argument in arguments}
    for parameter in operation.parameters:
        yield "", plain_node(given.get(id(parameter), own_value(parameter)))


def plain_node(value: Example) -> Node:
    """A value as plain Python, its files marked as such."""
    match value:
        case ExampleFile(name=name):
            return f"handle_file({quoted(name)})"
        case str():
            return quoted(value)
        case list():
            return Group(start="[", parts=tuple(("", plain_node(one)) for one in value), end="]")
        case dict():
            parts = tuple((f"{quoted(key)}: ", plain_node(one)) for key, one in value.items())
            return Group(start="{", parts=parts, end="}")
        case _:
            return str(literal(value))


def _has_file(value: Example) -> bool:
    match value:
        case ExampleFile():
            return True
        case list():
            return any(_has_file(one) for one in value)
        case dict():
            return any(_has_file(one) for one in value.values())
        case _:
            return False


class _Typed:
    """Writes values as the types of the generated models want them."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._definitions = {str(one.class_name): one for one in definitions}
        self._reader = ValueReader(definitions, str, most_steps=100_000)
        self.classes: set[str] = set()

    def write(self, value: Example, schema: Schema) -> Node:
        """Write a value that fits a schema."""
        if isinstance(value, ExampleFile):
            return quoted(value.name)
        if "anyOf" in schema:
            schema = next((one for one in options_of(schema) if self._fits(value, one)), _ANYTHING)
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if isinstance(value, dict):
            if (definition := self._definitions.get(name)) is not None:
                return self._object(value, definition)
            inside = _schema(schema.get("additionalProperties"))
            parts = tuple(
                (f"{quoted(key)}: ", self.write(one, inside)) for key, one in value.items()
            )
            return Group(start="{", parts=parts, end="}")
        if isinstance(value, list):
            return self._list(value, schema)
        return plain_node(value)

    def _object(self, value: Mapping[str, Example], definition: Definition) -> Node:
        self.classes.add(str(definition.class_name))
        parts = tuple(
            (f"{member.identifier}=", self.write(value[key], member.schema))
            for member in definition.members
            if (key := str(member.wire_name)) in value
            and (member.is_required or value[key] != member.default)
        )
        return Group(start=f"{definition.class_name}(", parts=parts, end=")")

    def _list(self, value: Sequence[Example], schema: Schema) -> Node:
        places = schema.get("prefixItems")
        if isinstance(places, list):
            parts = tuple(
                ("", self.write(one, _schema(place)))
                for one, place in zip(value, places, strict=False)
            )
            # A tuple of one has a comma behind it.
            return Group(start="(", parts=parts, end=",)" if len(parts) == 1 else ")")
        item = _schema(schema.get("items"))
        return Group(start="[", parts=tuple(("", self.write(one, item)) for one in value), end="]")

    def _fits(self, value: Example, schema: Schema) -> bool:
        try:
            self._reader.read(_as_json(value), schema)
        except MismatchError:
            return False
        return True


def _as_json(value: Example) -> Json:
    match value:
        case ExampleFile(name=name):
            return name
        case list():
            return [_as_json(one) for one in value]
        case dict():
            return {key: _as_json(one) for key, one in value.items()}
        case _:
            return value


def _schema(value: Json) -> Schema:
    return value if isinstance(value, dict) else _ANYTHING
