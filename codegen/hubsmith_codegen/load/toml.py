"""Reading a TOML file."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from hubsmith_runtime import SpecError

from ..ir.json_type import Json


def read_toml(path: Path) -> dict[str, Json]:
    """Read a TOML file.

    Raises:
        SpecError: when it cannot be read.
    """
    # Python has a TOML reader since 3.11; its forerunner has the same interface.
    module = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    loads: Callable[[str], dict[str, Json]] = module.loads
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpecError(f"{path} is not a readable TOML file: {error}") from None
