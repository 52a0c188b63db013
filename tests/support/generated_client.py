"""Generate the client of a running app, and import it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


@contextmanager
def generated_client(url: str, folder: Path, parent: str) -> Generator[ModuleType, None, None]:
    """Yield the package `<parent>.app`, whose client classes are `App` and `AsyncApp`.

    Args:
        url: Where the app runs.
        folder: What it is written to.
        parent: Keeps the clients of several apps apart.
    """
    from hubsmith_codegen.load.fetch import fetch
    from hubsmith_codegen.pipeline import Target, draft, finish
    from hubsmith_codegen.write.files import write

    (made,) = finish([draft(Target(raw=fetch(url), root=folder / parent / "app"))])
    if made.service.omissions:
        raise AssertionError(f"endpoints were left out: {made.service.omissions}")
    write(made.files, made.root)
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(f"{parent}.app")
    finally:
        sys.path.remove(str(folder))
