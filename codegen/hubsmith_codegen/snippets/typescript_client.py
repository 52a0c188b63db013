"""Calls of a generated TypeScript client: its README, and the lines that `hubsmith add` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..ir.model import Operation, Parameter, Service
from ..ir.text import Source, markdown, markdown_code, plain
from ..render import docs
from ..render.templating import template
from ..render.typescript import RUNTIME_FOLDER, method_names
from ..render.typescript.text import key, literal
from .examples import Example, ExampleFile, Expression, has_file
from .layout import Group, Node, lay_out
from .place import DEFAULT_URL, Place
from .sample import main_operation

_WIDTH = 100


def typescript_readme(service: Service, *, is_alone: bool) -> str:
    """The text of the README; `is_alone` where the client has no Python beside it."""
    place, names = Place(service=service, module=""), method_names(service)
    main = main_operation(service)
    context = {
        "title": markdown(service.title or service.class_name),
        "heading": Source("#" if is_alone else "\n##"),
        "about": Source("" if is_alone else " in TypeScript"),
        "client": service.class_name,
        "origin": markdown_code(source) if (source := plain(service.source)) else Source("a Space"),
        "platform": markdown(service.platform_version or "unknown"),
        "runtime": Source(RUNTIME_FOLDER),
        "start": Source("\n".join(typescript_sample(service, "./index.js"))),
        "stream": Source(
            _call(one, place, names, "jobs.")
            if (one := next((one for one in service.operations if one.streams), main))
            else ""
        ),
        "options": _options(service),
        "endpoints": [
            (
                markdown_code(one.endpoint) if one.endpoint else Source(docs.endpoint_name(one)),
                markdown(" ".join(one.description.split())),
                Source(lay_out(_arguments(one, place), before=_before(one, names), after=";", width=_WIDTH)),
            )
            for one in service.operations
        ],
        "omissions": [
            (markdown_code(one.endpoint), markdown(one.reason)) for one in service.omissions
        ],
    }  # fmt: skip
    return template("typescript/README.md").render(context)


def typescript_sample(service: Service, module: str) -> list[str]:
    """A program that makes a client and calls its main endpoint; `module` is what it imports."""
    operation = main_operation(service)
    place, names = Place(service=service, module=module), method_names(service)
    imported = [str(service.class_name)]
    if operation and any(has_file(value) for _, value in place.examples.arguments(operation)):
        imported.append("localFile")
    lines = [
        f"import {{ {', '.join(imported)} }} from {literal(module)};",
        "",
        f"const space = new {service.class_name}({_options(service)});",
    ]
    if operation is not None:
        lines += lay_out(
            _arguments(operation, place), before=_before(operation, names), after=";", width=_WIDTH
        ).split("\n")
        if operation.results:
            lines.append("console.log(result);")
    return lines


def _options(service: Service) -> Source:
    return Source("" if service.source else f"{{ source: {literal(DEFAULT_URL)} }}")


def _before(operation: Operation, names: Mapping[str, str]) -> str:
    result = "const result = " if operation.results else ""
    return f"{result}await space.{names[operation.method]}"


def _call(operation: Operation, place: Place, names: Mapping[str, str], through: str) -> str:
    node = _arguments(operation, place)
    return lay_out(
        node,
        before=f"const job = space.{through}{names[operation.method]}",
        after=";",
        width=_WIDTH,
    )


def _arguments(operation: Operation, place: Place) -> Node:
    return given_arguments(place.examples.arguments(operation))


def given_arguments(arguments: Iterable[tuple[Parameter, Example]]) -> Node:
    """The arguments of a call of a generated method, with its brackets."""
    values = {str(one.wire_name): value for one, value in arguments}
    if not values:
        return "()"
    return Group(start="(", parts=(("", _node(values)),), end=")")


def _node(value: Example) -> Node:
    match value:
        case ExampleFile(name=name):
            return f"await localFile({literal(name)})"
        case Expression(source=source):
            return str(source)
        case list() | tuple():
            return Group(start="[", parts=tuple(("", _node(one)) for one in value), end="]")
        case dict():
            parts = tuple((f"{key(str(name))}: ", _node(one)) for name, one in value.items())
            return Group(start="{", parts=parts, end="}", pad=" ")
        case _:
            return literal(value)
