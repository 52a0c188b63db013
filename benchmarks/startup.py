"""How long the command takes to answer: `make bench-startup`.

Wall seconds of the best of several runs (whatever else the machine does only adds to them) and the
CPU seconds of that run, as a ratio to a Python that only imports httpx: that depends less on the
machine. The limits are aims that are printed, not assertions.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "generated" / "spaces" / "kitchen" / "spec"
HUBSMITH = (sys.executable, "-m", "hubsmith_codegen")
HTTPX = (sys.executable, "-c", "import httpx")
CLIENTS = 10
RUNS = 9
HELP_LIMIT = 0.25
CHECK_LIMIT = 1.5
FETCH_SECONDS = 1.0
ADD_LIMIT = 2 * FETCH_SECONDS + 5


@dataclass(frozen=True, order=True)
class Spent:
    """What one run took."""

    wall: float
    cpu: float


def best(command: Sequence[str], folder: Path, runs: int = RUNS) -> Spent:
    """Return what the best run of a command took; one more run before that warms the disk up."""
    spent: list[Spent] = []
    for _ in range(runs + 1):
        start, before = time.perf_counter(), cpu_seconds()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        spent.append(Spent(time.perf_counter() - start, cpu_seconds() - before))
    return min(spent[1:] or spent)


def cpu_seconds() -> float:
    """Return the CPU time of the processes that this one has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def report(what: str, spent: Spent, httpx: Spent, limit: float | None = None) -> None:
    """Print one number, its ratio, and its limit."""
    verdict = ""
    if limit is not None:
        verdict = f"   limit {limit:g} s   {'ok' if spent.wall < limit else 'OVER'}"
    print(
        f"{what:<52}{spent.wall:>7.3f} s, CPU {spent.cpu:>6.3f} s ="
        f"{spent.cpu / httpx.cpu:>5.2f} x httpx{verdict}"
    )


@contextmanager
def slow_space(number: int) -> Iterator[str]:
    """Serve the kitchen's documents, after a pause before the first, while the block runs."""
    config = json.loads((SNAPSHOT / "config.json").read_bytes()) | {"title": f"Space {number}"}
    documents = {
        "/config": json.dumps(config).encode(),
        "/gradio_api/info": (SNAPSHOT / "info.json").read_bytes(),
        "/gradio_api/openapi.json": (SNAPSHOT / "openapi.json").read_bytes(),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/config":
                time.sleep(FETCH_SECONDS)
            body = documents.get(self.path, b"{}")
            self.send_response(200 if self.path in documents else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        (folder / "hubsmith.toml").touch()
        httpx = best(HTTPX, folder)
        report('python -c "import httpx"', httpx, httpx)
        report("hubsmith --help", best((*HUBSMITH, "--help"), folder), httpx, HELP_LIMIT)
        urls = [stack.enter_context(slow_space(number)) for number in range(CLIENTS)]
        adding = best((*HUBSMITH, "add", *urls), folder, runs=0)
        report(
            f"hubsmith add, {CLIENTS} Spaces, each {FETCH_SECONDS:g} s slow",
            adding,
            httpx,
            ADD_LIMIT,
        )
        checking = best((*HUBSMITH, "check"), folder)
        report(f"hubsmith check, {CLIENTS} clients", checking, httpx, CHECK_LIMIT)


if __name__ == "__main__":
    main()
