"""A command of `hubsmith` that serves until it is ended, as it runs in a shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HUBSMITH = [sys.executable, "-m", "hubsmith_codegen"]


@dataclass
class Run:
    """A run of a command that may be over."""

    url: str
    output: str = ""
    errors: str = ""
    status: int | None = None


@contextmanager
def running(
    *arguments: str, folder: Path, end: signal.Signals = signal.SIGINT, **environment: str
) -> Generator[Run, None, None]:
    """Run a command in pipes while the block runs, then end it.

    Args:
        arguments: The command, which prints its address first.
        folder: Where it runs.
        end: The signal that ends it: Ctrl-C unless another one is given.
        environment: Further environment variables.
    """
    process = subprocess.Popen(
        [*HUBSMITH, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        run = Run(url=process.stdout.readline().strip())
        yield run
    finally:
        process.send_signal(end)
        run.output, run.errors = process.communicate(timeout=60)
        run.status = process.returncode


@contextmanager
def serving(*arguments: str, folder: Path) -> Generator[str, None, None]:
    """Run a command while the block runs, give its address, and end it with Ctrl-C: all goes well."""
    with running(*arguments, folder=folder) as run:
        yield run.url
    assert (run.status, run.output) == (0, ""), run.errors
    assert "Traceback" not in run.errors
