"""TypeScript snippets for `@gradio/client`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..ir import types
from ..ir.model import Definition, Operation
from ..ir.types import Type
from .examples import has_file
from .layout import Group, Notation, lay_out
from .place import Place, json_text

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_DEEPEST = 4


def typescript(operation: Operation, place: Place) -> str:
    """A module that calls an endpoint and prints its result."""
    arguments = place.examples.arguments(operation)
    written = _Types(place.service.definitions)
    results = f"[{', '.join(written.write(one.type) for one in operation.results)}]"
    if operation.endpoint:
        endpoint = json_text(str(operation.endpoint))
        passed = _NOTATION.object(
            {str(parameter.wire_name): value for parameter, value in arguments}
        )
    else:
        # Unnamed functions are not described at run time: their arguments are positional.
        endpoint = str(operation.fn_index)
        passed = _NOTATION.node(place.examples.all_values(operation))
    call = Group(
        start=f"app.{'submit' if operation.streams else 'predict'}(",
        parts=(("", endpoint), ("", passed)),
        end=")",
    )
    lines = ["// npm install @gradio/client"]
    if any(has_file(value) for _, value in arguments):
        lines.append('import { readFile } from "node:fs/promises";')
    lines += [
        f'import {{ Client{", type FileData" if written.has_file else ""} }} from "@gradio/client";',
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


def _key(name: str) -> str:
    # In the form `["__proto__"]`, it is an ordinary member.
    if name == "__proto__":
        return '["__proto__"]'
    return name if _NAME.fullmatch(name) else json_text(name)


def _file(name: str) -> str:
    # A bare path would be uploaded without its name, and apps check the suffix.
    path = json_text(name)
    return f"new File([await readFile({path})], {path})"


_NOTATION = Notation(literal=json_text, key=_key, file=_file, pad=" ")


class _Types:
    """Writes the types of results."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._definitions = {one.class_name: one for one in definitions}
        self.has_file = False

    def write(self, type_: Type, depth: int = 0) -> str:
        """Write a type on one line; what is nested too deeply is `unknown`."""
        match type_:
            case types.UnionType(options=options):
                written = [self.write(option, depth) for option in options]
                # If one option is unknown, the compiler ignores the others.
                return "unknown" if "unknown" in written else " | ".join(dict.fromkeys(written))
            case types.ChoiceType(values=values):
                return " | ".join(map(json_text, values))
            case types.FileType():
                self.has_file = True
                return "FileData"
            case types.GenericType(class_name="Skipped"):  # An output that was left unchanged.
                return '{ __type__: "update" }'
            case types.Reference(class_name=name) if depth < _DEEPEST:
                return self._object(self._definitions[name], depth + 1)
            case types.TupleType(items=items):
                return f"[{', '.join(self.write(item, depth) for item in items)}]"
            case types.ListType(item=types.UnionType() | types.ChoiceType() as item):
                return f"({self.write(item, depth)})[]"
            case types.ListType(item=item):
                return f"{self.write(item, depth)}[]"
            case types.MappingType(value=value):
                return f"Record<string, {self.write(value, depth)}>"
            case types.ScalarType(kind=kind):
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
