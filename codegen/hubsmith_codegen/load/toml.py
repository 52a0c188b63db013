"""Reading TOML."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubsmith_runtime import SpecError


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; a `SpecError` says why it cannot be read."""
    try:
        return parse_toml(path.read_bytes(), str(path))
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from None


def parse_toml(content: bytes, what: str) -> dict[str, Any]:
    """Parse the content of a TOML file; a `SpecError` where it is none."""
    # Python has a TOML reader since 3.11; its forerunner has the same interface.
    module = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    loads: Callable[[str], dict[str, Any]] = module.loads
    try:
        return loads(content.decode())
    except ValueError as error:
        raise SpecError(f"{what} is not valid TOML: {error}") from None
