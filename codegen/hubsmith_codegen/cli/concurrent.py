"""The same work for several Spaces at the same time, where one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import TypeVar

from .report import Report

Result = TypeVar("Result")

THREADS = 16
"""The most Spaces that are worked on at the same time."""


def at_once(
    verb: str, names: Iterable[str], work: Callable[[str], Result], report: Report
) -> dict[str, Result]:
    """Work on every Space; what fails is reported.

    Args:
        verb: What is done, for the progress bar.
        names: The Spaces.
        work: What to do; it mostly waits, because threads share one interpreter.
        report: Where failures go.

    Returns:
        What came of those that did not fail, in their order.
    """
    names = list(names)
    report.bar.stage(verb, len(names))

    def shown(name: str) -> Result:
        with report.bar.working(name):
            return work(name)

    calls: list[Callable[[], Result]] = [partial(shown, name) for name in names]
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hubsmith")
    try:
        if len(names) > 1:  # One alone needs no thread, so that an interrupt ends it at once.
            futures = [pool.submit(call) for call in calls]
            wait(futures)
            calls = [future.result for future in futures]
        results: dict[str, Result] = {}
        for name, call in zip(names, calls, strict=True):
            with report.space(name):
                results[name] = call()
        return results
    finally:
        # After an interrupt, what has not begun never will.
        pool.shutdown(cancel_futures=True)
