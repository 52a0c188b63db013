"""What the templates print: classes, fields and stubs, every part of them `Source` already."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.names import ClassName, Identifier
from ..ir.text import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a class, ready to print."""

    identifier: Identifier
    annotation: Source
    default: Source | None
    doc: Source | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelClass:
    """One class of `models.py`, ready to print."""

    class_name: ClassName
    doc: Source
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """One endpoint, ready to print.

    Attributes:
        method: The name of the stub.
        signature: Its parameters, after `self`.
        arguments: What it passes on to the request model.
        result: The annotation of what it returns.
        doc: Its docstring.
        request: The request model.
        tuple: The named tuple, where it returns several values.
        endpoint: The `Endpoint(...)` expression of the request model.
        heading: The endpoint's name for the README.
        about: What it is for, for the README.
        declaration: Its signature on lines of its own, for the README.
        sample: A call of it that runs, for the README.
        rows: Name, type and help of every parameter, for the README.
        results: Name and type of every field of the named tuple, for the README.
    """

    method: Identifier
    signature: Source
    arguments: Source
    result: Source
    doc: Source
    request: ModelClass
    tuple: ModelClass | None
    endpoint: Source
    heading: Source
    about: Source
    declaration: Source
    sample: Source
    rows: tuple[tuple[Source, Source, Source], ...]
    results: tuple[Source, ...]
