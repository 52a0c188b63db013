"""What the templates of clients print, every part of it `Source` already."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.names import ClassName, Identifier
from ..ir.text import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One way to call a method."""

    signature: Source
    result: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of a client, and of its view on jobs."""

    name: Identifier  # Its name.
    definition: Source  # Its name and its parameters, from `def` on.
    result: Source  # The annotation of what it returns.
    overloads: tuple[Overload, ...] = ()  # The ways to call it; none where there is one way.
    doc: Source  # Its docstring.
    # The docstring of the method of the same name that starts a job, if there is one.
    job_doc: Source | None = None
    request: ClassName  # The class of the request that it makes.
    arguments: Source  # What it passes on to the request.
    # When it streams, and the class of a piece then.
    chunks: tuple[tuple[Source, Source], ...] = ()
    takes_more: bool = False  # Whether it takes arguments that nobody lists, as `**kwargs`.


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskModule:
    """One module of a task's classes."""

    name: Source  # Its name.
    header: Source  # Its first lines.
    doc: Source  # Its docstring.
    classes: tuple[Source, ...]  # The classes of objects.
    # Other names for types, each with what it stands for.
    aliases: tuple[tuple[ClassName, Source], ...]
    # The classes of a parsed answer, each with that it narrows: the answer, a choice of it, and its
    # message.
    parsed: tuple[tuple[ClassName, ClassName], ...]
    requests: tuple[Source, ...]  # The class of the request; the shared module has none.
    names: tuple[ClassName, ...]  # Its public names, sorted.
