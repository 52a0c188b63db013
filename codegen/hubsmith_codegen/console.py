"""What the command says: results to the output, everything else to the error stream, one line each."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Print a result."""
    print(printable(text))


def progress(text: str) -> None:
    """Say what is going on, on a terminal only."""
    if sys.stderr.isatty():
        print(printable(text), file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Print a warning."""
    print(f"hubsmith: warning: {printable(text)}", file=sys.stderr)


def fail(text: str) -> None:
    """Print an error."""
    print(f"hubsmith: error: {printable(text)}", file=sys.stderr)


def printable(text: str) -> str:
    """Keep a text on its line, and a stranger's control characters out of the terminal."""
    line = " ".join(text.splitlines())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
