"""The command on a pseudo-terminal: what a person at the keyboard sees."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What a command left on its terminal."""

    status: int
    raw: str  # Every byte, control sequences included.

    @property
    def lines(self) -> list[str]:
        """What stays: a line that was erased is gone."""
        kept = re.sub(r"[^\n]*\r\x1b\[2K", "", self.raw.replace("\r\n", "\n"))
        return re.sub(r"\x1b\[[0-9;]*m", "", kept).splitlines()

    @property
    def shown(self) -> list[str]:
        """Everything that was shown at some time, piece by piece."""
        return re.split(r"\r\x1b\[2K|\r\n", self.raw)


def run_in_terminal(
    *arguments: str,
    folder: Path,
    interrupt_when: str | None = None,
    when: tuple[str, Callable[[], object]] | None = None,
    **environment: str,
) -> Screen:
    """Run `hubsmith` on a terminal of its own.

    Args:
        interrupt_when: Press Ctrl-C once this was shown.
        when: What is done once a text was shown.
    """
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "hubsmith_codegen", *arguments],
            stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment,
            start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(slave)
    try:
        if interrupt_when is not None:
            when = interrupt_when, lambda: process.send_signal(signal.SIGINT)
        raw = _read(master, when)
        return Screen(status=process.wait(_SECONDS), raw=raw)
    finally:
        os.close(master)
        if process.poll() is None:
            process.kill()
            process.wait()


def _read(master: int, when: tuple[str, Callable[[], object]] | None) -> str:
    content = b""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 0.2)[0]:
            continue
        chunk = b""
        with contextlib.suppress(OSError):  # Linux says so when the other end is closed.
            chunk = os.read(master, 65536)
        if not chunk:
            break
        content += chunk
        if when is not None and when[0].encode() in content:
            when[1]()
            when = None
    return content.decode(errors="replace")


Run = Callable[..., Screen]
