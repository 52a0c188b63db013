"""How a run finds out how many calls at once a server takes, in a simulated server's time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

import pytest
from hubsmith_bulk.concurrency import AdaptiveLimit, Rate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def simulate(
    limit: AdaptiveLimit,
    clock: Clock,
    seconds: Callable[[int], float],
    refused_above: int | None = None,
    until: float = 160.0,
    workers: int | None = None,
) -> float:
    """Run calls for a minute, and return the results a second of the last half of it.

    Args:
        seconds: How long a call takes beside so many others.
        refused_above: How many at once the server takes.
        workers: How many it works on; the others wait in a queue, and say so.
    """
    draw = random.Random(7)
    calls: list[tuple[float, float, int | None, bool, int]] = []
    done = 0
    while clock.now < until:
        while len(calls) < limit.limit:
            beside = len(calls) + 1
            is_refused = refused_above is not None and beside > refused_above
            waiting = max(0, beside - workers - 1) if workers and beside > workers else None
            time = 0.002 if is_refused else seconds(beside) * draw.uniform(0.9, 1.1)
            heapq.heappush(calls, (clock.now + time, clock.now, waiting, is_refused, beside))
        clock.now, started, rank, is_refused, beside = heapq.heappop(calls)
        if is_refused:
            limit.congested(started, beside)
        else:
            limit.finished(started, rank, beside)
            done += clock.now > until - 30
    return done / 30


def test_a_fast_server_gets_as_many_calls_as_it_is_faster_with() -> None:
    # Beyond 24 at once every call takes longer in proportion.
    def seconds(beside: int) -> float:
        return 0.05 * max(1.0, beside / 24)

    clock = Clock()
    limit = AdaptiveLimit(64, clock)
    assert simulate(limit, clock, seconds) > 0.95 * 24 / 0.05


def test_a_server_that_gets_slower_by_too_many_calls_is_left_alone() -> None:
    def seconds(beside: int) -> float:
        return 0.05 * max(1.0, (beside / 8) ** 1.3)

    clock = Clock()
    limit = AdaptiveLimit(64, clock)
    assert simulate(limit, clock, seconds) > 0.93 * 8 / 0.05
    assert limit.limit <= 16


@pytest.mark.parametrize("most", [1, 2, 8, 30])
def test_a_server_that_refuses_more_than_so_many_is_kept_busy(most: int) -> None:
    clock = Clock()
    limit = AdaptiveLimit(64, clock)
    rate = simulate(limit, clock, lambda _: 0.05, refused_above=most)
    assert rate > 0.95 * most / 0.05
    assert limit.limit <= most + 1


def test_jobs_that_wait_for_each_other_show_that_more_are_of_no_use() -> None:
    clock = Clock()
    limit = AdaptiveLimit(64, clock)
    rate = simulate(limit, clock, lambda beside: 0.05 * beside, workers=1)
    assert rate > 0.95 * 20
    assert limit.limit <= 6


def test_a_server_whose_speed_varies_from_second_to_second() -> None:
    draw = random.Random(11)
    swings = [draw.uniform(0.6, 1.4) for _ in range(400)]
    clock = Clock()

    def seconds(beside: int) -> float:
        return 0.05 * max(1.0, beside / 24) / swings[int(clock.now * 2) % 400]

    limit = AdaptiveLimit(64, clock)
    simulate(limit, clock, seconds, until=220)
    assert limit.limit >= 20


def test_one_decrease_for_all_refusals_of_one_event() -> None:
    clock = Clock()
    limit = AdaptiveLimit(64, clock)
    limit.limit = 30
    sent = clock.now
    clock.now += 1
    for _ in range(30):
        limit.congested(sent, 30)
    assert limit.limit == 20
    limit.congested(clock.now + 1, 20)
    assert limit.limit == 13


def test_a_rate_gives_each_call_its_place() -> None:
    clock = Clock()
    rate = Rate(10, clock)
    assert [round(rate.reserve(), 3) for _ in range(3)] == [0.0, 0.1, 0.2]
    clock.now += 5
    assert rate.reserve() == 0.0
    assert Rate(None).reserve() == 0.0
