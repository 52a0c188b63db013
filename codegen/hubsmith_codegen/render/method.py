"""The methods of a client as the templates print them, every part of them `Source` already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..ir.model import Operation
from ..ir.names import ClassName, Identifier
from ..ir.text import Source, docstring
from . import docs
from .signature import Signatures, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One way to call a method."""

    signature: Source
    result: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of a client, and of its view on jobs."""

    name: Identifier
    note: Source  # A comment before its parameters, for type checkers; empty or a line.
    signature: Source  # Its parameters behind `self`.
    result: Source
    overloads: tuple[Overload, ...]  # None where there is one way to call it.
    doc: Source
    job_doc: Source  # That of the method of the same name that starts a job.
    request: ClassName
    arguments: Source  # What it passes on to the request.
    chunks: tuple[tuple[Source, Source], ...]  # When it streams, and the class of a piece then.
    takes_more: bool  # Whether it takes arguments that nobody lists, as `**kwargs`.


def method_of(operation: Operation, signatures: Signatures, client: str, note: str = "") -> Method:
    """The method of a client that calls an operation."""
    own = [one.identifier for one in operation.parameters if not one.is_option]
    overloads = tuple(
        Overload(
            signature=joined(signatures.parts(operation, one.types, one.required)),
            result=signatures.result(one.result),
        )
        for one in operation.overloads
    )
    chunks = tuple(_chunks(operation))
    return Method(
        name=operation.method,
        note=Source(note),
        signature=joined(signatures.parts(operation)),
        result=overloads[-1].result if chunks else signatures.result(operation.result),
        overloads=overloads,
        doc=docstring(docs.method_lines(operation), indent=8),
        job_doc=docstring([docs.job_line(operation, client)], indent=8),
        request=operation.request_class,
        arguments=Source(", ".join(f"{name}={name}" for name in own)),
        chunks=chunks,
        takes_more=operation.takes_more,
    )


def _chunks(operation: Operation) -> Iterator[tuple[Source, Source]]:
    facts = operation.task
    if facts is not None and facts.chunk_class:
        if name := facts.call.text_unless:
            yield Source(f"stream and not {name}"), Source("str")
        yield Source("stream"), Source(f"tasks.{facts.chunk_class}")
