"""Writes a recording as a Python program that uses the typed client."""

from __future__ import annotations

import builtins
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hubsmith_codegen.ir.model import Operation
from hubsmith_codegen.ir.text import Source
from hubsmith_codegen.snippets.examples import Example, Expression
from hubsmith_codegen.snippets.layout import Node, lay_out
from hubsmith_codegen.snippets.python import call_of, client_variable, quoted

from .outline import Outline, error_class
from .plan import Plan
from .step import Part, Step, Writer, result_name

_OWN = {"FILES", "Path", "error", "handle_file", "job", "part", "_"}


@dataclass(frozen=True, kw_only=True)
class PythonWriter(Writer):
    """Writes Python."""

    served_root: str  # The URL of the Space's files.

    def variable(self, operation: Operation, taken: set[str]) -> str:
        known = {*_OWN, *dir(builtins), client_variable(self.service), *taken}
        classes = {str(one.class_name) for one in self.service.definitions}
        name, number = result_name(operation), 2
        while (made := name if number == 2 else f"{name}_{number - 1}") in known | classes:
            number += 1
        return made

    def part(self, step: Step, result: int, parts: Sequence[Part]) -> Source:
        results = step.operation.results
        path = step.name if len(results) == 1 else f"{step.name}.{results[result].identifier}"
        for one in parts:
            match one:
                case (name, _):
                    path += f".{name}"
                case str():
                    path += f"[{quoted(one)}]"
                case _:
                    path += f"[{one}]"
        return Source(path)

    def saved(self, name: str, *, is_marked: bool) -> Example:
        path = f"FILES / {quoted(name)}"
        return Expression(source=Source(f"handle_file({path})" if is_marked else path))

    def served(self, path: str, *, is_marked: bool) -> Example:
        url = quoted(f"{self.served_root}{quote(path, errors='replace')}")
        return Expression(source=Source(f"handle_file({url})" if is_marked else url))


def python_program(
    plan: Plan, writer: PythonWriter, outline: Outline, module: str, source: str, errors: str
) -> str:
    """Return the program, unformatted.

    The client is imported from `module` and created with `source`, a literal or empty; error
    classes are imported from the package `errors`.
    """
    service, variable = writer.service, client_variable(writer.service)
    classes, body, raised = {str(service.class_name)}, list[str](), set[str]()
    for step in outline.lines(plan):
        if isinstance(step, str):
            body.append(f"# {step}" if step else "")
            continue
        lines, used = _call(step, variable)
        body += lines
        classes |= {*used}
        if step.event.call.error is not None:
            raised.add(error_class(step))
    if not plan.needed:
        body.append("pass")
    text = "\n".join(body)
    head = [outline.title("python"), ""]
    if "FILES / " in text:
        head += ["from pathlib import Path", ""]
    if "handle_file(" in text:
        raised.add("handle_file")
    if raised:
        head.append(f"from {errors} import {', '.join(sorted(raised))}")
    head += [f"from {module} import {', '.join(sorted(classes))}", ""]
    if "FILES / " in text:
        head += [f"FILES = Path(__file__).parent / {quoted(writer.files)}", ""]
    block = textwrap.indent(text, "    ")
    return "\n".join([*head, f"with {service.class_name}({source}) as {variable}:", block, ""])


def _call(step: Step, variable: str) -> tuple[list[str], Sequence[str]]:
    called = f"{variable}.jobs" if step.streams or step.is_cancelled else variable
    call, classes = call_of(step.operation, step.arguments, called)
    if step.event.call.error is None:
        return [*_lines(step, call)], classes
    name = error_class(step)
    inside = _loop(call) if step.streams else [lay_out(call)]
    tried = [f"    {line}" for text in inside for line in text.split("\n")]
    return ["try:", *tried, f"except {name} as error:", "    print(error)"], classes


def _lines(step: Step, call: Node) -> Iterator[str]:
    if step.is_cancelled:
        yield lay_out(call, before="job = ")
        if count := step.event.call.partials:
            yield f"for _, part in zip(range({count}), job):"
            yield "    print(part)"
        yield "job.cancel()"
    elif step.streams and step.is_used:
        yield lay_out(call, before="job = ")
        yield "for part in job:"
        yield "    print(part)"
        yield f"{step.name} = job.result()"
    elif step.streams:
        yield from _loop(call)
    elif step.operation.results:
        yield lay_out(call, before=f"{step.name} = ")
        yield f"print({step.name})"
    else:
        yield lay_out(call)


def _loop(call: Node) -> list[str]:
    return [lay_out(call, before="for part in ", after=":"), "    print(part)"]
