"""Expressions on lines: on one where there is room, else each part on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A call, a list or an object: parts between brackets, each with what stands before it."""

    start: str
    parts: tuple[tuple[str, Node], ...]
    end: str
    pad: str = ""


Node: TypeAlias = "str | Group"


def lay_out(
    node: Node, *, before: str = "", indent: int = 0, after: str = "", width: int = WIDTH
) -> str:
    """Write an expression: on one line, its parts on one line, or each on a line of its own.

    `before` stands on its first line, behind the indent, and `after` on its last.
    """
    margin = " " * indent
    flat = f"{margin}{before}{_flat(node)}{after}"
    if isinstance(node, str) or len(flat) <= width or not node.parts:
        return flat
    inside = f"{margin}    {_parts(node)}"
    lines = [inside]
    if len(inside) > width or node.pad:
        lines = [
            lay_out(part, before=prefix, indent=indent + 4, after=",", width=width)
            for prefix, part in node.parts
        ]
    return "\n".join([f"{margin}{before}{node.start}", *lines, f"{margin}{node.end}{after}"])


def _flat(node: Node) -> str:
    if isinstance(node, str):
        return node
    inside = _parts(node)
    pad = node.pad if inside else ""
    return f"{node.start}{pad}{inside}{pad}{node.end}"


def _parts(node: Group) -> str:
    return ", ".join(f"{prefix}{_flat(part)}" for prefix, part in node.parts)
