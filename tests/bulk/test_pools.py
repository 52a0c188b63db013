"""Calls are shared out over clients that have a few connections each."""

from __future__ import annotations

from contextlib import ExitStack

from hubsmith_bulk.pools import CALLS_OF_ONE, Pools


def test_a_client_makes_a_few_calls_at_a_time_and_the_first_with_room_is_taken() -> None:
    numbers = iter(range(100))
    pools = Pools(lambda: next(numbers))
    with ExitStack() as calls:
        lent = [calls.enter_context(pools.lent()) for _ in range(2 * CALLS_OF_ONE + 1)]
        assert lent == [0] * CALLS_OF_ONE + [1] * CALLS_OF_ONE + [2]
        with pools.lent() as another:
            assert another == 2
    with pools.lent() as first, pools.lent() as second:
        assert (first, second) == (0, 0)  # Nothing is under way any more.
    assert pools.made() == [0, 1, 2]
