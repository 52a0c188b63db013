"""The API of a Space as text: every endpoint with its parameters, types, defaults and results."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from ..ir.model import Definition, Operation, Parameter, Schema, Service
from ..ir.text import paragraphs, plain
from ..render.docs import parameter_help
from .values import holds_file, reached
from .wording import type_words, value_words

_WIDTH = 100
_WIDEST_TYPE = 40


def heading(service: Service) -> str:
    """One line: what the Space is called, where it is, what it runs."""
    title = plain(service.title) or str(service.class_name)
    source = plain(service.source)
    platform = plain(service.platform_version)
    about = ", ".join(
        [
            *([source] if source else []),
            *([f"Gradio {platform}"] if platform else []),
            _count(len(service.operations), "endpoint"),
        ]
    )
    return f"{title} ({about})"


def endpoint_lines(operation: Operation) -> list[str]:
    """An endpoint: its name, what it is for, its parameters, its results."""
    name = plain(operation.endpoint) or f"fn_index={operation.fn_index}"
    lines = [f"{name}{'  (sends partial results)' if operation.streams else ''}"]
    for paragraph in paragraphs(operation.description):
        lines += _wrapped(paragraph, "  ")
    lines += parameter_lines(operation.parameters)
    rows = [
        (f"-> {one.identifier}", type_words(one.schema), "", plain(one.label))
        for one in operation.results
    ]
    lines += _table(rows or [("-> nothing", "", "", "")])
    return lines


def parameter_lines(parameters: Sequence[Parameter]) -> list[str]:
    """Parameters as a table: name, type, whether required or else the default, help."""
    return _table(
        (plain(one.wire_name), type_words(one.schema), _default(one), _help(one))
        for one in parameters
    )


def definitions_in(service: Service, schemas: Iterable[Schema]) -> list[Definition]:
    """The objects that schemas speak of, and those inside them, sorted by name."""
    by_name = {str(one.class_name): one for one in service.definitions}
    found: set[str] = set()
    for schema in schemas:
        for inner in reached(schema, by_name):
            name = str(inner.get("$ref", "")).rpartition("/")[2]
            if name in by_name:
                found.add(name)
    return [by_name[name] for name in sorted(found)]


def definition_lines(definition: Definition) -> list[str]:
    """An object with its members."""
    rows = [
        (
            plain(member.wire_name),
            type_words(member.schema),
            "required" if member.is_required else f"= {value_words(member.default)}",
            plain(member.description),
        )
        for member in definition.members
    ]
    return [str(definition.class_name), *_table(rows)]


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return "required"
    value = parameter.default.value
    return f"= {value_words(parameter.default.wire if value is None else value)}"


def _help(parameter: Parameter) -> str:
    if holds_file(parameter.schema, {}):
        return plain(parameter.label)
    # The types have words of their own here: a parameter without help has none.
    said = plain(parameter.label) or plain(parameter.description)
    return parameter_help(parameter).partition(" Left out, ")[0] if said else ""


def _table(rows: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """Rows in columns; what is too wide for its column goes on below."""
    cells = list(rows)
    names = max((len(row[0]) for row in cells), default=0)
    kinds = min(max((len(row[1]) for row in cells), default=0), _WIDEST_TYPE)
    defaults = min(max((len(row[2]) for row in cells), default=0), _WIDEST_TYPE // 2)
    lines: list[str] = []
    for name, kind, default, help_ in cells:
        start = f"  {name:<{names}}  "
        if len(kind) <= kinds and len(default) <= defaults:
            line = f"{start}{kind:<{kinds}}  {default:<{defaults}}  {help_}".rstrip()
            if len(line) <= _WIDTH:
                lines.append(line)
                continue
        margin = " " * len(start)
        lines += _wrapped(kind, margin, start)
        for text in (default, help_):
            if text:
                lines += _wrapped(text, margin)
    return lines


def _wrapped(text: str, margin: str, start: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=margin if start is None else start,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    ) or ([start.rstrip()] if start else [])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
