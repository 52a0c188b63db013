"""A run in a process of its own, to be killed: `python -m tests.bulk.worker KIND URL ROWS JOURNAL`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from hubsmith import Client, InferenceClient, tasks

AT_ONCE = 16


def main(kind: str, url: str, count: int, journal: str) -> None:
    rows: Iterator[Any]
    if kind == "chat":
        client: Any = InferenceClient(url)
        rows = (
            tasks.ChatCompletionRequest(messages=[{"role": "user", "content": f"row {number}"}])
            for number in range(count)
        )
        run = client.map(rows, checkpoint=journal, concurrency=AT_ONCE)
    else:
        client = Client(url)
        rows = ({"number": number + 100} for number in range(count))
        run = client.map("/double", rows, checkpoint=journal, concurrency=AT_ONCE)
    for _ in run:
        pass
    print(run.summary())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
