"""Printing: results to stdout, everything else to stderr, one line each.

GitHub Actions runs some lines of the output as commands: only file annotations may be among them.
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
    """Return the error to show the user; with `HUBSMITH_DEBUG`, unexpected errors are raised."""
    match error:
        case HubsmithError():
            return error
        case FileNotFoundError(filename=None):
            return HubsmithError("The working folder no longer exists. Change to one that does.")
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return HubsmithError(f"{where}{error.strerror or error}.")
        case _ if os.environ.get("HUBSMITH_DEBUG"):
            raise error
        case _:
            return HubsmithError(
                f"internal error: {type(error).__name__}: {error}. This is a bug in hubsmith; "
                "set HUBSMITH_DEBUG=1 to see the traceback."
            )


def painted(text: str, colour: Colour, stream: TextIO) -> str:
    """Colour a text that is already printable, if the stream shows colours."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def columns(stream: TextIO) -> int:
    """The maximum width of a line: `COLUMNS`, or else the width of the stream's terminal, or 80."""
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
    """Put a text on one line and escape control characters, which could steer the terminal."""
    line = " ".join(text.splitlines())
    return inert("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))


def table(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Return the lines of a table, with the columns in `right` aligned to the right."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            f"{cell:{'>' if number in right else '<'}{width}}"
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def typed_path(text: str) -> Path:
    """Return the path that a user typed, with `~` expanded unless that names no user."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def shown_path(path: Path) -> str:
    """Return a path relative to the working folder if it is inside, otherwise as it is."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except (ValueError, FileNotFoundError):  # The working folder may be one that was replaced.
        return str(path)


def inert(text: str) -> str:
    """Return a text in which GitHub Actions, if it runs this, finds no command."""
    if not os.environ.get("GITHUB_ACTIONS"):
        return text
    # Two syntaxes: `::` counts at the start of a line, the older `##[` anywhere in it.
    return re.sub(r"^(\s*):(?=:)", r"\1: ", text, flags=re.MULTILINE).replace("##[", "## [")


def document(found: dict[str, Json]) -> str:
    """Return a JSON document in ASCII, in which GitHub Actions finds no command either."""
    return json.dumps(found, indent=2).replace("##[", "#\\u0023[")


def annotation(
    level: Level, message: str, *, title: str, file: Path | None = None, **place: int
) -> str:
    """Return the line that annotates a file; `place` has the `line` and `col`, counted from 1."""
    properties: dict[str, object] = {"title": title, **place}
    if file is not None:
        properties["file"] = _in_repository(file)
    listed = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    return f"::{level} {listed}::{_escaped(message)}"


def _escaped(text: str, others: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{others}" else c for c in text)


def _in_repository(file: Path) -> str:
    """The path from the top of the git repository, as GitHub's pages show it."""
    file = file.resolve()
    top = next((folder for folder in file.parents if (folder / ".git").exists()), Path.cwd())
    return file.relative_to(top).as_posix() if file.is_relative_to(top) else file.as_posix()
