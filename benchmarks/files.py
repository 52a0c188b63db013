"""Memory and time to upload and download a file of 1 GiB.

The server and the generator run in separate processes, so that the measured process only uses a
generated client.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.rows import Row

SIZE = 2**30
SMALL = 2**16
TARGET_MIB = 32.0


def resident(key: str) -> float:
    """Return the memory of this process in MiB: the current (`VmRSS`) or the peak (`VmHWM`)."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1]) / 2**10
    # Other systems only report the peak, in bytes on macOS and in KiB elsewhere.
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (2**20 if sys.platform == "darwin" else 2**10)


def watch(step: Callable[[], object]) -> tuple[float, float]:
    """Run one step; return its seconds, and the peak of the memory that it added, in MiB."""
    before, start = resident("VmRSS"), time.perf_counter()
    step()
    return time.perf_counter() - start, resident("VmHWM") - before


def transfer(space: Any, folder: Path, size: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return two functions: upload a file of this size, and download one."""
    source, target = folder / f"up-{size}.bin", folder / f"down-{size}.bin"

    def up() -> None:
        with source.open("wb") as output:
            output.truncate(size)
        if space.measure(source) != size:
            raise RuntimeError("the server got another number of bytes")
        source.unlink()

    def down() -> None:
        if space.make(size).save(target).stat().st_size != size:
            raise RuntimeError("another number of bytes came back")
        target.unlink()

    return up, down


def client(url: str, folder: Path) -> None:
    """Measure in a process that only has the client, and print the figures."""
    sys.path.insert(0, str(folder))
    from bench_files.app import App

    with App(url, download_dir=folder / "downloads") as space:
        for step in transfer(space, folder, SMALL):
            step()
        print(json.dumps([watch(step) for step in transfer(space, folder, SIZE)]))


def rows(*, quick: bool) -> Iterator[Row]:
    """Start the server, generate the client, and measure it in a separate process."""
    from tests.support.generated_client import generated_client
    from tests.support.gradio_server import serve

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        app = Path(__file__).resolve().parent / "app.py"
        with (
            serve(sys.executable, app, folder, TMPDIR=name) as url,
            generated_client(url, folder, "bench_files"),
        ):
            command = [sys.executable, __file__, url, name]
            environment = {**os.environ, "TMPDIR": name}
            done = subprocess.run(
                command, env=environment, check=True, stdout=subprocess.PIPE, timeout=300
            )
    for way, (seconds, memory) in zip(("up", "down"), json.loads(done.stdout), strict=True):
        yield Row(what=f"1 GiB {way}, seconds", unit="s", ours=seconds)
        yield Row(what=f"1 GiB {way}, memory", unit="MiB", ours=memory, target=TARGET_MIB)


if __name__ == "__main__":
    client(sys.argv[1], Path(sys.argv[2]))
