"""Import a generated client, of this repository or made for a running app, for a while."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


@contextmanager
def imported(name: str, folder: Path) -> Generator[ModuleType, None, None]:
    """Yield a package of a folder, imported anew; afterwards Python is as it was."""
    before = _modules_of(name)
    for module in before:
        del sys.modules[module]
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for module in _modules_of(name):
            del sys.modules[module]
        sys.modules.update(before)


def _modules_of(name: str) -> dict[str, ModuleType]:
    return {key: sys.modules[key] for key in [*sys.modules] if key.partition(".")[0] == name}


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
    with imported(parent, folder):
        yield importlib.import_module(f"{parent}.app")
