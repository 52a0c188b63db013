"""The README of a client package: how to begin, and every endpoint with a call of it."""

from __future__ import annotations

from ..ir.model import Operation, Service
from ..ir.spelling import spelled
from ..ir.text import Source, markdown, markdown_code, plain
from ..render import docs
from ..render.signature import Signatures
from ..render.space import signatures
from ..render.templating import template
from .layout import Group, lay_out
from .place import Place
from .python import method_call
from .sample import client_sample

# What the page of a repository shows without scrolling.
_WIDTH = 115
_NEEDS = Source("It needs the package `hubsmith`.")
_NEEDS_NOTHING = Source("It carries its runtime in `_runtime/` and needs httpx and pydantic only.")


def readme(service: Service, *, runtime_is_vendored: bool = False) -> str:
    """The text of the README."""
    written, place = signatures(service), Place(service=service, module=str(service.package))
    context = {
        "client": service.class_name,
        "async_client": Source(f"Async{service.class_name}"),
        "package": service.package,
        "title": markdown(service.title or service.class_name),
        "origin": markdown_code(source) if (source := plain(service.source)) else Source("a Space"),
        "needs": _NEEDS_NOTHING if runtime_is_vendored else _NEEDS,
        "job": next(
            (one.method for one in service.operations if one.streams),
            service.operations[0].method if service.operations else Source(""),
        ),
        "start": client_sample(place, "space"),
        "endpoints": [_endpoint(one, place, written) for one in service.operations],
        "platform": markdown(service.platform_version or "unknown"),
        "omissions": [
            (markdown_code(one.endpoint), markdown(one.reason)) for one in service.omissions
        ],
    }
    return template("package/README.md").render(context)


def _endpoint(
    operation: Operation, place: Place, written: Signatures
) -> tuple[Source, Source, Source]:
    """Its heading, what it is for, and the code that shows it."""
    heading = docs.endpoint_name(operation)
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
    return (
        markdown_code(operation.endpoint) if operation.endpoint else Source(heading),
        markdown(" ".join(operation.description.split())),
        Source("\n".join(lines)),
    )
