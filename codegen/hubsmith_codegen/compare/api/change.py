"""One change of an API, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...ir.model import Operation
from ...ir.text import plain
from .rules import RULES, Kind, Rule

__all__ = ["ApiDiff", "Change", "Kind", "Rule", "Subject", "code", "endpoint_key"]

Subject: TypeAlias = Literal["api", "class", "endpoint", "parameter", "result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change.

    The texts are clean of control characters; names of strangers stand in them between backticks.

    Attributes:
        rule: What kind of change it is, see `rules`.
        subject: What changed.
        endpoint: The endpoint it belongs to, as it was named before (for one that is new: as it is
            named now): `/name`, or `fn_index=N` for one without a name. Empty for `api` and `class`.
        name: The parameter, result or class as Python names it; empty for `api` and `endpoint`.
        what: What changed, one line.
        affected: What it does to code that calls the client, one line.
    """

    rule: Rule
    subject: Subject
    endpoint: str = ""
    name: str = ""
    what: str
    affected: str

    @property
    def kind(self) -> Kind:
        """How bad it is."""
        return RULES[self.rule].kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDiff:
    """How a new API differs from an old one.

    Attributes:
        package: The client package, as texts name it.
        changes: What is breaking first, then what is compatible, then what is cosmetic.
    """

    package: str
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that can break code that calls the client."""
        return self.of_kind("breaking")

    @property
    def compatible(self) -> tuple[Change, ...]:
        """The changes that leave such code working as it is."""
        return self.of_kind("compatible")

    @property
    def cosmetic(self) -> tuple[Change, ...]:
        """The changes of words and order that no call notices."""
        return self.of_kind("cosmetic")

    def summary(self) -> str:
        """One line that counts the changes, such as `2 breaking, 1 compatible`."""
        counts = {kind: len(self.of_kind(kind)) for kind in ("breaking", "compatible", "cosmetic")}
        return (
            ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "no change"
        )


def code(text: str) -> str:
    """A name or an expression as it stands in the text of a change."""
    return f"`{plain(text).replace('`', chr(39))}`"


def endpoint_key(operation: Operation) -> str:
    """What an endpoint is known by from one version of an API to the next."""
    return operation.endpoint or f"fn_index={operation.fn_index}"
