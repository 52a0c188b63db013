"""A few lines of code that call a fresh client, to copy from the terminal or from its README."""

from __future__ import annotations

import re
from pathlib import Path

from ..ir.model import Operation, Service
from ..ir.names import is_name
from ..ir.text import Source
from ..ir.types import Reference, inside
from .place import DEFAULT_URL, Place
from .python import client_program, client_variable, quoted

# What Gradio calls a function without a name, and what a page does besides its work.
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
    """Return the lines for the client in the folder `root`, or none without an endpoint."""
    if not service.operations:
        return []
    place = Place(service=service, module=module_of(root, *bases))
    program = client_sample(place, client_variable(service))
    return ["", *(f"    {line}" if line else "" for line in program.splitlines())]


def client_sample(place: Place, variable: str) -> Source:
    """A program that makes a client, of this name, and calls the main endpoint of it."""
    operation = main_operation(place.service)
    if operation is None:
        address = "" if place.service.source else quoted(DEFAULT_URL)
        name = place.service.class_name
        return Source(
            f"from {place.module} import {name}\n\nwith {name}({address}) as {variable}:\n    ..."
        )
    return Source(client_program(operation, place, variable).rstrip("\n"))


def module_of(root: Path, *bases: Path) -> str:
    """Return the name under which the package in the folder `root` is imported.

    The bases are the folders from which it may be imported, the likeliest first.
    """
    for base in bases:
        if root.resolve().is_relative_to(base.resolve()):
            parts = root.resolve().relative_to(base.resolve()).parts
            return ".".join(parts) if parts and all(map(is_name, parts)) else root.name
    return root.name
