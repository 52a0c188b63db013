"""A Gradio app in a process of its own, run by whichever interpreter has the wanted version."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 120


class ServerFailed(Exception):
    """The app did not start."""


@contextmanager
def serve(
    python: str | os.PathLike[str], app: Path, folder: Path, **environment: str
) -> Generator[str, None, None]:
    """Serve an app on loopback while the block runs; yield its URL.

    Args:
        python: The interpreter.
        app: The script that starts the app.
        folder: Where its log and its files are kept.
        environment: Further environment variables.

    Raises:
        ServerFailed: when it does not answer in time, with the end of its log.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = folder / f"{app.stem}-{port}.log"
    settings = {
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_TEMP_DIR": str(folder / "files"),
        "HF_HUB_OFFLINE": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONPATH": "",  # The packages of this environment are of other versions.
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [os.fspath(python), str(app)],
            env={**os.environ, **settings, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(url, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with opener.open(f"{url}/config", timeout=5):
                return
        except urllib.error.HTTPError as error:
            error.close()
            problem = f"answered {error.code}"
        except OSError:
            problem = "does not answer"
        ended = process.poll()
        if ended is not None or time.monotonic() > deadline:
            state = problem if ended is None else f"ended with exit code {ended}"
            tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise ServerFailed(f"{log.stem} {state}:\n{tail}")
        time.sleep(0.2)
