"""What a process holds open, so that a test can say that nothing stays behind."""

from __future__ import annotations

import gc
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path


def what_is_open() -> Counter[str]:
    """Count threads, sockets of this process where it can tell them, and temporary files."""
    folder, kinds = Path("/proc/self/fd"), list[str]()
    for entry in folder.iterdir() if folder.is_dir() else ():
        try:
            kinds.append(str(entry.readlink()).partition(":")[0])
        except OSError:  # That of the listing itself.
            continue
    return Counter(
        [
            *(f"thread {thread.name}" for thread in threading.enumerate()),
            *(kind for kind in kinds if kind == "socket"),
            *(f"file {path.name}" for path in Path(tempfile.gettempdir()).iterdir()),
        ]
    )


def more_than(before: Counter[str]) -> str:
    """Name what there is more of. Less is no leak: something older has ended in the meantime."""
    more = what_is_open() - before
    return ", ".join(f"{name} ({before[name]} -> {before[name] + n})" for name, n in more.items())


def left_behind(before: Counter[str], seconds: float) -> str:
    """Name what there is more of after some seconds, in which it may end."""
    until = time.monotonic() + seconds
    while (more := more_than(before)) and time.monotonic() < until:
        time.sleep(0.05)
        gc.collect()
    return more
