"""The API of a Space as text: every endpoint with its parameters, types, defaults and results."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence, Sized
from dataclasses import replace

from ..ir.json_type import Json
from ..ir.model import Default, Definition, Member, Operation, Parameter, Service
from ..ir.spelling import spelled
from ..ir.text import paragraphs, plain, sentence
from ..ir.types import Type
from ..render.docs import bounds_help, parameter_help
from .place import json_text

_WIDEST_TYPE = 40


def heading(service: Service) -> str:
    """One line: the title of the Space, its address, its Gradio version."""
    title = plain(service.title) or str(service.class_name)
    source = plain(service.source)
    platform = plain(service.platform_version)
    about = [source, platform and f"Gradio {platform}", counted(service.operations, "endpoint")]
    return f"{title} ({', '.join(filter(None, about))})"


def endpoint_lines(operation: Operation) -> list[str]:
    """An endpoint: its name, description, parameters and results."""
    name = plain(operation.endpoint) or f"fn_index={operation.fn_index}"
    lines = [f"{name}{'  (sends partial results)' if operation.streams else ''}"]
    for paragraph in paragraphs(operation.description):
        lines += wrapped(paragraph, "  ")
    lines += parameter_lines(operation.parameters)
    rows = [
        (f"-> {one.identifier}", _type(one.type), "", plain(one.label)) for one in operation.results
    ]
    lines += _table(rows or [("-> nothing", "", "", "")])
    return lines


def parameter_lines(parameters: Sequence[Parameter]) -> list[str]:
    """Parameters as a table: name, type, default or "required", help."""
    return _table(
        # The help leaves out the default, which has its own column.
        (
            *_start(one),
            f"= {_value(default_value(one.default))}" if one.default else "required",
            parameter_help(replace(one, default=None)),
        )
        for one in parameters
    )


def definition_lines(definition: Definition) -> list[str]:
    """An object with its members."""
    rows = [
        (
            *_start(member),
            "required" if member.is_required else f"= {_value(member.default)}",
            f"{sentence(member.description)} {bounds_help(member.type)}".strip(),
        )
        for member in definition.members
    ]
    return [str(definition.class_name), *_table(rows)]


def _start(named: Parameter | Member) -> tuple[str, str]:
    return plain(named.wire_name), _type(named.type)


def default_value(default: Default) -> Json:
    """The value that is sent if the parameter is left out."""
    return default.wire if default.value is None else default.value


def _type(type_: Type) -> str:
    return plain(spelled(type_))


def _value(value: Json) -> str:
    return plain(json_text(value))


def _table(rows: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """Rows in columns; cells that are too wide continue on the next lines."""
    cells = list(rows)
    names = max((len(row[0]) for row in cells), default=0)
    kinds = min(max((len(row[1]) for row in cells), default=0), _WIDEST_TYPE)
    defaults = min(max((len(row[2]) for row in cells), default=0), _WIDEST_TYPE // 2)
    lines: list[str] = []
    for name, kind, default, help_ in cells:
        start = f"  {name:<{names}}  "
        if len(kind) <= kinds and len(default) <= defaults:
            line = f"{start}{kind:<{kinds}}  {default:<{defaults}}  {help_}".rstrip()
            if len(line) <= _width():
                lines.append(line)
                continue
        margin = " " * len(start)
        lines += wrapped(kind, margin, start)
        for text in (default, help_):
            if text:
                lines += wrapped(text, margin)
    return lines


def _width() -> int:
    # The default is for when neither COLUMNS nor a terminal sets the width.
    return shutil.get_terminal_size((100, 24)).columns


def wrapped(text: str, margin: str = "", start: str | None = None) -> list[str]:
    """Wrap a text to the width of the output."""
    return textwrap.wrap(
        text,
        _width(),
        initial_indent=margin if start is None else start,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    ) or ([start.rstrip()] if start else [])


def counted(items: Sized, noun: str) -> str:
    """The number of items with a noun, such as `2 endpoints`."""
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
