"""TypeScript snippets on `@gradio/client`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..ir.model import Definition, Json, Operation, Schema
from .examples import Argument, Example, ExampleFile, example_arguments, own_value
from .layout import Group, Node, lay_out
from .place import Place, json_text
from .values import is_file, options_of

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_DEEPEST = 4


def typescript(operation: Operation, place: Place) -> str:
    """A module that calls an endpoint and prints what comes back."""
    definitions = place.service.definitions
    arguments = example_arguments(operation, definitions)
    types = _Types(definitions)
    results = f"[{', '.join(types.write(one.schema) for one in operation.results)}]"
    call = Group(
        start=f"app.{'submit' if operation.streams else 'predict'}(",
        parts=(("", _endpoint(operation)), ("", _arguments(operation, arguments))),
        end=")",
    )
    lines = ["// npm install @gradio/client"]
    if any(_has_file(argument.value) for argument in arguments):
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


def _endpoint(operation: Operation) -> str:
    if operation.endpoint:
        return json_text(str(operation.endpoint))
    return str(operation.fn_index)


def _arguments(operation: Operation, arguments: Sequence[Argument]) -> Node:
    if operation.endpoint:
        return _object({str(one.parameter.wire_name): one.value for one in arguments})
    # A function without a name is not described at run time: its arguments go by place.
    given = {id(one.parameter): one.value for one in arguments}
    values: list[Example] = []
    for parameter in operation.parameters:
        values.append(given.get(id(parameter), own_value(parameter)))
    return _node(values)


def _node(value: Example) -> Node:
    match value:
        case ExampleFile(name=name):
            # A bare path would be uploaded without its name, and apps look at the suffix.
            path = json_text(name)
            return f"new File([await readFile({path})], {path})"
        case list():
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


class _Types:
    """Writes the types of results."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._definitions = {str(one.class_name): one for one in definitions}
        self.has_file = False

    def write(self, schema: Schema, depth: int = 0) -> str:
        """Write a type on one line; what is nested too deeply is `unknown`."""
        if "anyOf" in schema:
            written = [self.write(option, depth) for option in options_of(schema)]
            # Beside any text, the choices among it say nothing to the compiler.
            return " | ".join(dict.fromkeys(written)) if "unknown" not in written else "unknown"
        if isinstance(choices := schema.get("enum"), list):
            return " | ".join(json_text(choice) for choice in choices)
        if is_file(schema):
            self.has_file = True
            return "FileData"
        if isinstance(target := schema.get("$ref"), str):
            return self._object(self._definitions[target.rpartition("/")[2]], depth)
        match schema.get("type"):
            case "array":
                return self._array(schema, depth)
            case "object":
                return f"Record<string, {self._inner(schema.get('additionalProperties'), depth)}>"
            case "integer" | "number":
                return "number"
            case "string" | "boolean" | "null" as kind:
                return str(kind)
            case _:
                return "unknown"

    def _array(self, schema: Schema, depth: int) -> str:
        places = schema.get("prefixItems")
        if isinstance(places, list):
            return f"[{', '.join(self._inner(place, depth) for place in places)}]"
        item = schema.get("items")
        inner = self._inner(item, depth)
        has_options = isinstance(item, dict) and ("anyOf" in item or "enum" in item)
        return f"({inner})[]" if has_options else f"{inner}[]"

    def _inner(self, schema: Json, depth: int) -> str:
        return self.write(schema if isinstance(schema, dict) else {}, depth)

    def _object(self, definition: Definition, depth: int) -> str:
        if depth >= _DEEPEST:
            return "unknown"
        members = "; ".join(
            f"{_key(str(member.wire_name))}{'' if member.is_required else '?'}: "
            f"{self.write(member.schema, depth + 1)}"
            for member in definition.members
        )
        return f"{{ {members} }}" if members else "Record<string, unknown>"
