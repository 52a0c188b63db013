"""The part of the runtime that a client package needs, to be copied into the package.

With it the package needs httpx and pydantic, and nothing of ours. Which modules go along is read
from their imports, beginning with the names that the templates of a package import. A package is
rendered for the copy by `render(service, runtime=VENDORED)`.
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
# What leads to other packages of ours stays behind.
_LEFT_OUT = re.compile(r"\n\n? *# Not vendored:\n.*?\n *# End\.", re.DOTALL)
_NOTICE = (
    f"# Part of the runtime of {GENERATOR}, (c) 2026 The hubsmith authors. "
    "SPDX-License-Identifier: Apache-2.0\n"
    # It is written to the rules of another project than the one it goes into.
    "# mypy: ignore-errors\n"
    "# ruff: noqa  # Copied with this notice. DO NOT EDIT: `hubsmith generate` writes it again."
)


@cache
def vendored_runtime() -> Mapping[PurePosixPath, str]:
    """The files of the copied runtime, formatted as they are, by their path in the client package.

    They are `_runtime/__init__.py` with the public names of the modules that go along, those
    modules in their folders, and the license.
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
    # A wheel, and so every installation, carries it with its metadata.
    text = metadata.distribution("hubsmith").read_text("licenses/LICENSE")
    if text is None:
        raise HubsmithError("The installed hubsmith lacks its LICENSE. Install it again.")
    return text


def _texts(folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    """Yield every module of a package, by its name with dots, with its source."""
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
    """The names of every module that the names of a client lead to."""
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
    """The modules of the runtime that one of them imports, wherever in it."""
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
            # Such an import would find the installed runtime, or nothing.
            if one.partition(".")[0] == _LIBRARY:
                raise ValueError(f"{name} imports {one} by its full name, so it cannot be copied")
