"""Try adversarial documents in several processes, and say what came of them.

python -m tests.hostile.run --documents 20000 --seconds 3000
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path

from .mutations import CORPUS
from .trial import Figures, batch

_BATCH = 50


def run(documents: int, first: int, seconds: float, processes: int) -> Figures:
    """Try so many documents, or those for which there is time."""
    figures = Figures()
    end = time.monotonic() + seconds
    waiting = [
        range(start, min(start + _BATCH, first + documents))
        for start in range(first, first + documents, _BATCH)
    ][::-1]
    with ProcessPoolExecutor(processes) as pool:
        running: set[Future[Figures]] = set()
        while running or (waiting and time.monotonic() < end):
            while waiting and len(running) < 2 * processes and time.monotonic() < end:
                running.add(pool.submit(batch, waiting.pop()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                figures.add(one.result())
            if sys.stderr.isatty():
                print(f"\r{figures.tried}/{documents}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return figures


def main() -> int:
    """Run, print the figures and return 1 where anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first of them")
    parser.add_argument("--seconds", type=float, default=3600, help="begin none after this time")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    if not CORPUS.is_dir():
        print("skipped: the corpus is not there (expected in ../shared/corpus)")
        return 0
    figures = run(options.documents, options.first, options.seconds, options.processes)
    for failure in figures.failures[:50]:
        print(failure[-3000:])
    print(
        f"documents tried: {figures.tried}, refused: {figures.refused}, imported: "
        f"{figures.imported}, curl snippets run: {figures.called}, raw errors: {len(figures.raw)}, "
        f"escaped: {len(figures.escaped)}, written outside: {len(figures.outside)}, "
        f"otherwise wrong: {len(figures.wrong)}"
    )
    if options.json:
        options.json.write_text(json.dumps(asdict(figures)), encoding="utf-8")
    return 1 if figures.failures else 0


if __name__ == "__main__":
    sys.exit(main())
