"""A few lines of code that call a fresh client, to copy from the terminal or from its README."""

from __future__ import annotations

import re
from pathlib import Path

from ..ir.model import Operation, Service
from ..ir.names import is_name
from ..ir.text import Source
from ..ir.types import Reference, inside
from .examples import Examples
from .place import DEFAULT_URL
from .python import client_program, client_variable, quoted

# What Gradio calls a function without a name, and what a page does beside its work.
_MINOR = re.compile(
    r"_|(lambda|clear|reset|undo|retry|stop|cancel|close|delete|remove|toggle|show|hide|select"
    r"|update|change|refresh|load|save|download|flag|like|vote|example|get|set|on|enable|disable)"
    r"(_|\d|$)"
)


def main_operation(service: Service) -> Operation | None:
    """The endpoint that a Space is there for: most likely the one behind its main button.

    Those come last whose names say that they only serve the page, then those that return or take
    nothing, or need an object, which only programs give. Of the others it is the one that has the
    name which Gradio gives to an app's own function, or else the most parameters; of equals the
    first.
    """
    return max(service.operations, key=_weight, default=None)


def _weight(operation: Operation) -> tuple[bool, bool, bool, bool, bool, int]:
    name = str(operation.endpoint).removeprefix("/").lower()
    required = [one.type for one in operation.parameters if one.default is None]
    return (
        not _MINOR.match(name),
        bool(operation.results),
        bool(operation.parameters),
        not any(isinstance(part, Reference) for one in required for part in inside(one)),
        name in ("chat", "predict"),
        len(operation.parameters),
    )


def sample(service: Service, root: Path, *bases: Path) -> list[str]:
    """Return the lines, or none where the Space has no endpoint.

    Args:
        service: The API of the client.
        root: The folder of its package.
        bases: The folders from which it may be imported, the likeliest first.
    """
    if not service.operations:
        return []
    program = client_sample(service, module_of(root, *bases), client_variable(service))
    return ["", *(f"    {line}" if line else "" for line in program.splitlines())]


def client_sample(service: Service, module: str, variable: str) -> Source:
    """A program that makes a client and calls the main endpoint of it.

    Args:
        service: The API.
        module: Where the client is imported from.
        variable: What to call the client.
    """
    operation = main_operation(service)
    if operation is None:
        address = "" if service.source else quoted(DEFAULT_URL)
        name = service.class_name
        return Source(
            f"from {module} import {name}\n\nwith {name}({address}) as {variable}:\n    ..."
        )
    examples = Examples(service.definitions)
    program = client_program(operation, service, examples, module, variable)
    return Source(program.rstrip("\n"))


def module_of(root: Path, *bases: Path) -> str:
    """Return the name under which a package is imported, as far as the folders tell.

    Args:
        root: The folder of the package.
        bases: The folders from which it may be imported, the likeliest first.
    """
    for base in bases:
        if root.resolve().is_relative_to(base.resolve()):
            parts = root.resolve().relative_to(base.resolve()).parts
            return ".".join(parts) if parts and all(map(is_name, parts)) else root.name
    return root.name
