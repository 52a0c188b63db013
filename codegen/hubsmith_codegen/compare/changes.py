"""How the API of a Space changed from one reading of its documents to the next."""

from __future__ import annotations

from ..load import RawSpec
from ..normalise.spaces import normalise
from .api import ApiDiff, diff_services

_LISTED = 4


def changes_between(old: RawSpec, new: RawSpec) -> ApiDiff:
    """Compare two readings of one Space; both have the name of its client.

    Raises:
        SpecError: when one of them contradicts what it is.
    """
    return diff_services(normalise(old), normalise(new))


def brief(diff: ApiDiff) -> str:
    """Return the changes in one line: how many of which kind, and the first that break callers."""
    if not diff:
        return "in nothing that its callers notice"
    worst = [
        f"{change.endpoint}: {change.what}" if change.endpoint else change.what
        for change in diff.breaking
    ]
    shown = "; ".join(worst[:_LISTED])
    more = f"; {len(worst) - _LISTED} more" if len(worst) > _LISTED else ""
    return f"{diff.summary()}{f' ({shown}{more})' if shown else ''}"
