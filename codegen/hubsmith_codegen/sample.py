"""A few lines of code that call a fresh client, to copy from the terminal."""

from __future__ import annotations

from pathlib import Path

from .ir import Operation, Parameter
from .names import is_name
from .package import Package

_EXAMPLES = {"string": '"Hello"', "integer": "1", "number": "1.0", "boolean": "True"}


def sample(package: Package, base: Path) -> list[str]:
    """Return the lines, or none where the Space has no endpoint.

    Args:
        package: The client.
        base: The folder from which it is imported.
    """
    operations = package.service.operations
    if not operations:
        return []
    variable, class_name = package.name, package.service.class_name
    if variable == class_name:
        variable = "space"
    place = "" if package.service.source else '"http://127.0.0.1:7860"'
    return [
        "",
        f"    from {_module(package.root, base)} import {class_name}",
        "",
        f"    with {class_name}({place}) as {variable}:",
        f"        print({variable}.{_call(operations[0])})",
    ]


def _call(operation: Operation) -> str:
    arguments = ", ".join(
        f"{parameter.identifier}={_example(parameter)}"
        for parameter in operation.parameters
        if parameter.default is None
    )
    return f"{operation.method}({arguments})"


def _example(parameter: Parameter) -> str:
    choices = parameter.schema.get("enum")
    if isinstance(choices, list) and choices:
        first = choices[0]
        return ascii(first) if isinstance(first, str | int | float) else "..."
    kind = parameter.schema.get("type")
    return _EXAMPLES.get(kind, "...") if isinstance(kind, str) else "..."


def _module(root: Path, base: Path) -> str:
    try:
        parts = root.resolve().relative_to(base.resolve()).parts
    except ValueError:
        parts = ()
    return ".".join(parts) if parts and all(map(is_name, parts)) else root.name
