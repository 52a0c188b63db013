"""What importing the inference client costs, beside what it needs and its peer: `make bench-imports`.

Each import runs in a fresh interpreter, in turns. The aims are printed beside the ratios, they are
not assertions.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

ROUNDS = 25
SUBJECT = "from hubsmith import InferenceClient"
PEERS = {
    "import httpx, pydantic": 1.15,
    "from huggingface_hub import InferenceClient": 0.6,
}
TIMED = """
import time
start, used = time.perf_counter(), time.process_time()
{statement}
print(time.perf_counter() - start, time.process_time() - used)
"""


def seconds(statement: str) -> tuple[float, float]:
    """Return how long a fresh interpreter takes for an import: seconds, and CPU seconds."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "HF_HUB_DISABLE_TELEMETRY": "1"}
    run = subprocess.run(
        [sys.executable, "-c", TIMED.format(statement=statement)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    passed, used = run.stdout.split()
    return float(passed), float(used)


def main() -> None:
    """Measure and print."""
    taken: dict[str, list[tuple[float, float]]] = {SUBJECT: [], **{peer: [] for peer in PEERS}}
    for turn in range(ROUNDS + 1):
        for statement, times in taken.items():
            measured = seconds(statement)
            if turn:  # The first writes the bytecode.
                times.append(measured)
    medians = {
        statement: [statistics.median(column) for column in zip(*times, strict=True)]
        for statement, times in taken.items()
    }
    print(f"{ROUNDS} fresh interpreters for each")
    for statement, (passed, used) in medians.items():
        print(f"{statement:<46}{passed * 1e3:8.1f} ms   CPU {used * 1e3:8.1f} ms")
    for peer, aim in PEERS.items():
        ratio = medians[SUBJECT][1] / medians[peer][1]
        verdict = "ok" if ratio <= aim else "OVER"
        print(f"hubsmith / {peer:<46}{ratio:6.2f}   aim {aim:g}   {verdict}")


if __name__ == "__main__":
    main()
