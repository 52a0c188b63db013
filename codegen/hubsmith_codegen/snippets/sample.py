"""A few lines of code that call a fresh client, to copy from the terminal."""

from __future__ import annotations

from pathlib import Path

from ..ir.model import Operation, Service
from ..ir.names import is_name
from ..ir.text import Source
from .examples import needs_file
from .layout import lay_out
from .place import DEFAULT_URL
from .python import client_variable, quoted, typed_call


def sample(service: Service, root: Path, *bases: Path) -> list[str]:
    """Return the lines, or none where the Space has no endpoint.

    Args:
        service: The API of the client.
        root: The folder of its package.
        bases: The folders from which it may be imported, the likeliest first.
    """
    if not service.operations:
        return []
    variable = client_variable(root.name, [str(service.class_name)])
    module = module_of(root, *bases)
    lines = client_sample(service, module, variable).splitlines()
    return ["", *(f"    {line}" if line else "" for line in lines)]


def client_sample(service: Service, module: str, variable: str) -> Source:
    """A program that makes a client and calls one endpoint of it with what that requires.

    Args:
        service: The API.
        module: Where the client is imported from.
        variable: What to call the client.
    """
    operation = min(service.operations, key=needs_file, default=None)
    classes: tuple[str, ...] = ()
    body = "    ..."
    if operation is not None:
        call = typed_call(operation, service.definitions, variable, is_short=True)
        classes = call.classes
        body = lay_out(call.node, before="result = " if operation.results else "", indent=4)
        if operation.results:
            body += "\n    print(result)"
    names = ", ".join(sorted({str(service.class_name), *classes}))
    place = "" if service.source else quoted(DEFAULT_URL)
    return Source(
        f"from {module} import {names}\n\nwith {service.class_name}({place}) as {variable}:\n{body}"
    )


def endpoint_sample(operation: Operation, service: Service, variable: str) -> Source:
    """The lines that call an endpoint of a client that is there, and print what comes back."""
    called = f"{variable}.jobs" if operation.streams else variable
    call = typed_call(operation, service.definitions, called)
    lines = [f"from {service.package} import {', '.join(call.classes)}", ""] if call.classes else []
    if operation.streams:
        lines += [lay_out(call.node, before="for part in ", after=":"), "    print(part)"]
    elif operation.results:
        lines += [lay_out(call.node, before="result = "), "print(result)"]
    else:
        lines.append(lay_out(call.node))
    return Source("\n".join(lines))


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
