"""A call of a script, and what its language has to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from hubsmith_codegen.ir.model import Operation, Parameter
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


class Writer(Protocol):
    """What a plan has to know of the language of its script."""

    @property
    def any_fits(self) -> bool:
        """Whether a result without a type may be given for any parameter."""
        ...

    @property
    def by_place(self) -> bool:
        """Whether every argument is written, those that are as the Space has them included."""
        ...

    def variable(self, operation: Operation, taken: set[str]) -> str:
        """A name for the result of a call that is not taken."""
        ...

    def part(self, step: Step, result: int, parts: Sequence[Part]) -> Source:
        """The expression for a part of a result."""
        ...

    def saved(self, name: str, *, is_marked: bool) -> Example:
        """A file that is saved beside the script, by its name there.

        It is marked as a file where the type of the argument does not say that it is one.
        """
        ...

    def served(self, path: str, *, is_marked: bool) -> Example:
        """A file that only the Space has."""
        ...
