"""What the command says: results to the output, everything else to the error stream, one line each."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

from hubsmith_runtime import HubsmithError

from .annotations import inert

Colour: TypeAlias = Literal["red", "green", "yellow", "dim"]

_CODES: Mapping[Colour, int] = {"dim": 2, "red": 31, "green": 32, "yellow": 33}


def warn(text: str) -> None:
    """Print a warning."""
    head = painted("hubsmith: warning:", "yellow", sys.stderr)
    print(f"{head} {printable(text)}", file=sys.stderr)


def fail(text: str) -> None:
    """Print an error."""
    head = painted("hubsmith: error:", "red", sys.stderr)
    print(f"{head} {printable(text)}", file=sys.stderr)


def explained(error: Exception) -> HubsmithError:
    """Return what to tell a user about an error; `HUBSMITH_DEBUG` raises what nobody expected."""
    match error:
        case HubsmithError():
            return error
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return HubsmithError(f"{where}{error.strerror or error}.")
        case _ if os.environ.get("HUBSMITH_DEBUG"):
            raise error
        case _:
            return HubsmithError(
                f"internal error, {type(error).__name__}: {error}. This is a fault of hubsmith; "
                "HUBSMITH_DEBUG=1 shows where."
            )


def painted(text: str, colour: Colour, stream: TextIO) -> str:
    """Colour a text that is already printable, where the stream shows colours."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def columns(stream: TextIO) -> int:
    """How wide lines may be: what `COLUMNS` says, or else the terminal that a stream is, or 80."""
    with contextlib.suppress(ValueError):
        if (stated := int(os.environ.get("COLUMNS", ""))) > 0:
            return stated
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose lines can be overwritten."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    """Keep a text on its line, and control characters from elsewhere out of the terminal."""
    line = " ".join(text.splitlines())
    return inert("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))


def table(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Return the lines of a table; the columns named are aligned to the right."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            f"{cell:{'>' if number in right else '<'}{width}}"
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def shown_path(path: Path) -> str:
    """Return a path as short as the working folder allows."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(path)
