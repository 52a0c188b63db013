"""A server in a process of its own, on loopback, for as long as a block runs."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 180
_LOOPBACK_ONLY = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


class ServerFailed(Exception):
    """The server did not start."""


@contextmanager
def serve(
    name: str,
    command: Callable[[int], list[str]],
    folder: Path,
    environment: Callable[[int], dict[str, str]],
    ready: str = "/",
) -> Generator[str, None, None]:
    """Run a server while the block runs; yield its URL.

    Args:
        name: What messages and its log are called.
        command: The command line, given the port.
        folder: Where its log is kept.
        environment: Further environment variables, given the port.
        ready: The path that answers with any status below 500 once it is up.

    Raises:
        ServerFailed: when it does not answer in time, with the end of its log.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = folder / f"{name}-{port}.log"
    # The packages of this environment may be of other versions.
    settings = {**os.environ, **_LOOPBACK_ONLY, "PYTHONPATH": "", **environment(port)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(port),
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(url + ready, process, log)
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
            with opener.open(url, timeout=5):
                return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500:
                return
            problem = f"answered {error.code}"
        except OSError:
            problem = "does not answer"
        ended = process.poll()
        if ended is not None or time.monotonic() > deadline:
            state = problem if ended is None else f"ended with exit code {ended}"
            tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise ServerFailed(f"{log.stem} {state}:\n{tail}")
        time.sleep(0.2)
