"""The part of the runtime that a client package needs, for copying into the package.

With it, the package needs only httpx and pydantic. The modules to copy are found by following
imports, starting with the names that the package's templates import. For the copy, a package is
rendered with `render(service, runtime=VENDORED)`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata, resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import hubsmith_runtime
from hubsmith_runtime import HubsmithError

from ..ir.names import RUNTIME_FOLDER
from ..ir.version import GENERATOR

if TYPE_CHECKING:
    from importlib.abc import Traversable

# What the templates of a package import from the runtime.
_NEEDED = frozenset(
    {"AsyncJob", "AsyncJobs", "AsyncSpace", "Endpoint", "File", "FileInput", "Job", "Jobs"}
    | {"Model", "Request", "Space"}
)
_LIBRARY = hubsmith_runtime.__name__
# Code that imports other packages of hubsmith is not copied.
_LEFT_OUT = re.compile(r"\n\n? *# Not vendored:\n.*?\n *# End\.", re.DOTALL)
_NOTICE = (
    f"# Part of the runtime of {GENERATOR}, (c) 2026 The hubsmith authors. "
    "SPDX-License-Identifier: Apache-2.0\n"
    # It follows the rules of its own project, not of the one that it is copied into.
    "# mypy: ignore-errors\n"
    "# ruff: noqa  # Copied with this notice. DO NOT EDIT: `hubsmith generate` writes it again."
)


@cache
def vendored_runtime() -> Mapping[PurePosixPath, str]:
    """The files of the vendored runtime, already formatted, by path in the client package.

    They are `_runtime/__init__.py` with the public names of the copied modules, those modules in
    their folders, and the licence.
    """
    found = _texts(resources.files(hubsmith_runtime), "")
    texts = {module: _LEFT_OUT.sub("", text) for module, text in found}
    modules = sorted(_closure(texts))
    files = {PurePosixPath(RUNTIME_FOLDER, "__init__.py"): f"{_NOTICE}\n{texts['']}"}
    for module in modules:
        files[PurePosixPath(RUNTIME_FOLDER) / _path(module, texts)] = f"{_NOTICE}\n{texts[module]}"
    files[PurePosixPath(RUNTIME_FOLDER, "LICENSE")] = _license()
    return files


def _license() -> str:
    # A wheel, and so every installation, has it in its metadata.
    text = metadata.distribution("hubsmith").read_text("licenses/LICENSE")
    if text is None:
        raise HubsmithError("The installed hubsmith has no LICENSE file. Install it again.")
    return text


def _texts(folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    """Yield every module in a package: its dotted name and its source."""
    for entry in folder.iterdir():
        inner = f"{name}.{entry.name}".removeprefix(".")
        if entry.is_dir() and entry.joinpath("__init__.py").is_file():
            yield from _texts(entry, inner)
        elif entry.name == "__init__.py":
            yield name, entry.read_text("utf-8")
        elif entry.name.endswith(".py"):
            yield inner.removesuffix(".py"), entry.read_text("utf-8")


def _path(module: str, texts: Mapping[str, str]) -> PurePosixPath:
    path = PurePosixPath(*module.split("."))
    is_package = any(name.startswith(f"{module}.") for name in texts)
    return path / "__init__.py" if is_package else path.with_suffix(".py")


def _closure(texts: Mapping[str, str]) -> set[str]:
    """The names of all modules that a client imports, directly or indirectly."""
    waiting = [hubsmith_runtime.HOMES[name] for name in _NEEDED]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imported(name, texts)
            waiting += [parent for parent, dot, _ in [name.rpartition(".")] if dot]
    return found


def _imported(name: str, texts: Mapping[str, str]) -> Iterator[str]:
    """The modules of the runtime that one of them imports, anywhere in its code."""
    for node in ast.walk(ast.parse(texts[name])):
        absolute: list[str] = []
        match node:
            case ast.Import(names=aliases):
                absolute = [alias.name for alias in aliases]
            case ast.ImportFrom(level=0, module=str(module)):
                absolute = [module]
            case ast.ImportFrom(level=level, module=module, names=aliases):
                if level > name.count(".") + 1:
                    raise ValueError(f"{name} imports from outside of the runtime")
                for stem in [module] if module else [alias.name for alias in aliases]:
                    found = ".".join([*name.split(".")[:-level], stem])
                    if found not in texts:
                        raise ValueError(f"{name} imports {found}, which cannot be copied")
                    yield found
            case _:
                pass
        for one in absolute:
            # In the copy, this would import the installed runtime, or fail.
            if one.partition(".")[0] == _LIBRARY:
                raise ValueError(f"{name} imports {one} by its full name, so it cannot be copied")
