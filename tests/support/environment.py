"""Virtual environments for the servers of the tests, made once and kept in an ignored folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_PARALLEL = 2
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


class EnvironmentFailed(Exception):
    """What a server needs could not be installed on this Python."""


def python_in(folder: Path, name: str, steps: Iterable[Iterable[str]], check: str) -> Path:
    """Return the interpreter of an environment, making it where there is none.

    Args:
        folder: Where it stands.
        name: What it is for, for messages.
        steps: The arguments of each `pip install`, in order.
        check: Python code that must run in it.

    Raises:
        EnvironmentFailed: when something cannot be installed.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "installed"
    wanted = [list(step) for step in steps]
    digest = hashlib.sha256(json.dumps([sys.version, wanted, check]).encode()).hexdigest()
    if python.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", str(folder)], name)
    for step in wanted:
        _run([str(python), *_PIP, *step], name)
    _run([str(python), "-c", check], name)
    stamp.write_text(digest, encoding="utf-8")
    return python


def make_all(environments: dict[str, Callable[[], Path]]) -> int:
    """Make every environment that is missing; return 1 when one could not be made."""

    def report(name: str) -> bool:
        start = time.monotonic()
        try:
            environments[name]()
        except EnvironmentFailed as error:
            print(error, file=sys.stderr, flush=True)
            return False
        print(f"{name}: ready after {time.monotonic() - start:.0f} s", flush=True)
        return True

    with ThreadPoolExecutor(_PARALLEL) as pool:
        return 0 if all(list(pool.map(report, environments))) else 1


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
    )
    if done.returncode:
        running = ".".join(map(str, sys.version_info[:3]))
        raise EnvironmentFailed(
            f"{name} cannot be used on Python {running}: "
            f"`{' '.join(command)}` failed with exit code {done.returncode}:\n"
            f"{done.stdout.strip()[-3000:]}"
        )
