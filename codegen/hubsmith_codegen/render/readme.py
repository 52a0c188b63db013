"""The README of a client package."""

from __future__ import annotations

from ..ir.model import Operation, Service
from ..ir.spelling import spelled
from ..ir.text import Source, markdown, markdown_code, plain
from ..snippets.layout import Group, lay_out
from ..snippets.sample import client_sample, endpoint_sample
from . import docs
from .signature import Signatures, dict_classes
from .templating import template

_NEEDS = Source("It needs the package `hubsmith`.")
_NEEDS_NOTHING = Source(
    "It carries its runtime\nin `_runtime/`: httpx and pydantic are all that has to be installed."
)


def readme(service: Service, *, runtime_is_vendored: bool) -> str:
    """The README of a client package."""
    signatures = Signatures(dict_classes(service.definitions, ()))
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
        "start": client_sample(service, str(service.package), "space"),
        "endpoints": tuple(_endpoint(one, service, signatures) for one in service.operations),
        "platform": markdown(service.platform_version or "unknown"),
        "omissions": tuple(
            (markdown_code(one.endpoint), markdown(one.reason)) for one in service.omissions
        ),
    }
    return template("package/README.md").render(context)


def _endpoint(
    operation: Operation, service: Service, signatures: Signatures
) -> tuple[Source, Source, Source]:
    """Its heading, what it is for, and the code that shows it."""
    heading = docs.endpoint_name(operation)
    parts = tuple(("", part) for part in ("self", *signatures.parts(operation)))
    result = spelled(operation.result)
    node = Group(start=f"def {operation.method}(", parts=parts, end=f") -> {result}: ...")
    sample = endpoint_sample(operation, service, "space")
    return (
        markdown_code(operation.endpoint) if operation.endpoint else Source(heading),
        markdown(" ".join(operation.description.split())),
        Source(f"{lay_out(node)}\n\n{sample}"),
    )
