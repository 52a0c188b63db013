"""Writes a recording as a TypeScript module that uses the generated client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from hubsmith_codegen.ir.model import Operation
from hubsmith_codegen.ir.text import Source
from hubsmith_codegen.render.typescript import client_class, method_names
from hubsmith_codegen.render.typescript.client import Client
from hubsmith_codegen.render.typescript.names import TYPES, camel
from hubsmith_codegen.render.typescript.text import key, literal
from hubsmith_codegen.snippets.examples import Example, Expression
from hubsmith_codegen.snippets.layout import Node, lay_out
from hubsmith_codegen.snippets.typescript_client import given_arguments

from .outline import Outline, error_class
from .plan import Plan
from .step import Part, Step, Writer, result_name

_WIDTH = 100
_TAKEN = """
    arguments await break case catch class const console continue debugger default delete do else
    enum error eval export extends false finally for function if implements import in instanceof
    interface left let localFile new null package part private process protected public return
    space static super switch this throw true try typeof undefined var void while with yield
"""


@dataclass(frozen=True, kw_only=True)
class TypeScriptWriter(Writer):
    """Writes TypeScript."""

    served_root: str  # The URL of the Space's files.

    any_fits = False  # An untyped result is `unknown`.

    @cached_property
    def methods(self) -> Mapping[str, str]:
        """The names of methods by their Python names."""
        return method_names(self.service)

    @cached_property
    def _fields(self) -> Mapping[str, Sequence[str]]:
        found = Client(self.service).methods
        return {str(one.operation.method): [*map(str, one.result_fields)] for one in found}

    def variable(self, operation: Operation, taken: set[str]) -> str:
        name = camel(result_name(operation))
        known = {*_TAKEN.split(), *TYPES, client_class(self.service.class_name), *taken}
        made, number = name, 1
        # A job also needs a variable.
        while made in known or f"{made}Job" in known or made.removesuffix("Job") in taken:
            number += 1
            made = f"{name}{number}"
        return made

    def part(self, step: Step, result: int, parts: Sequence[Part]) -> Source:
        path, results = step.name, step.operation.results
        if len(results) > 1:
            path += _member(self._fields[str(step.operation.method)][result])
        for one in parts:
            match one:
                case (_, name):
                    path += _member(name)
                case str():
                    path += f"[{literal(one)}]!"
                case _:
                    path += f"[{one}]!"
        return Source(path)

    def saved(self, name: str, *, is_marked: bool) -> Example:
        path = literal(quote(f"{self.files}/{name}"))
        return Expression(source=Source(f"await localFile(new URL({path}, import.meta.url))"))

    def served(self, path: str, *, is_marked: bool) -> Example:
        url = f"{self.served_root}{quote(path, errors='replace')}"
        return Expression(source=Source(f"new URL({literal(url)})"))


def typescript_program(
    plan: Plan, writer: TypeScriptWriter, outline: Outline, module: str, source: str
) -> str:
    """Return the module; `source` is a literal, or empty if the client knows it."""
    client = client_class(writer.service.class_name)
    body, imported = list[str](), {str(client)}
    for step in outline.lines(plan):
        if isinstance(step, str):
            body.append(f"// {step}" if step else "")
            continue
        body += _lines(step, writer)
        if step.event.call.error is not None:
            imported.add(error_class(step))
    text = "\n".join(body)
    if "localFile(" in text:
        imported.add("localFile")
    options = f"{{ source: {source} }}" if source else ""
    return "\n".join(
        [
            outline.title("typescript"),
            f"import {{ {', '.join(sorted(imported))} }} from {literal(module)};",
            "",
            f"const space = new {client}({options});",
            *body,
            "",
            "await space.close();",
            "",
        ]
    )


def _lines(step: Step, writer: TypeScriptWriter) -> Iterator[str]:
    method, node = writer.methods[str(step.operation.method)], given_arguments(step.arguments)
    job, call = f"space.jobs.{method}", f"await space.{method}"
    if step.event.call.error is not None:
        yield "try {"
        yield from _loop(node, job, 2) if step.streams else [_laid_out(node, f"{call}", indent=2)]
        yield "} catch (error) {"
        yield f"  if (!(error instanceof {error_class(step)})) throw error;"
        yield "  console.log(error.message);"
        yield "}"
    elif step.is_cancelled:
        yield "{"
        yield _laid_out(node, f"const job = {job}", indent=2)
        if count := step.event.call.partials:
            yield f"  let left = {count};"
            yield "  for await (const part of job) {"
            yield "    console.log(part);"
            yield "    if (--left === 0) break;"
            yield "  }"
        yield "  await job.cancel();"
        yield "}"
    elif step.streams and step.is_used:
        yield _laid_out(node, f"const {step.name}Job = {job}")
        yield f"for await (const part of {step.name}Job) console.log(part);"
        yield f"const {step.name} = await {step.name}Job.result();"
    elif step.streams:
        yield from _loop(node, job, 0)
    elif step.operation.results:
        yield _laid_out(node, f"const {step.name} = {call}")
        yield f"console.log({step.name});"
    else:
        yield _laid_out(node, call)


def _loop(node: Node, job: str, indent: int) -> list[str]:
    head = f"for await (const part of {job}"
    return [lay_out(node, before=head, indent=indent, after=") console.log(part);", width=_WIDTH)]


def _laid_out(node: Node, before: str, indent: int = 0) -> str:
    return lay_out(node, before=before, indent=indent, after=";", width=_WIDTH)


def _member(name: str) -> str:
    written = key(name)
    return f".{name}" if written == name else f"[{literal(name)}]"
