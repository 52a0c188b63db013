"""A large answer of a Space takes at most four times its size while it is read."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith import Client

pytestmark = pytest.mark.slow

APP = Path(__file__).parent / "apps" / "large.py"
SIZE = 20_000_000
CALLS: dict[str, Callable[[Client, int], Any]] = {
    "text": lambda client, size: client.predict(size, api_name="/text"),
    "table": lambda client, size: client.predict(size, api_name="/table"),
    "job": lambda client, size: client.submit(size, api_name="/table").result(),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_large_answer_takes_four_times_its_size_at_most(
    start_gradio: Callable[..., str], call: str
) -> None:
    with Client(start_gradio(APP)) as client:
        CALLS[call](client, 10)  # What is made once is made now.
        tracemalloc.start()
        try:
            result = CALLS[call](client, SIZE)
            kept, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    size = len(json.dumps(result, ensure_ascii=False, separators=(",", ":")))
    assert size > 0.9 * SIZE
    assert peak < 4 * size, f"{peak / size:.1f} times"
    # Objects of Python 3.10 are larger.
    assert kept < (2 if sys.version_info >= (3, 11) else 2.1) * size, f"{kept / size:.2f} times"
