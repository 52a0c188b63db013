"""Reading TOML."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubsmith_runtime import SpecError

from .document import limit_depth, read_file, refuse_depth

MAX_TOML_BYTES = 2**20
"""The largest TOML file that is read."""

# Python's time for parsing a key is quadratic in the number of its parts.
_PARTS = 32
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){{{_PARTS}}}")
_STRING_OR_COMMENT = re.compile(
    r'''"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:""")?'''
    r"""|'''[^']*(?:'(?!'')[^']*)*(?:''')?"""
    r"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|'[^'\n]*'?|#[^\n]*""",
    re.DOTALL,
)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises a `SpecError` if it cannot be read."""
    return parse_toml(read_file(path, MAX_TOML_BYTES), str(path))


def parse_toml(content: bytes, what: str) -> dict[str, Any]:
    """Parse the content of a TOML file; raises a `SpecError` if it is not valid."""
    # tomllib is new in Python 3.11; tomli has the same interface.
    module = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    loads: Callable[[str], dict[str, Any]] = module.loads
    try:
        text = content.decode("utf-8-sig")  # Editors of Windows put a mark at the start.
        has_long_key = _LONG_KEY.search(_STRING_OR_COMMENT.sub("_", text))
        table = {} if has_long_key else loads(text)
    except ValueError as error:
        raise SpecError(f"{what} is not valid TOML: {error}") from None
    except RecursionError:
        refuse_depth(what)
    if has_long_key:
        raise SpecError(f"{what} has a key of more than {_PARTS} parts.")
    limit_depth(table, what)
    return table
