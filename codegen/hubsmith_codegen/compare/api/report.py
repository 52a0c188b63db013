"""An `ApiDiff` as text for a terminal, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Callable

from ...ir.json_type import Json
from .change import ApiDiff, Change, Kind, code


def to_text(diff: ApiDiff, *, paint: Callable[[str, Kind], str] = lambda text, _: text) -> str:
    """The changes as text: a count, then the changes of each kind; `paint` colours the titles."""
    lines = [f"{diff.package}: {diff.summary()}."]
    for kind, changes in diff.by_kind().items():
        if changes:
            lines += ["", paint(kind.capitalize(), kind)]
        for change in changes:
            where = f"{code(change.endpoint)[1:-1]}: " if change.endpoint else ""
            lines.append(f"  {where}{_sentence(change)}")
            if kind != "cosmetic":
                lines.append(f"      {change.affected}")
    return "\n".join(lines)


def to_document(diff: ApiDiff) -> dict[str, Json]:
    """The changes as a JSON value: the package, a count for each kind, and each change."""
    counts: dict[str, Json] = {kind: len(changes) for kind, changes in diff.by_kind().items()}
    changes: list[Json] = [
        {
            "kind": change.kind,
            "rule": change.rule.value,
            "subject": change.rule.subject,
            "endpoint": change.endpoint,
            "name": change.name,
            "what": change.what,
            "affected": change.affected,
        }
        for change in diff.changes
    ]
    return {"package": diff.package, "summary": counts, "changes": changes}


def to_markdown(diff: ApiDiff) -> str:
    """The changes as Markdown: a heading, then a list for each kind."""
    summary = diff.summary()
    lines = [f"## API changes of {code(diff.package)}", "", f"{summary[0].upper()}{summary[1:]}."]
    for kind, changes in diff.by_kind().items():
        if changes:
            lines += ["", f"### {kind.capitalize()}", ""]
        for change in changes:
            # Names are in backticks, where Markdown is not interpreted.
            where = f"**{code(change.endpoint)}**: " if change.endpoint else ""
            affected = "" if kind == "cosmetic" else f" {change.affected}"
            lines.append(f"- {where}{_sentence(change)}{affected}")
    return "\n".join(lines)


def _sentence(change: Change) -> str:
    # `what` starts in lower case, to continue the line after the name of an endpoint.
    what = change.what if change.endpoint else change.what[0].upper() + change.what[1:]
    return f"{what}."
