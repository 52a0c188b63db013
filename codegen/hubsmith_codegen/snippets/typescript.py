"""TypeScript snippets on `@gradio/client`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..ir.model import Definition, Operation
from ..ir.types import (
    ChoiceType,
    FileType,
    GenericType,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)
from .examples import Example, ExampleFile, Expression, has_file
from .layout import Group, Node, lay_out
from .place import Place, json_text

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_DEEPEST = 4


def typescript(operation: Operation, place: Place) -> str:
    """A module that calls an endpoint and prints what comes back."""
    arguments = place.examples.arguments(operation)
    types = _Types(place.service.definitions)
    results = f"[{', '.join(types.write(one.type) for one in operation.results)}]"
    if operation.endpoint:
        endpoint = json_text(str(operation.endpoint))
        passed = _object({str(parameter.wire_name): value for parameter, value in arguments})
    else:
        # A function without a name is not described at run time: its arguments go by place.
        endpoint = str(operation.fn_index)
        passed = _node(place.examples.all_values(operation))
    call = Group(
        start=f"app.{'submit' if operation.streams else 'predict'}(",
        parts=(("", endpoint), ("", passed)),
        end=")",
    )
    lines = ["// npm install @gradio/client"]
    if any(has_file(value) for _, value in arguments):
        lines.append('import { readFile } from "node:fs/promises";')
    lines += [
        f'import {{ Client{", type FileData" if types.has_file else ""} }} from "@gradio/client";',
        "",
        f"const app = await Client.connect({json_text(place.source)});",
    ]
    if operation.streams:
        lines += [
            lay_out(call, before="const job = ", after=";"),
            "for await (const message of job) {",
            '    if (message.type === "data") {',
            f"        console.log(message.data as {results});",
            '    } else if (message.type === "status" && message.stage === "error") {',
            "        throw new Error(String(message.message));",
            "    }",
            "}",
        ]
    elif operation.results:
        lines += [
            lay_out(call, before="const result = await ", after=";"),
            f"console.log(result.data as {results});",
        ]
    else:
        lines.append(lay_out(call, before="await ", after=";"))
    lines.append("app.close();")
    return "\n".join(lines) + "\n"


def _node(value: Example) -> Node:
    match value:
        case ExampleFile(name=name):
            # A bare path would be uploaded without its name, and apps look at the suffix.
            path = json_text(name)
            return f"new File([await readFile({path})], {path})"
        case Expression(source=source):
            return str(source)
        case list() | tuple():
            return Group(start="[", parts=tuple(("", _node(one)) for one in value), end="]")
        case dict():
            return _object(value)
        case _:
            return json_text(value)


def _object(value: Mapping[str, Example]) -> Node:
    parts = tuple((f"{_key(key)}: ", _node(one)) for key, one in value.items())
    return Group(start="{", parts=parts, end="}", pad=" ")


def _key(name: str) -> str:
    # Written as `["__proto__"]` it is a member like any other.
    if name == "__proto__":
        return '["__proto__"]'
    return name if _NAME.fullmatch(name) else json_text(name)


class _Types:
    """Writes the types of results."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._definitions = {one.class_name: one for one in definitions}
        self.has_file = False

    def write(self, type_: Type, depth: int = 0) -> str:
        """Write a type on one line; what is nested too deeply is `unknown`."""
        match type_:
            case UnionType(options=options):
                written = [self.write(option, depth) for option in options]
                # Where one option is unknown, the others say nothing to the compiler.
                return "unknown" if "unknown" in written else " | ".join(dict.fromkeys(written))
            case ChoiceType(values=values):
                return " | ".join(map(json_text, values))
            case FileType():
                self.has_file = True
                return "FileData"
            case GenericType(class_name="Skipped"):  # An output that was left as it was.
                return '{ __type__: "update" }'
            case Reference(class_name=name) if depth < _DEEPEST:
                return self._object(self._definitions[name], depth + 1)
            case TupleType(items=items):
                return f"[{', '.join(self.write(item, depth) for item in items)}]"
            case ListType(item=UnionType() | ChoiceType() as item):
                return f"({self.write(item, depth)})[]"
            case ListType(item=item):
                return f"{self.write(item, depth)}[]"
            case MappingType(value=value):
                return f"Record<string, {self.write(value, depth)}>"
            case ScalarType(kind=kind):
                return "number" if kind == "integer" else kind
            case _:
                return "unknown"

    def _object(self, definition: Definition, depth: int) -> str:
        members = "; ".join(
            f"{_key(str(member.wire_name))}{'' if member.is_required else '?'}: "
            f"{self.write(member.type, depth)}"
            for member in definition.members
        )
        return f"{{ {members} }}" if members else "Record<string, unknown>"
