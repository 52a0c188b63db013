"""A call of a script, and what its language has to say about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from hubsmith_codegen.ir.model import Operation, Parameter, Service
from hubsmith_codegen.ir.names import identifier
from hubsmith_codegen.ir.text import Source
from hubsmith_codegen.snippets.examples import Example

from .events import Event

Part: TypeAlias = "tuple[str, str] | int | str"
"""A step into a result: a member by Python's name and the wire's, a place, or a key."""


@dataclass(kw_only=True, eq=False)
class Step:
    """A recorded call as the script makes it, or says why not."""

    event: Event
    obstacle: str  # Why it is not made; empty where it is.
    arguments: list[tuple[Parameter, Example]] = field(
        default_factory=list[tuple[Parameter, Example]]
    )
    name: str = ""  # The variable of the result.
    output_slots: Sequence[int] = ()  # Where the results are among the outputs.
    uses: list[Step] = field(default_factory=list["Step"])  # Whose results it is given.
    is_used: bool = False  # Whether a later call is given its result.

    @property
    def operation(self) -> Operation:
        """The endpoint; only of a step that is made."""
        assert self.event.operation is not None
        return self.event.operation

    @property
    def streams(self) -> bool:
        """Whether it gave, or may give, partial results."""
        return bool(self.operation.streams or self.event.call.partials)

    @property
    def is_cancelled(self) -> bool:
        """Whether it never ended."""
        return self.event.call.ended is None and self.event.call.error is None


@dataclass(frozen=True, kw_only=True)
class Writer(ABC):
    """What a plan has to know of the language of its script."""

    service: Service
    files: str  # The folder beside the script.

    by_place: ClassVar = False
    """Whether every argument is written, those that are as the Space has them included."""
    any_fits: ClassVar = True
    """Whether a result without a type may be given for any parameter."""

    @abstractmethod
    def variable(self, operation: Operation, taken: set[str]) -> str:
        """A name for the result of a call that is not taken."""

    @abstractmethod
    def part(self, step: Step, result: int, parts: Sequence[Part]) -> Source:
        """The expression for a part of a result."""

    @abstractmethod
    def saved(self, name: str, *, is_marked: bool) -> Example:
        """A file that is saved beside the script, by its name there.

        It is marked as a file where the type of the argument does not say that it is one.
        """

    @abstractmethod
    def served(self, path: str, *, is_marked: bool) -> Example:
        """A file that only the Space has."""


def result_name(operation: Operation) -> str:
    """The name that says best what an endpoint gives."""
    results = operation.results
    wanted = str(results[0].identifier) if len(results) == 1 else ""
    if wanted in ("", "value"):
        wanted = f"{operation.method}_result"
    return str(identifier(wanted, fallback="result"))
