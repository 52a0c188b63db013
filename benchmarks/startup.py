"""The running time of commands, and the cost of importing the clients."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.rows import Row, in_turns

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "generated" / "spaces" / "kitchen" / "spec"
HUBSMITH = (sys.executable, "-m", "hubsmith_codegen")
CLIENTS = 10
HELP_LIMIT = 0.25
CHECK_LIMIT = 1.5
FETCH_SECONDS = 1.0
ADD_LIMIT = 2 * FETCH_SECONDS + 5
# An import, the import of its dependencies or of a peer to compare with, and the target.
IMPORTS = (
    ("import hubsmith", "import huggingface_hub", None),
    ("from hubsmith import InferenceClient", "import httpx, pydantic", 1.15),
    ("from hubsmith import InferenceClient", "from huggingface_hub import InferenceClient", 0.6),
    ("from hubsmith import InferenceClient", "from openai import OpenAI", None),
    ("from hubsmith import Client", "from gradio_client import Client", None),
)
TIMED = """
import time
used = time.process_time()
{statement}
print(time.process_time() - used)
"""


def imported(statement: str) -> float:
    """Return the CPU seconds of an import in a fresh interpreter."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", TIMED.format(statement=statement)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)


def imports(rounds: int) -> Iterator[Row]:
    """Measure imports alternately, each in a fresh interpreter."""
    statements = dict.fromkeys(one for ours, peer, _ in IMPORTS for one in (ours, peer))
    subjects = {statement: functools.partial(imported, statement) for statement in statements}
    taken = in_turns(subjects, rounds, time.perf_counter)
    for ours, peer, target in IMPORTS:
        yield Row(
            what=f"`{ours}`",
            unit="CPU ms",
            ours=taken[ours] * 1e3,
            peer=f"`{peer}`",
            theirs=taken[peer] * 1e3,
            target=target,
        )


@contextmanager
def slow_space(number: int) -> Iterator[str]:
    """Serve the kitchen's documents, the first one after a pause, while the block runs."""
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


def commands(rounds: int) -> Iterator[Row]:
    """Measure commands by the best of several runs, as other load only adds to them."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        (folder / "hubsmith.toml").touch()

        def run(*words: str) -> Callable[[], object]:
            command = [*HUBSMITH, *words]
            return lambda: subprocess.run(command, cwd=folder, check=True, capture_output=True)

        def best(what: str, limit: float, *words: str, once: bool = False) -> Row:
            of, warm_up = (1, 0) if once else (rounds, 1)
            taken = in_turns({"": run(*words)}, of, time.perf_counter, warm_up, reduce=min)
            return Row(what=what, unit="s", ours=taken[""], target=limit)

        yield best("`hubsmith --help`", HELP_LIMIT, "--help")
        urls = [stack.enter_context(slow_space(number)) for number in range(CLIENTS)]
        what = f"`hubsmith add`, {CLIENTS} Spaces, each {FETCH_SECONDS:g} s slow"
        yield best(what, ADD_LIMIT, "add", *urls, once=True)
        yield best(f"`hubsmith check`, {CLIENTS} clients", CHECK_LIMIT, "check")


def rows(*, quick: bool) -> Iterator[Row]:
    """Run all measurements, in fresh processes."""
    yield from imports(5 if quick else 25)
    yield from commands(2 if quick else 9)
