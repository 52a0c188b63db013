"""The same work for several Spaces at the same time, where one that fails stops no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hubsmith_runtime import HubsmithError

from .progress import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 16
"""The most Spaces that are worked on at the same time."""


def side_by_side(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    *,
    label: Callable[[Item], str],
    bar: Progress,
) -> list[Result | HubsmithError]:
    """Work on every item, and return what came of each, or why nothing did, in their order.

    Args:
        items: What to work on.
        work: What to do; it mostly waits, because threads share one interpreter.
        label: What the display calls an item.
        bar: The display.
    """

    def done(item: Item) -> Result | HubsmithError:
        with bar.working(label(item)):
            return attempt(lambda: work(item))

    if len(items) < 2:
        return [done(item) for item in items]
    pool = ThreadPoolExecutor(min(THREADS, len(items)), thread_name_prefix="hubsmith")
    try:
        return list(pool.map(done, items))
    finally:
        # After an interrupt, what has not begun never will.
        pool.shutdown(cancel_futures=True)


def attempt(work: Callable[[], Result]) -> Result | HubsmithError:
    """Do something for one Space of several, and return the error where it fails."""
    try:
        return work()
    except HubsmithError as error:
        return error
    except ImportError:
        raise  # A missing extra is missing for every Space.
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return HubsmithError(f"{where}{error.strerror or error}.")
    except Exception as error:
        if os.environ.get("HUBSMITH_DEBUG"):
            raise
        return internal_error(error)


def internal_error(error: Exception) -> HubsmithError:
    """Return what to tell a user about a fault of ours."""
    return HubsmithError(
        f"internal error, {type(error).__name__}: {error}. This is a fault of hubsmith; "
        "HUBSMITH_DEBUG=1 shows where."
    )
