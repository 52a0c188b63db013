"""One change of an API, and all of them together."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from .rules import Kind, Rule

_LISTED = 4
_KINDS: tuple[Kind, ...] = ("breaking", "compatible", "cosmetic")


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    The texts are clean of control characters; names from a spec stand in them between backticks.

    Attributes:
        rule: What kind of change it is.
        what: What changed, one line.
        affected: What it does to code that calls the client, one line.
        endpoint: The endpoint it belongs to, as it was named before (for one that is new: as it is
            named now): `/name`, or `fn_index=N` for one without a name. Empty for the API and its
            classes.
        name: The parameter, result or class as Python names it; else empty.
    """

    rule: Rule
    what: str
    affected: str = "Calls go on as they are."
    _: KW_ONLY
    endpoint: str = ""
    name: str = ""

    @property
    def kind(self) -> Kind:
        """How bad it is."""
        return self.rule.kind


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

    def by_kind(self) -> dict[Kind, tuple[Change, ...]]:
        """The changes of each of the three kinds."""
        return {
            kind: tuple(change for change in self.changes if change.kind == kind) for kind in _KINDS
        }

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that can break code that calls the client."""
        return self.by_kind()["breaking"]

    def summary(self) -> str:
        """One line that counts the changes, such as `2 breaking, 1 compatible`."""
        counts = [f"{len(changes)} {kind}" for kind, changes in self.by_kind().items() if changes]
        return ", ".join(counts) or "no change"

    def brief(self) -> str:
        """The changes in one line: how many of which kind, and the first that break callers."""
        if not self.changes:
            return "in nothing that its callers notice"
        worst = [
            f"{change.endpoint}: {change.what}" if change.endpoint else change.what
            for change in self.breaking
        ]
        shown = "; ".join(worst[:_LISTED])
        more = f"; {len(worst) - _LISTED} more" if len(worst) > _LISTED else ""
        return f"{self.summary()}{f' ({shown}{more})' if shown else ''}"
