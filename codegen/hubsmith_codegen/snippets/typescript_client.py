"""Calls of a generated TypeScript client, for its README and for what `hubsmith add` prints."""

from __future__ import annotations

from collections.abc import Iterable

from ..ir.model import Operation, Parameter, Service
from ..ir.text import Source
from ..render.templating import template
from ..render.typescript import RUNTIME_FOLDER, client_class, method_names
from ..render.typescript.text import key, literal
from .examples import Example, has_file
from .layout import Group, Node, Notation, lay_out
from .place import DEFAULT_URL, Place
from .readme import about, facts, main_operation

_WIDTH = 100
_NOTATION = Notation(
    literal=literal, key=key, file=lambda name: f"await localFile({literal(name)})", pad=" "
)


def typescript_readme(service: Service, *, is_alone: bool) -> str:
    """The text of the README; `is_alone` if the client is not also in Python."""
    calls, main = _Calls(service), main_operation(service)
    job = next((one for one in service.operations if one.streams), main)
    context = {
        **facts(service),
        "heading": Source("#" if is_alone else "\n##"),
        "about": Source("" if is_alone else " in TypeScript"),
        "runtime": Source(RUNTIME_FOLDER),
        "start": Source("\n".join(typescript_sample(service, "./index.js"))),
        "stream": calls.job(job) if job else Source(""),
        "options": _options(service),
        "endpoints": [(*about(one), calls.call(one)) for one in service.operations],
        "has_files": any(map(calls.has_file, service.operations)),
    }
    return template("typescript/README.md").render(context)


def typescript_sample(service: Service, module: str) -> list[str]:
    """A program that creates a client and calls its main endpoint; it imports `module`."""
    operation, calls = main_operation(service), _Calls(service)
    name = client_class(service.class_name)
    imported = [str(name)]
    if operation and calls.has_file(operation):
        imported.append("localFile")
    lines = [
        f"import {{ {', '.join(imported)} }} from {literal(module)};",
        "",
        f"const space = new {name}({_options(service)});",
    ]
    if operation is not None:
        lines += calls.call(operation).split("\n")
        if operation.results:
            lines.append("console.log(result);")
    return lines


def given_arguments(arguments: Iterable[tuple[Parameter, Example]]) -> Node:
    """The arguments of a call of a generated method, in brackets."""
    values = {str(one.wire_name): value for one, value in arguments}
    return Group(start="(", parts=_NOTATION.items([values] if values else []), end=")")


def _options(service: Service) -> Source:
    return Source("" if service.source else f"{{ source: {literal(DEFAULT_URL)} }}")


class _Calls:
    """Writes calls of one client, in the variable `space`."""

    def __init__(self, service: Service) -> None:
        self.arguments = Place(service=service, module="").examples.arguments
        self._names = method_names(service)

    def has_file(self, operation: Operation) -> bool:
        """Whether a file is among the arguments."""
        return any(has_file(value) for _, value in self.arguments(operation))

    def call(self, operation: Operation) -> Source:
        """A call that waits for its result."""
        result = "const result = " if operation.results else ""
        return self._written(operation, f"{result}await space")

    def job(self, operation: Operation) -> Source:
        """A call that starts a job."""
        return self._written(operation, "const job = space.jobs")

    def _written(self, operation: Operation, start: str) -> Source:
        node = given_arguments(self.arguments(operation))
        before = f"{start}.{self._names[operation.method]}"
        return Source(lay_out(node, before=before, after=";", width=_WIDTH))
