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


def lay_out(node: Node, *, before: str = "", indent: int = 0, after: str = "") -> str:
    """Write an expression.

    Args:
        node: The expression.
        before: What stands before it on its first line, without the indent.
        indent: Spaces at the beginning of its first line.
        after: What follows on its last line.
    """
    flat = f"{' ' * indent}{before}{_flat(node)}{after}"
    if isinstance(node, str) or len(flat) <= WIDTH or not node.parts:
        return flat
    lines = [f"{' ' * indent}{before}{node.start}"]
    lines += [
        lay_out(part, before=prefix, indent=indent + 4, after=",") for prefix, part in node.parts
    ]
    return "\n".join([*lines, f"{' ' * indent}{node.end}{after}"])


def _flat(node: Node) -> str:
    if isinstance(node, str):
        return node
    inside = ", ".join(f"{prefix}{_flat(part)}" for prefix, part in node.parts)
    pad = node.pad if inside else ""
    return f"{node.start}{pad}{inside}{pad}{node.end}"
