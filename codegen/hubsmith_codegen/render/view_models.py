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
    """One method of a client, and of its view on jobs.

    Attributes:
        name: Its name.
        definition: Its name and its parameters, from `def` on.
        result: The annotation of what it returns.
        overloads: The ways to call it; none where there is one way.
        doc: Its docstring.
        job_doc: The docstring of the method of the same name that starts a job, if there is one.
        request: The class of the request that it makes.
        arguments: What it passes on to the request.
        chunks: When it streams, and the class of a piece then.
        takes_more: Whether it takes arguments that nobody lists, as `**kwargs`.
    """

    name: Identifier
    definition: Source
    result: Source
    overloads: tuple[Overload, ...] = ()
    doc: Source
    job_doc: Source | None = None
    request: ClassName
    arguments: Source
    chunks: tuple[tuple[Source, Source], ...] = ()
    takes_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskModule:
    """One module of a task's classes.

    Attributes:
        name: Its name.
        header: Its first lines.
        doc: Its docstring.
        classes: The classes of objects.
        aliases: Other names for types, each with what it stands for.
        parsed: The classes of a parsed answer, each with that it narrows: the answer, a choice
            of it, and its message.
        requests: The class of the request; the shared module has none.
        names: Its public names, sorted.
    """

    name: Source
    header: Source
    doc: Source
    classes: tuple[Source, ...]
    aliases: tuple[tuple[ClassName, Source], ...]
    parsed: tuple[tuple[ClassName, ClassName], ...]
    requests: tuple[Source, ...]
    names: tuple[ClassName, ...]
