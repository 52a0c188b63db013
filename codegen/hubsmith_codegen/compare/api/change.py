"""A change of an API with its rule, and the collection of all changes.

A rule has a name, a kind (how bad the change is) and a subject (what changed). The kind depends on
code that calls the generated client and was correct for the old API:

- breaking: after the client is generated again, some such call is rejected by a type checker, the
  client or the Space, returns another type, or passes an argument to another parameter.
- compatible: every such call keeps working. It may send another default, or return fewer of the
  values that were possible before.
- cosmetic: only descriptions changed.

Types are compared from the caller's side: an argument may accept more, never less; a result may
promise more, never less.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Literal, TypeAlias

from ...ir.text import plain

Kind: TypeAlias = Literal["breaking", "compatible", "cosmetic"]
Subject: TypeAlias = Literal["api", "class", "endpoint", "parameter", "result"]

KINDS: tuple[Kind, ...] = ("breaking", "compatible", "cosmetic")
_LISTED = 4


def code(text: str) -> str:
    """A name or an expression in backticks."""
    return f"`{plain(text).replace('`', chr(39))}`"


class Rule(Enum):
    """One kind of change; the value is its name in reports."""

    kind: Kind
    subject: Subject

    def __new__(cls, name: str, kind: Kind, subject: Subject) -> Rule:
        rule = object.__new__(cls)
        rule._value_ = name
        rule.kind = kind
        rule.subject = subject
        return rule

    # The client as a whole.
    CLIENT_RENAMED = "client-renamed", "breaking", "class"
    CLASS_GONE = "class-gone", "breaking", "class"
    CLASS_RENAMED = "class-renamed", "breaking", "class"
    CLASS_ADDED = "class-added", "compatible", "class"
    SOURCE_CHANGED = "source-changed", "compatible", "api"
    TITLE_CHANGED = "title-changed", "cosmetic", "api"
    PLATFORM_CHANGED = "platform-changed", "cosmetic", "api"
    # Another document may have less information; what that changes has its own rules.
    DOCUMENTS_CHANGED = "documents-changed", "cosmetic", "api"

    ENDPOINT_GONE = "endpoint-gone", "breaking", "endpoint"
    ENDPOINT_OMITTED = "endpoint-omitted", "breaking", "endpoint"
    ENDPOINT_RENAMED = "endpoint-renamed", "breaking", "endpoint"
    ENDPOINT_ADDED = "endpoint-added", "compatible", "endpoint"
    METHOD_RENAMED = "method-renamed", "breaking", "endpoint"
    ENDPOINT_DESCRIBED = "endpoint-described", "cosmetic", "endpoint"
    # A call still returns the last value, and a job still gives its result once.
    STREAMING_BEGAN = "streaming-began", "compatible", "endpoint"
    STREAMING_ENDED = "streaming-ended", "compatible", "endpoint"

    PARAMETER_GONE = "parameter-gone", "breaking", "parameter"
    PARAMETER_RENAMED = "parameter-renamed", "breaking", "parameter"
    PARAMETER_ADDED_REQUIRED = "parameter-added-required", "breaking", "parameter"
    PARAMETER_ADDED_OPTIONAL = "parameter-added-optional", "compatible", "parameter"
    PARAMETER_MADE_REQUIRED = "parameter-made-required", "breaking", "parameter"
    PARAMETER_MADE_OPTIONAL = "parameter-made-optional", "compatible", "parameter"
    PARAMETER_DESCRIBED = "parameter-described", "cosmetic", "parameter"
    # A positional argument reaches another parameter, or is no longer accepted.
    PARAMETERS_MOVED = "parameters-moved", "breaking", "endpoint"
    PARAMETERS_REORDERED = "parameters-reordered", "compatible", "endpoint"
    DEFAULT_CHANGED = "default-changed", "compatible", "parameter"
    CHOICES_GONE = "choices-gone", "breaking", "parameter"
    # Any other value is accepted as well.
    OPEN_CHOICES_GONE = "open-choices-gone", "compatible", "parameter"
    CHOICES_ADDED = "choices-added", "compatible", "parameter"
    BOUNDS_NARROWED = "bounds-narrowed", "breaking", "parameter"
    BOUNDS_WIDENED = "bounds-widened", "compatible", "parameter"
    ARGUMENT_NARROWED = "argument-narrowed", "breaking", "parameter"
    ARGUMENT_WIDENED = "argument-widened", "compatible", "parameter"
    ARGUMENT_TYPE_CHANGED = "argument-type-changed", "breaking", "parameter"

    RESULT_BEGAN = "result-began", "compatible", "endpoint"
    RESULT_ENDED = "result-ended", "breaking", "endpoint"
    RESULT_COUNT_CHANGED = "result-count-changed", "breaking", "endpoint"
    RESULT_GONE = "result-gone", "breaking", "result"
    # The tuple gets longer, so unpacking it fails.
    RESULT_ADDED = "result-added", "breaking", "result"
    # An object gets one more member.
    RESULT_MEMBER_ADDED = "result-member-added", "compatible", "result"
    RESULT_RENAMED = "result-renamed", "breaking", "result"
    RESULTS_REORDERED = "results-reordered", "breaking", "endpoint"
    # The choices of a result are open: any other value may be returned.
    RESULT_CHOICES_CHANGED = "result-choices-changed", "compatible", "result"
    RESULT_NARROWED = "result-narrowed", "compatible", "result"
    RESULT_WIDENED = "result-widened", "breaking", "result"
    RESULT_TYPE_CHANGED = "result-type-changed", "breaking", "result"
    RESULT_DESCRIBED = "result-described", "cosmetic", "result"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, described in clean text of one line; names from a spec are in backticks."""

    rule: Rule
    what: str
    affected: str = "Calls keep working."  # What it does to code that calls the client.
    _: KW_ONLY
    # Its old name, or for a new endpoint the new one; empty for the API and its classes.
    endpoint: str = ""
    name: str = ""  # The parameter, result or class as Python names it; else empty.

    @property
    def kind(self) -> Kind:
        """How bad it is."""
        return self.rule.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDiff:
    """How a new API differs from an old one: breaking changes first, cosmetic ones last."""

    package: str
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def by_kind(self) -> dict[Kind, tuple[Change, ...]]:
        """The changes grouped by kind."""
        return {kind: tuple(one for one in self.changes if one.kind == kind) for kind in KINDS}

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that can break callers."""
        return self.by_kind()["breaking"]

    def summary(self) -> str:
        """One line that counts the changes, such as `2 breaking, 1 compatible`."""
        counts = [f"{len(changes)} {kind}" for kind, changes in self.by_kind().items() if changes]
        return ", ".join(counts) or "no changes"

    def brief(self) -> str:
        """The changes in one line: the number of each kind, and the first that break callers."""
        if not self.changes:
            return "nothing that its callers notice"
        worst = [
            f"{change.endpoint}: {change.what}" if change.endpoint else change.what
            for change in self.breaking
        ]
        shown = "; ".join(worst[:_LISTED])
        more = f"; {len(worst) - _LISTED} more" if len(worst) > _LISTED else ""
        return f"{self.summary()}{f' ({shown}{more})' if shown else ''}"
