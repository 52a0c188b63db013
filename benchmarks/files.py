"""How much memory a file of 1 GiB takes on its way up and down: `make bench-files`.

The server and the generator have processes of their own, so that what is measured is a program
that uses a generated client. The aim is printed beside the number, it is not an assertion.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SIZE = 2**30
SMALL = 2**16
AIM_MIB = 32.0

APP = """
import tempfile
from pathlib import Path

import gradio as gr


def measure(file):
    return Path(file).stat().st_size


def make(size):
    path = Path(tempfile.mkdtemp()) / "made.bin"
    with path.open("wb") as output:
        output.truncate(int(size))
    return str(path)


with gr.Blocks() as demo:
    file, size, button = gr.File(), gr.Number(label="Size"), gr.Button()
    button.click(measure, file, size, api_name="measure")
    button.click(make, size, gr.File(), api_name="make")

demo.launch()
"""


def resident(key: str) -> float:
    """Return the memory of this process in MiB: `VmRSS` is that of now, `VmHWM` the highest."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1]) / 2**10
    # Elsewhere only the highest is known, in bytes on macOS and in KiB on the others.
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (2**20 if sys.platform == "darwin" else 2**10)


def watch(what: str, step: Callable[[], object]) -> float:
    """Run one step, print what it took and return the memory that it added at its height."""
    before, start = resident("VmRSS"), time.perf_counter()
    step()
    seconds, growth = time.perf_counter() - start, resident("VmHWM") - before
    verdict = "ok" if growth <= AIM_MIB else "OVER"
    print(
        f"{what:<12}{seconds:7.1f} s   peak memory +{growth:6.1f} MiB   aim {AIM_MIB:g} MiB   "
        f"{verdict}",
        flush=True,
    )
    return growth


def transfer(space: Any, folder: Path, size: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return the two steps: send a file of this size, and fetch one."""
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
    """Measure, in a process that holds nothing but the client."""
    sys.path.insert(0, str(folder))
    from bench_files.app import App

    with App(url, download_dir=folder / "downloads") as space:
        for step in transfer(space, folder, SMALL):
            step()
        up, down = transfer(space, folder, SIZE)
        watch("1 GiB up", up)
        watch("1 GiB down", down)


def main() -> int:
    """Start the server, generate the client and measure it in a process of its own."""
    from tests.support.generated_client import generated_client
    from tests.support.gradio_server import serve

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        app = folder / "app.py"
        app.write_text(APP, encoding="utf-8")
        with (
            serve(sys.executable, app, folder, TMPDIR=name) as url,
            generated_client(url, folder, "bench_files"),
        ):
            command = [sys.executable, __file__, url, name]
            environment = {**os.environ, "TMPDIR": name}
            return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:]:
        client(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(main())
