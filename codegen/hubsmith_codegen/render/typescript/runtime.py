"""The runtime that all TypeScript clients in a folder share, for copying beside them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hubsmith_runtime import HubsmithError

from ...ir.version import GENERATOR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.abc import Traversable

RUNTIME_FOLDER = "runtime"
"""The name of its folder, beside the clients."""

# In a wheel it is part of this package; in a checkout it has its own folder.
_INSTALLED = "typescript_runtime"
_CHECKOUT = Path(__file__).parents[4] / "runtime" / "typescript"
_NOTICE = (
    f"// Part of the runtime of {GENERATOR}, (c) 2026 The hubsmith authors. "
    "SPDX-License-Identifier: Apache-2.0\n"
    "// Copied with this notice. DO NOT EDIT: `hubsmith generate` writes it again.\n"
)


@cache
def runtime_files() -> Mapping[PurePosixPath, str]:
    """The files of the runtime, by name.

    Raises:
        HubsmithError: when they are not installed.
    """
    installed: Traversable = resources.files("hubsmith_codegen").joinpath(_INSTALLED)
    folder: Traversable = installed if installed.is_dir() else _CHECKOUT
    if not folder.is_dir():
        raise HubsmithError("The installed hubsmith has no TypeScript runtime. Install it again.")
    return {
        PurePosixPath(file.name): _NOTICE + file.read_text("utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".ts")
    }
