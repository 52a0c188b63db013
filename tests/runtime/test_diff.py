"""Partial results come as edits of the one before."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hubsmith_runtime.spaces.edits import Accumulator, DiffError, apply_edits
from hypothesis import given, strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def edits_between(old: Any, new: Any, path: tuple[Any, ...] = ()) -> list[list[Any]]:
    """What a server should send; a reference to test against."""
    if type(old) is not type(new):
        return [["replace", list(path), new]]
    if isinstance(old, str) and new.startswith(old) and old != new:
        return [["append", list(path), new[len(old) :]]]
    if isinstance(old, list):
        edits: list[list[Any]] = []
        shared = min(len(old), len(new))
        for index in range(shared):
            edits += edits_between(old[index], new[index], (*path, index))
        edits += [["delete", [*path, shared], None] for _ in old[shared:]]
        edits += [["add", [*path, i], new[i]] for i in range(shared, len(new))]
        return edits
    if isinstance(old, dict):
        edits = []
        for key in old:
            if key in new:
                edits += edits_between(old[key], new[key], (*path, key))
            else:
                edits.append(["delete", [*path, key], None])
        edits += [["add", [*path, key], new[key]] for key in new if key not in old]
        return edits
    return [] if old == new else [["replace", list(path), new]]


@given(json_values, json_values)
def test_edits_lead_from_one_value_to_the_next(old: Any, new: Any) -> None:
    before = copy.deepcopy(old)
    assert apply_edits(old, edits_between(old, new)) == new
    assert old == before  # The earlier value may be in a caller's hands.


@pytest.mark.slow
@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_edits_of_gradio_itself_are_understood(old: list[str], new: list[str]) -> None:
    diff = pytest.importorskip("gradio.utils").diff
    assert apply_edits(old, diff(old, new)) == new


@pytest.mark.parametrize(
    "edits",
    [
        [["append", [], 1]],
        [["replace", [5, "x"], 1]],
        [["delete", [], None]],
        [["fly", [0], None]],
        [["replace"]],
        "nonsense",
        7,
    ],
)
def test_an_edit_that_does_not_fit_is_told(edits: Any) -> None:
    with pytest.raises(DiffError):
        apply_edits(["a"], edits)


def test_a_later_chunk_may_name_a_further_output() -> None:
    accumulator = Accumulator()
    assert accumulator.add(["a"], is_diff=False) == ["a"]
    later = [[["append", [], "b"]], [["replace", [], "new"]]]
    assert accumulator.add(later, is_diff=True) == ["ab", "new"]


def test_after_an_edit_that_does_not_fit_nothing_is_guessed() -> None:
    accumulator = Accumulator()
    accumulator.add([["a"]], is_diff=False)
    assert accumulator.add([[["delete", [9], None]]], is_diff=True) is None
    assert accumulator.add([[["add", [0], "x"]]], is_diff=True) is None
    assert accumulator.add(["whole"], is_diff=False) == ["whole"]


class Counted(list[Any]):
    """A list that counts the items that are copied."""

    copied = 0

    def copy(self) -> Counted:
        Counted.copied += len(self)
        return Counted(self)


def test_many_edits_of_one_value_copy_it_once() -> None:
    value = Counted([Counted([0]), *range(1000)])
    edits = [["add", [1001], 1]] * 1000 + [["replace", [0, 0], 1]] * 1000
    edited = apply_edits(value, edits)
    assert (len(edited), edited[0]) == (2001, [1])
    assert (len(value), value[0]) == (1001, [0])
    assert Counted.copied == 1001 + 1
