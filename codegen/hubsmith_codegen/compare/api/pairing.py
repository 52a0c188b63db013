"""Which thing of a new API is which thing of the old one: by its name, else by what it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs(Generic[T]):
    """Two sequences of things, side by side.

    Attributes:
        kept: What goes under the same name in both, in the old order.
        renamed: What is in both under different names, in the old order.
        gone: What is in the old one only.
        added: What is in the new one only.
    """

    kept: tuple[tuple[T, T], ...]
    renamed: tuple[tuple[T, T], ...]
    gone: tuple[T, ...]
    added: tuple[T, ...]


def pair(
    old: Sequence[T],
    new: Sequence[T],
    *,
    name: Callable[[T], Hashable],
    is_same: Callable[[T, T], bool],
) -> Pairs[T]:
    """Pair the things of two sequences.

    A thing counts as renamed where it is the only one in the old sequence that one thing of the
    new one could be, and that one is the only one it could have become. Swapping the sequences
    swaps the pairs, and nothing else.

    Args:
        old: The old ones.
        new: The new ones.
        name: What a thing is known by; different for all of one sequence.
        is_same: Whether a thing whose name went may be one whose name is new; symmetric.
    """
    before: Mapping[Hashable, T] = {name(one): one for one in old}
    after: Mapping[Hashable, T] = {name(one): one for one in new}
    kept = [(one, after[key]) for key, one in before.items() if key in after]
    went = [one for key, one in before.items() if key not in after]
    came = [one for key, one in after.items() if key not in before]
    matches = [[is_same(one, other) for other in came] for one in went]
    renamed: list[tuple[int, int]] = []
    for row, candidates in enumerate(matches):
        if sum(candidates) == 1:
            column = candidates.index(True)
            if sum(others[column] for others in matches) == 1:
                renamed.append((row, column))
    rows, columns = {row for row, _ in renamed}, {column for _, column in renamed}
    return Pairs(
        kept=tuple(kept),
        renamed=tuple((went[row], came[column]) for row, column in renamed),
        gone=tuple(one for row, one in enumerate(went) if row not in rows),
        added=tuple(one for column, one in enumerate(came) if column not in columns),
    )
