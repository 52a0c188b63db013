"""Values and calls as expressions in a language: on one line if they fit, else on several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..ir.json_type import Json
from .examples import Example, ExampleFile, Expression

WIDTH = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A call, a list or an object: parts in brackets, each with its prefix."""

    start: str
    parts: tuple[tuple[str, Node], ...]
    end: str
    pad: str = ""


Node: TypeAlias = "str | Group"


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How a language writes values."""

    literal: Callable[[Json], str]
    key: Callable[[str], str]  # The name of an object's member.
    file: Callable[[str], str]  # One of the reader's own files, by name.
    expression: Callable[[str], str] = str
    pad: str = ""  # The padding inside the brackets of an object.

    def node(self, value: Example) -> Node:
        """A value as an expression."""
        match value:
            case ExampleFile(name=name):
                return self.file(name)
            case Expression(source=source):
                return self.expression(source)
            case list() | tuple():
                return Group(start="[", parts=self.items(value), end="]")
            case dict():
                return self.object(value)
            case _:
                return self.literal(value)

    def items(self, values: Iterable[Example]) -> tuple[tuple[str, Node], ...]:
        """Values as the parts of a list."""
        return tuple(("", self.node(one)) for one in values)

    def object(self, members: Mapping[str, Example]) -> Group:
        """An object with these members."""
        parts = tuple((f"{self.key(name)}: ", self.node(one)) for name, one in members.items())
        return Group(start="{", parts=parts, end="}", pad=self.pad)


def lay_out(
    node: Node, *, before: str = "", indent: int = 0, after: str = "", width: int = WIDTH
) -> str:
    """Write an expression: on one line, its parts on one line, or each part on its own line.

    `before` is written on its first line, after the indent, and `after` on its last.
    """
    margin = " " * indent
    line = f"{margin}{before}{flat(node)}{after}"
    if isinstance(node, str) or len(line) <= width or not node.parts:
        return line
    inside = f"{margin}    {_parts(node)}"
    lines = [inside]
    if len(inside) > width or node.pad:
        lines = [
            lay_out(part, before=prefix, indent=indent + 4, after=",", width=width)
            for prefix, part in node.parts
        ]
    return "\n".join([f"{margin}{before}{node.start}", *lines, f"{margin}{node.end}{after}"])


def flat(node: Node) -> str:
    """Write an expression on one line."""
    if isinstance(node, str):
        return node
    pad = node.pad if node.parts else ""
    return f"{node.start}{pad}{_parts(node)}{pad}{node.end}"


def _parts(node: Group) -> str:
    return ", ".join(f"{prefix}{flat(part)}" for prefix, part in node.parts)
