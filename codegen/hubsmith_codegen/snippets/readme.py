"""The README of a client package: how to begin, and every endpoint with a call of it."""

from __future__ import annotations

from ..ir.model import Operation, Service
from ..ir.spelling import spelled
from ..ir.text import Source, markdown, markdown_code, plain
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
    """What the README of a client says of its Space, whatever language the client is in."""
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
    """The heading of an endpoint, and what it is for."""
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
