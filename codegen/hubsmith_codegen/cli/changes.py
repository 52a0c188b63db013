"""How the API of a Space changed, for the commands that fetch it again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from ..compare.api import ApiDiff, Kind, diff_services, to_text
from ..load import RawSpec
from ..normalise.spaces import normalise
from .console import Colour, painted

_COLOURS: Mapping[Kind, Colour] = {"breaking": "red", "compatible": "green", "cosmetic": "dim"}


def changes_between(old: RawSpec, new: RawSpec) -> ApiDiff:
    """Compare two readings of one Space; both have the name of its client.

    Raises:
        SpecError: when one of them contradicts what it is.
    """
    return diff_services(normalise(old), normalise(new))


def print_changes(diff: ApiDiff, *, is_quiet: bool) -> None:
    """Print changes, or only the breaking ones, of which there may be none."""
    if is_quiet:
        diff = replace(diff, changes=diff.breaking)
    if diff or not is_quiet:
        print(to_text(diff, paint=lambda title, kind: painted(title, _COLOURS[kind], sys.stdout)))
