"""`Step`, a call of a script, and `Writer`, the base of the writers for each language."""

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
"""A path element within a result: a member (Python name, wire name), an index or a key."""


@dataclass(kw_only=True, eq=False)
class Step:
    """A recorded call in a script, which makes it or says why not."""

    event: Event
    obstacle: str  # Why the script does not make it; empty if it does.
    arguments: list[tuple[Parameter, Example]] = field(
        default_factory=list[tuple[Parameter, Example]]
    )
    name: str = ""  # The variable of the result.
    output_slots: Sequence[int] = ()  # The output slots of the results.
    uses: list[Step] = field(default_factory=list["Step"])  # The steps whose results it uses.
    is_used: bool = False  # Whether a later step uses its result.

    @property
    def operation(self) -> Operation:
        """The endpoint. Only steps without an obstacle have one."""
        assert self.event.operation is not None
        return self.event.operation

    @property
    def streams(self) -> bool:
        """Whether it sent, or can send, partial results."""
        return bool(self.operation.streams or self.event.call.partials)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled or did not finish."""
        return self.event.call.ended is None and self.event.call.error is None


@dataclass(frozen=True, kw_only=True)
class Writer(ABC):
    """The language-specific parts of a plan."""

    service: Service
    files: str  # The folder for files next to the script.

    by_place: ClassVar = False
    """Whether arguments are written by position, including those equal to defaults."""
    any_fits: ClassVar = True
    """Whether an untyped result can be passed for any parameter."""

    @abstractmethod
    def variable(self, operation: Operation, taken: set[str]) -> str:
        """Return an unused variable name for the result of a call."""

    @abstractmethod
    def part(self, step: Step, result: int, parts: Sequence[Part]) -> Source:
        """Return the expression for a part of a result."""

    @abstractmethod
    def saved(self, name: str, *, is_marked: bool) -> Example:
        """Return a file saved next to the script, by its name there.

        With `is_marked`, it is marked as a file because the type of the argument does not say so.
        """

    @abstractmethod
    def served(self, path: str, *, is_marked: bool) -> Example:
        """Return a file that is only on the Space."""


def result_name(operation: Operation) -> str:
    """Return a descriptive variable name for the result of an endpoint."""
    results = operation.results
    wanted = str(results[0].identifier) if len(results) == 1 else ""
    if wanted in ("", "value"):
        wanted = f"{operation.method}_result"
    return str(identifier(wanted, fallback="result"))
