"""Getting started with a new client: the sample that `add` prints, and the client's README."""

from __future__ import annotations

import re
from pathlib import Path

from ..ir.model import Operation, Service
from ..ir.names import is_name
from ..ir.spelling import spelled
from ..ir.text import Source, markdown, markdown_code, plain
from ..ir.types import Reference, inside
from ..render.signature import Signatures
from ..render.space import signatures
from ..render.templating import template
from .layout import Group, lay_out
from .place import DEFAULT_URL, Place
from .python import client_program, client_variable, method_call, quoted

# Gradio's names for unnamed functions, and names of functions that only serve the page.
_MINOR = re.compile(
    r"_|(lambda|clear|reset|undo|retry|stop|cancel|close|delete|remove|toggle|show|hide|select"
    r"|update|change|refresh|load|save|download|flag|like|vote|example|get|set|on|enable|disable)"
    r"(_|\d|$)"
)


# The width that repository pages show without scrolling.
_WIDTH = 115
_NEEDS = Source("It needs the package `hubsmith`.")
_NEEDS_NOTHING = Source("It contains its runtime (`_runtime/`) and needs httpx and pydantic only.")


def main_operation(service: Service) -> Operation | None:
    """The main endpoint of a Space: most likely the one behind its main button.

    The least likely are endpoints whose names suggest that they only serve the page, then those
    that return or take nothing, or need an object, which only programs pass. Among the others, it
    is the one with Gradio's usual name for an app's function, or else the one with most
    parameters, or the first.
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
    """Return a sample for the client in the folder `root`, or no lines if it has no endpoint."""
    if not service.operations:
        return []
    place = Place(service=service, module=module_of(root, *bases))
    program = client_sample(place, client_variable(service))
    return ["", *(f"    {line}" if line else "" for line in program.splitlines())]


def client_sample(place: Place, variable: str) -> Source:
    """A program that creates a client, in this variable, and calls its main endpoint."""
    operation = main_operation(place.service)
    if operation is None:
        address = "" if place.service.source else quoted(DEFAULT_URL)
        name = place.service.class_name
        return Source(
            f"from {place.module} import {name}\n\nwith {name}({address}) as {variable}:\n    ..."
        )
    return Source(client_program(operation, place, variable).rstrip("\n"))


def module_of(root: Path, *bases: Path) -> str:
    """Return the name that imports the package in the folder `root`.

    The bases are the folders that imports may start from, the most likely one first.
    """
    for base in bases:
        if root.resolve().is_relative_to(base.resolve()):
            parts = root.resolve().relative_to(base.resolve()).parts
            return ".".join(parts) if parts and all(map(is_name, parts)) else root.name
    return root.name


def readme(service: Service, *, runtime_is_vendored: bool = False) -> str:
    """The text of the README."""
    written, place = signatures(service), Place(service=service, module=str(service.package))
    streams = [one for one in service.operations if one.streams]
    job = next(iter([*streams, *service.operations]), None)
    context = {
        **facts(service),
        "async_client": Source(f"Async{service.class_name}"),
        "package": service.package,
        "needs": _NEEDS_NOTHING if runtime_is_vendored else _NEEDS,
        "job": job.method if job else Source(""),
        "start": client_sample(place, "space"),
        "endpoints": [(*about(one), _code(one, place, written)) for one in service.operations],
    }
    return template("package/README.md").render(context)


def facts(service: Service) -> dict[str, object]:
    """What the README of a client says about its Space, in any language."""
    return {
        "client": service.class_name,
        "title": markdown(service.title or service.class_name),
        "origin": markdown_code(source) if (source := plain(service.source)) else Source("a Space"),
        "platform": markdown(service.platform_version or "unknown"),
        "omissions": [
            (markdown_code(one.endpoint), markdown(one.reason)) for one in service.omissions
        ],
    }


def about(operation: Operation) -> tuple[Source, Source]:
    """The heading and the description of an endpoint."""
    unnamed = f"the unnamed function {operation.fn_index}"
    return (
        markdown_code(operation.endpoint) if operation.endpoint else Source(unnamed),
        markdown(" ".join(operation.description.split())),
    )


def _code(operation: Operation, place: Place, written: Signatures) -> Source:
    """The code that shows an endpoint: its signature and a call."""
    parts = tuple(("", part) for part in ("self", *written.parts(operation)))
    result = spelled(operation.result)
    signature = Group(start=f"def {operation.method}(", parts=parts, end=f") -> {result}: ...")
    before, after = "result = " if operation.results else "", ""
    if operation.streams:
        before, after = "for part in ", ": ..."
    call, classes = method_call(operation, place.examples, "space")
    lines = [lay_out(signature, width=_WIDTH)]
    if classes:
        lines.append(f"from {place.module} import {', '.join(classes)}")
    lines.append(lay_out(call, before=before, after=after, width=_WIDTH))
    return Source("\n".join(lines))
