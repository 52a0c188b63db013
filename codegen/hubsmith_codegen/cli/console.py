"""What the command says: results to the output, everything else to the error stream, one line each.

In GitHub Actions a line of the output may be a command: an annotation of a file, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

from hubsmith_runtime import HubsmithError

from ..ir.json_type import Json

Colour: TypeAlias = Literal["red", "green", "yellow", "dim"]
Level: TypeAlias = Literal["error", "warning", "notice"]

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


def inert(text: str) -> str:
    """Return a text of which GitHub Actions, where it reads along, takes no line for a command."""
    if not os.environ.get("GITHUB_ACTIONS"):
        return text
    # Two spellings: one counts where a line begins, the older one anywhere in it.
    return re.sub(r"^(\s*):(?=:)", r"\1: ", text, flags=re.MULTILINE).replace("##[", "## [")


def document(found: dict[str, Json]) -> str:
    """Return a JSON document, ASCII only, none of whose texts could be a command either."""
    return json.dumps(found, indent=2).replace("##[", "#\\u0023[")


def annotation(
    level: Level, message: str, *, title: str, file: Path | None = None, **place: int
) -> str:
    """Return the line that annotates a file; `place` is its `line` and `col`, both from 1."""
    properties: dict[str, object] = {"title": title, **place}
    if file is not None:
        properties["file"] = _in_repository(file)
    listed = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    return f"::{level} {listed}::{_escaped(message)}"


def _escaped(text: str, others: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{others}" else c for c in text)


def _in_repository(file: Path) -> str:
    """The path from the top of the git repository, as the pages of GitHub have it."""
    file = file.resolve()
    top = next((folder for folder in file.parents if (folder / ".git").exists()), Path.cwd())
    return file.relative_to(top).as_posix() if file.is_relative_to(top) else file.as_posix()
