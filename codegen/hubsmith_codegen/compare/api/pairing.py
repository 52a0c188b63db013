"""Which part of a new API is which part of the old one: by its name, else by what it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs(Generic[T]):
    """The items of two sequences, paired.

    Attributes:
        kept: What goes under the same name in both, in the old order.
        renamed: What is in both under different names, in the old order.
        gone: What is in the old one only.
        added: What is in the new one only.
    """

    kept: list[tuple[T, T]]
    renamed: list[tuple[T, T]]
    gone: list[T]
    added: list[T]

    @property
    def both(self) -> list[tuple[T, T]]:
        """What is in both."""
        return [*self.kept, *self.renamed]


def pair(
    old: Sequence[T],
    new: Sequence[T],
    *,
    name: Callable[[T], Hashable],
    is_same: Callable[[T, T], bool],
) -> Pairs[T]:
    """Pair the items of two sequences.

    An item counts as renamed where it is the only one in the old sequence that one item of the
    new one could be, and that one is the only one it could have become. Swapping the sequences
    swaps the pairs, and nothing else.

    Args:
        old: The old ones.
        new: The new ones.
        name: What an item is known by; different for all of one sequence.
        is_same: Whether an item whose name went may be one whose name is new; symmetric.
    """
    before, after = {name(item): item for item in old}, {name(item): item for item in new}
    gone = [item for key, item in before.items() if key not in after]
    added = [item for key, item in after.items() if key not in before]
    could_be = [(item, other) for item in gone for other in added if is_same(item, other)]
    renamed = [
        (item, other)
        for item, other in could_be
        if [found[0] is item or found[1] is other for found in could_be].count(True) == 1
    ]
    return Pairs(
        kept=[(item, after[key]) for key, item in before.items() if key in after],
        renamed=renamed,
        gone=[item for item in gone if not any(item is found for found, _ in renamed)],
        added=[item for item in added if not any(item is found for _, found in renamed)],
    )
